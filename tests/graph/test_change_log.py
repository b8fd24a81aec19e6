"""Up to which change was known on a day: by Copenhagen's clock, and never of a day that is to come."""

from datetime import date, timedelta

import neo4j
import pytest

from graph.change_log import known_on
from graph.errors import Unknown
from graph.time import today

SUMMER, WINTER = "2026-06-30T22:00:00Z", "2026-12-31T22:59:59Z"  # the first moment of July; the last of the year


@pytest.fixture
def log(clean_graph: neo4j.Driver) -> neo4j.Driver:
    moments = ["2026-03-01T10:00:00Z", "2026-06-30T21:59:59Z", SUMMER, "2026-08-01T00:00:00Z"]
    clean_graph.execute_query(
        """
        UNWIND range(0, size($moments) - 1) AS place
        CREATE (:Change {number: place + 1, at: datetime($moments[place])})
        WITH count(*) AS count
        MATCH (log:ChangeLog)
        SET log.number = count
        """,
        moments=moments,
    )
    return clean_graph


def known(driver: neo4j.Driver, day: date) -> int:
    with driver.session() as session:
        return known_on(session, day)


def test_a_day_ends_at_midnight_in_copenhagen(log: neo4j.Driver) -> None:
    days = {date(2026, 3, 1): 1, date(2026, 6, 29): 1, date(2026, 6, 30): 2, date(2026, 7, 1): 3, date(2026, 8, 1): 4}
    assert {day: known(log, day) for day in days} == days


def test_today_is_all_that_is_known(log: neo4j.Driver) -> None:
    assert known(log, today()) == 4


@pytest.mark.parametrize(
    ("day", "code", "text"),
    [
        (date(2026, 2, 28), "nothing_known", "nothing was known on 2026-02-28: the change log begins on 2026-03-01"),
        (date.min, "nothing_known", "begins on"),
        (today() + timedelta(days=1), "not_known_yet", "is in the future: what will be known then is not known yet"),
        (date.max, "not_known_yet", "is in the future"),
    ],
)
def test_before_the_first_change_and_after_today_it_says_so(log: neo4j.Driver, day: date, code: str, text: str) -> None:
    with pytest.raises(Unknown, match=text) as refused:
        known(log, day)
    assert refused.value.code == code


def test_an_empty_log_knows_nothing(clean_graph: neo4j.Driver) -> None:
    with pytest.raises(Unknown, match=f"nothing was known on {today()}: the change log is empty"):
        known(clean_graph, today())
