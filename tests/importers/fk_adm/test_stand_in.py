"""The stand-in is as strict as the page says: whatever is written against it later meets the vendor's rules."""

from collections.abc import Iterator

import pytest

from protocols.http.client import Answer, Certificates, Client, Limits
from sample.fk_adm_service import records
from sample.fk_adm_service.records import KLE, Record
from tests.importers.fk_adm.town import CASEWORKER, CVR, NEIGHBOUR, PAY, READ, SHARED, Town

ROLES = "/jobfunktionsroller"


@pytest.fixture
def http(town: Town) -> Iterator[Client]:
    own = (town.settings.certificate, town.settings.private_key)
    certificates = Certificates(town.settings.authority, own)
    with Client(town.settings.address, limits=Limits(own_machine=True), certificates=certificates) as client:
        yield client


def read(http: Client, uuid: str = CASEWORKER) -> Record:
    found: Record = http.send("GET", f"{ROLES}/{uuid}").json()
    return found


def refused(answer: Answer, reason: str) -> bool:
    return answer.status == 406 and reason in answer.json()["fejl"]


def test_a_role_is_made_changed_and_deleted(http: Client) -> None:
    made = http.send("POST", ROLES, body=records.job_role("Ny", CVR, {})).json()
    assert made["version"] == 1
    changed = http.send("PUT", f"{ROLES}/{made['uuid']}", body={**made, "beskrivelse": "Anden"}).json()
    assert (changed["version"], changed["beskrivelse"]) == (2, "Anden")
    assert http.send("DELETE", f"{ROLES}/{made['uuid']}").succeeded
    assert http.send("DELETE", f"{ROLES}/{made['uuid']}").status == 404
    assert http.send("PUT", f"{ROLES}/{made['uuid']}", body=made).status == 404


def test_put_needs_the_version_that_was_read(http: Client) -> None:
    role = read(http)
    without = {name: value for name, value in role.items() if name != "version"}
    assert refused(http.send("PUT", f"{ROLES}/{CASEWORKER}", body=without), "Versionen er 1")
    assert http.send("PUT", f"{ROLES}/{CASEWORKER}", body=role).succeeded
    assert refused(http.send("PUT", f"{ROLES}/{CASEWORKER}", body=role), "Versionen er 2")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"navn": ""}, "navn mangler"),
        ({"entityId": "http://solbjerg.example/roles/jobrole/ny/1"}, "entityId kan ikke ændres"),
        ({"beskrivelse": "x" * 201}, "højst være 200 tegn"),
        ({"organisationCvr": NEIGHBOUR}, "ikke myndighedens eget"),
        ({"brugersystemrolleDataafgraensninger": [{"brugersystemrolleUuid": CASEWORKER}]}, "findes ikke"),
        ({"brugersystemrolleDataafgraensninger": [{"brugersystemrolleUuid": PAY}]}, "kræver"),
        (
            {
                "brugersystemrolleDataafgraensninger": [
                    {"brugersystemrolleUuid": READ, "dataafgraensningsVaerdier": [records.value(records.kle(), "27")]}
                ]
            },
            "passer ikke",
        ),
        (
            {
                "brugersystemrolleDataafgraensninger": [
                    {"brugersystemrolleUuid": PAY, "dataafgraensningsVaerdier": [records.value(records.benefit(), "x")]}
                ]
            },
            "ikke en værdi",
        ),
        (
            {
                "brugersystemrolleDataafgraensninger": [
                    {"brugersystemrolleUuid": PAY, "dataafgraensningsVaerdier": [records.value(records.kle(), "27.*")]}
                ]
            },
            f"tager ikke {KLE}",
        ),
    ],
)
def test_what_breaks_a_rule_is_refused_with_the_reason(http: Client, change: Record, reason: str) -> None:
    before = read(http)
    assert refused(http.send("PUT", f"{ROLES}/{CASEWORKER}", body={**before, **change}), reason)
    assert read(http) == before


def test_a_delegated_role_is_its_owners_alone(http: Client) -> None:
    assert refused(http.send("PUT", f"{ROLES}/{SHARED}", body=read(http, SHARED)), "delegeret")
    assert refused(http.send("DELETE", f"{ROLES}/{SHARED}"), "delegeret")


def test_other_paths_and_methods_are_not_there(http: Client) -> None:
    assert http.send("GET", "/roller").status == 404
    assert http.send("GET", f"{ROLES}/{READ}").status == 404
    assert http.send("DELETE", ROLES).status == 405
    assert http.send("POST", f"{ROLES}/{CASEWORKER}", body={}).status == 405
