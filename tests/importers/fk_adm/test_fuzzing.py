"""Invented answers: whatever FK-adm sends, a run ends with what it could take and a name for what it could not."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from importers.fk_adm.answers import Read, job_role, role, system
from importers.source import SourceError
from sample.fk_adm_service.records import OVERVIEW, uuid_of
from tests.importers.fk_adm.town import Town

_LEAVES = st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=8) | st.sampled_from(["JA", uuid_of("x")])
_NAMES = st.sampled_from(
    [
        *("uuid", "navn", "entityId", "beskrivelse", "organisationCvr", "kraevet", "type", "vaerdiListe", "vaerdi"),
        *("dataafgraensningstyper", "dataafgraensningstype", "brugersystemrolleDataafgraensninger", "dynamisk"),
        *("brugersystemrolleUuid", "dataafgraensningsVaerdier"),
    ]
)
ANSWERS = st.recursive(_LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=6))


@given(ANSWERS, st.sampled_from([system, role, job_role]))
def test_every_record_is_read_or_named(answer: Any, make: Any) -> None:
    read = Read()
    made = list(read.each("SystemRole", answer, make))
    assert made or read.problems or answer == []
    assert all(each.rule and each.text for each in read.problems)


@given(st.sampled_from(["systems", "roles", "job_roles", "job_role"]), ANSWERS, st.binary(max_size=12))
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_a_run_ends_whatever_is_answered(town: Town, place: str, answer: Any, raw: bytes) -> None:
    path = {
        "systems": "/jobfunktionsroller/brugervendtesystemer",
        "roles": f"/jobfunktionsroller/brugervendtesystemer/{uuid_of(OVERVIEW)}/roller",
        "job_roles": "/jobfunktionsroller",
        "job_role": f"/jobfunktionsroller/{town.caseworker['uuid']}",
    }[place]
    town.service.answers = {path: (200, raw if raw else json.dumps(answer).encode())}
    try:
        applied = town.take()
    except SourceError as ended:
        assert str(ended)
    else:
        assert all(each.rule and each.text for each in applied.problems)
