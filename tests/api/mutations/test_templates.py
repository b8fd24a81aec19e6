"""The texts that processes send, by the API: listed, previewed, rewritten and given back."""

from collections.abc import Iterator
from datetime import UTC, datetime

import neo4j
import pytest

from api.access.rights import ROLES
from api.access.tokens import create
from graph.identity.lookup import find
from processes.cases import definitions, letters, tasks
from processes.cases.service_work import carry_out_due
from processes.services import LETTER, OWN, Service
from reconnect.embedded import Addresses
from tests.api.mutations.test_tasks import asked, refused
from tests.api.serving import Served, serving
from tests.emptied import empty
from tests.graph.questions.rights.imported import RING, imported
from tests.graph.questions.rights.town import TOWN
from tests.processes.engine.drawn import END, START, flow, process

pytestmark = pytest.mark.slow
NOW = datetime.now(UTC)
FORM = {"type": "object", "properties": {
    "unit": {"format": "unit"}, "name": {"title": "Navn"}, "person": {"format": "person"},
}}  # fmt: skip
TEXTS = {"hello.da.letter": "Subject: Til {{ name }}\n\nVelkommen i {{ unit.name }}\n"}
LIST = """{ processTemplates(process: "greets") { template kind names
    texts { language subject text deliveredSubject isOwn version history { version subject by reason } } } }"""
PREVIEW = """query($s: String, $t: String, $c: ID, $p: ID, $v: String, $l: String = "da") {
    templatePreview(process: "greets", template: "hello", language: $l, subject: $s, text: $t, case: $c, person: $p,
        values: $v) { language isFallback subject text html reaches faults { place rule } } }"""
SAVE = """mutation($s: String!, $t: String!, $v: Int) { saveTemplate(process: "greets", template: "hello",
    language: "da", subject: $s, text: $t, reason: "Venligere", expectedVersion: $v) { version isOwn } }"""
RESTORE = """mutation($v: Int) { restoreTemplate(process: "greets", template: "hello", language: "da",
    reason: "Tilbage", expectedVersion: $v) { version isOwn } }"""


@pytest.fixture(scope="module")
def service(driver: neo4j.Driver, addresses: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    empty(driver)
    assert imported(driver, TOWN, tmp_path_factory.mktemp("town")).problems == []
    with serving(addresses, driver, RING) as served:
        yield served


@pytest.fixture(scope="module")
def greeting(service: Served) -> str:
    """A case that writes a letter."""
    stated = '<extensionElements><reconnect:service name="letter" template="hello"/></extensionElements>'
    parts = (START, f'<serviceTask id="do" name="Write">{stated}</serviceTask>', END, flow("start", "do", "end"))
    content = {"g.bpmn": process(*parts, id="greets")}
    definitions.deploy(service.driver, "greets", content, {"request": FORM}, "test", NOW, OWN, texts=TEXTS)
    case = tasks.start(service.driver, "greets", {"unit": "job", "name": "Ny <b>Kollega</b>"}, "bo", NOW)
    written = {LETTER: Service(OWN[LETTER], letters.write, in_graph=True)}
    assert carry_out_due(service.driver, written, lambda: datetime.now(UTC)).done == 1
    return case


def test_a_case_shows_its_letter_as_a_page(service: Served, greeting: str) -> None:
    query = "query($c: ID!) { processCase(case: $c) { letters { title language subject text html } } }"
    (letter,) = asked(service, query, service.token("operations"), c=greeting)["processCase"]["letters"]
    assert (letter["title"], letter["language"], letter["text"]) == ("Write", "da", "Velkommen i Jobcenter")
    assert letter["subject"] == "Til Ny <b>Kollega</b>" and "Ny &lt;b&gt;Kollega" in letter["html"]


def test_a_text_is_previewed_with_a_case_or_examples(service: Served, greeting: str) -> None:
    token = service.token("organisation")
    seen = asked(service, PREVIEW, token)["templatePreview"]
    assert (seen["subject"], seen["text"], seen["faults"]) == ("Til ‹Navn›", "Velkommen i ‹unit.name›", [])
    given = asked(service, PREVIEW, token, v='{"unit": "job"}')["templatePreview"]
    assert given["text"] == "Velkommen i Jobcenter"
    of_case = asked(service, PREVIEW, token, c=greeting, l="en")["templatePreview"]
    assert of_case["subject"] == "Til Ny <b>Kollega</b>" and of_case["isFallback"] and of_case["language"] == "da"
    wrong = asked(service, PREVIEW, token, s="Hej", t="{{ wages }}\n{{ unit }}")["templatePreview"]
    assert wrong["faults"] == [{"place": "text, line 1", "rule": "expression"}]
    absent = asked(service, PREVIEW, token, s="Hej", t="a\n{{ name }}", v='{"name": ""}')["templatePreview"]
    assert absent["faults"] == [{"place": "text, line 2", "rule": "no_value"}] and absent["text"] == "a\n{{ name }}"
    assert refused(service, PREVIEW, service.token("reader"))["code"] == "forbidden"


def test_a_preview_takes_only_values_that_a_form_takes(service: Served, greeting: str) -> None:
    """Else the text would look as if it could be sent, though no case could ever have what it shows."""
    token = service.token("organisation")
    for values, code, field in (
        ('{"naem": "Bo"}', "wrong_value", "naem"),
        ('{"unit": 7}', "wrong_value", "unit"),
        ('{"name": "a\\u0000b"}', "control_characters", "name"),
        ('{"unit": "nowhere"}', "unknown_unit", "unit"),
    ):
        told = refused(service, PREVIEW, token, v=values)
        assert (told["code"], told["field"]) == (code, field), values
    assert refused(service, PREVIEW, token, c=greeting, v='{"name": "Bo"}')["field"] == "values"


def test_a_text_is_previewed_for_a_person_whom_the_caller_may_see(service: Served, greeting: str) -> None:
    """Whoever it names is this person, with their unit."""
    token, text = service.token("organisation"), "{{ person.name }}, {{ unit.name }}: {{ name }}"
    seen = asked(service, PREVIEW, token, s="Hej", t=text, p="anna")["templatePreview"]
    assert (seen["text"], seen["faults"], seen["reaches"]) == ("Anna Berg, Jobcenter: ‹Navn›", [], None)
    given = asked(service, PREVIEW, token, s="Hej", t=text, p="anna", v='{"name": "Bo"}')["templatePreview"]
    assert given["text"] == "Anna Berg, Jobcenter: Bo"
    assert refused(service, PREVIEW, token, p="nobody")["code"] == "unknown_person"
    both = refused(service, PREVIEW, token, p="anna", c=greeting)
    assert (both["code"], both["field"]) == ("wrong_value", "person")
    told = {"s": "Hej", "t": "x", "p": "anna"}
    assert refused(service, PREVIEW, service.token("auditor"), **told)["code"] == "forbidden"
    with service.driver.session() as session:
        canteen = find(session, "Unit", "canteen").uuid
    part = create(service.driver, "canteen", ROLES, within=[canteen])
    assert refused(service, PREVIEW, part, **told)["code"] == "forbidden"


def test_an_installation_writes_its_own_and_goes_back(service: Served, greeting: str) -> None:
    token = service.token("operations")
    wrong = refused(service, SAVE, token, s="Hej", t="{{ wages }}")
    assert wrong["code"] == "template_rejected" and [each["place"] for each in wrong["faults"]] == ["text, line 1"]
    assert asked(service, SAVE, token, s="Kære {{ name }}", t="Hej", v=0)["saveTemplate"] == {
        "version": 1, "isOwn": True,
    }  # fmt: skip
    assert refused(service, SAVE, token, s="Andet", t="Hej", v=0)["code"] == "conflict"
    (listed,) = asked(service, LIST, token)["processTemplates"]
    danish, english = listed["texts"]
    assert (listed["kind"], danish["subject"]) == ("LETTER", "Kære {{ name }}")
    assert danish["deliveredSubject"] == "Til {{ name }}"
    assert english["subject"] is None and danish["isOwn"] and danish["history"][0]["reason"] == "Venligere"
    assert {"name", "unit.name", "case.link", "today"} <= {*listed["names"]}
    assert asked(service, RESTORE, token, v=1)["restoreTemplate"] == {"version": 2, "isOwn": False}
    assert refused(service, RESTORE, service.token("hr"))["code"] == "forbidden"
