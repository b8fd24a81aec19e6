"""Pitfall 21: a search of logs and of the graph for the numbers, or for their first half with a dash, finds nothing."""

import logging
from datetime import date

import pytest

from tests.importers.cpr.register import ALMA, BIRK, CILLE, NEW_ALMA, Office


def test_pitfall_21_no_number_in_logs_or_graph(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    office.register.renumber(ALMA, NEW_ALMA, date(2026, 11, 1))
    office.wrong.of[BIRK] = "fault_500"
    office.wrong.spoiled["Something went wrong"] = f"Something went wrong with {BIRK} ({BIRK[:6]}-{BIRK[6:]})"
    office.run()
    assert office.problems()["fault"].key == office.uuid(BIRK)
    numbers = [ALMA, BIRK, CILLE, NEW_ALMA]
    words = [*numbers, *(f"{each[:6]}-" for each in numbers)]
    said = " ".join(record.getMessage() for record in caplog.records)
    assert [each for each in words if each in said] == []
    found = office.rows(
        """
        MATCH (n)
        WHERE any(name IN keys(n) WHERE any(word IN $words WHERE toStringOrNull(n[name]) CONTAINS word))
        RETURN labels(n) AS labels
        """,
        words=words,
    )
    assert found == []
