"""Mails and letters by templates: checked when deployed, made once, in a language, with what the installation wrote."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import neo4j
import pytest

from graph.change_log import Origin
from graph.corrections.person_erasure import erase_person
from graph.errors import Conflict
from graph.identity.lookup import find
from processes.cases import case_log, definitions, incidents, letters, own_texts, retention, service_tasks, tasks
from processes.cases.service_work import PATIENCE, carry_out, carry_out_due
from processes.engine.errors import DefinitionRejected
from processes.services import LETTER, MAIL, OWN, Call, Service, Services
from processes.templates import Language, Written
from tests.emptied import empty
from tests.graph.questions.rights.imported import imported
from tests.graph.questions.rights.town import TOWN
from tests.processes.engine.drawn import END, START, flow, process

pytestmark = pytest.mark.slow
NOW = datetime.now(UTC)
FIELDS: dict[str, Any] = {
    "unit": {"format": "unit"}, "person": {"format": "person"}, "first_day": {"format": "date"}, "pay": {}, "lang": {},
    "mentor": {"format": "person"},
}  # fmt: skip
SCHEMAS = {"request": {"type": "object", "properties": FIELDS}}
TEXTS = {
    "hello.da.letter": "Subject: Til {{ person.name }}\n\nDu begynder i {{ unit.name }} den {{ first_day }}.\n",
    "hello.en.letter": "Subject: To {{ person.name }}\n\nYou begin in {{ unit.name }} on {{ first_day }}.\n",
    "told.da.mail": "Subject: {{ case.process }}\n\nSe sagen{{if case.link != null}}: {{ case.link }}{{end}}\n",
}


@pytest.fixture(scope="module")
def town(driver: neo4j.Driver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[neo4j.Driver]:
    empty(driver)
    assert imported(driver, TOWN, tmp_path_factory.mktemp("town")).problems == []
    yield driver


@pytest.fixture(autouse=True)
def _delivered(town: neo4j.Driver) -> None:
    town.execute_query("MATCH (n:ProcessText) DETACH DELETE n")


def sends(name: str, template: str, more: str = "") -> str:
    to = '<reconnect:argument name="to" value="[person]"/>' if name == MAIL else ""
    stated = f'<reconnect:service name="{name}" template="{template}" result="sent"/>{to}{more}'
    return f'<serviceTask id="do" name="Write"><extensionElements>{stated}</extensionElements></serviceTask>'


def deploy(driver: neo4j.Driver, element: str, texts: Mapping[str, str] = TEXTS) -> definitions.Version:
    parts = (START, element, END, flow("start", "do", "end"))
    done = definitions.deploy(
        driver, "main", {"main.bpmn": process(*parts)}, SCHEMAS, "test", NOW, OWN, texts=texts
    )  # fmt: skip
    return done.version


def services(sent: list[Call], pages: str = "") -> Services:
    return {
        MAIL: Service(OWN[MAIL], lambda _, call: sent.append(call), pages=pages),
        LETTER: Service(OWN[LETTER], letters.write, in_graph=True, pages=pages),
    }


def started(driver: neo4j.Driver, person: str = "dora", **more: Any) -> service_tasks.ServiceTask:
    values = {"unit": "job", "person": person, "first_day": "2027-03-01"} | more
    given = {name: each for name, each in values.items() if each is not None}
    case = tasks.start(driver, "main", given, "bo", NOW)
    return of_case(driver, case)


def of_case(driver: neo4j.Driver, case: str) -> service_tasks.ServiceTask:
    with driver.session() as session:
        (found,) = service_tasks.tasks_of(session, case)
    return found


def written(driver: neo4j.Driver, case: str) -> list[letters.Letter]:
    with driver.session() as session:
        return letters.letters_of(session, case)


def faults(driver: neo4j.Driver, element: str, texts: Mapping[str, str]) -> list[tuple[str, str, str]]:
    with pytest.raises(DefinitionRejected) as refused:
        deploy(driver, element, texts)
    return [(each.document, each.element, each.rule) for each in refused.value.faults]


def change(
    driver: neo4j.Driver, template: str, language: Language, text: Written | None, expected: int | None = None
) -> own_texts.OwnText:
    with driver.session() as session:
        return session.execute_write(
            own_texts.add, "main", template, language, text, "anna", NOW, "better words", expected
        )


def test_a_letter_is_made_once_and_kept_with_the_case(town: neo4j.Driver) -> None:
    deploy(town, sends(LETTER, "hello"))
    found = started(town)
    assert carry_out_due(town, services([]), lambda: NOW).failed == {}
    (letter,) = written(town, found.case)
    assert (letter.subject, letter.text) == ("Til Dora Kjær", "Du begynder i Jobcenter den 1. marts 2027.")
    assert (letter.language, letter.element, letter.title) == ("da", "do", "Write")
    with town.session() as session:
        assert [each.reason for each in case_log.log_of(session, found.case) if each.action == "served"] == [""]
    call = Call("main", found.case, "do", LETTER, "Write", found.key, {"subject": "Again", "text": "Again"})
    assert letters.write(town, call) == letter.id, "the same work finds what it has made"
    assert written(town, found.case) == [letter]


def test_a_mail_gets_what_its_template_says_with_a_link(town: neo4j.Driver) -> None:
    deploy(town, sends(MAIL, "told"))
    found, sent = started(town), list[Call]()
    assert carry_out_due(town, services(sent, "https://org.example"), lambda: NOW).failed == {}
    assert (sent[0].arguments["subject"], sent[0].arguments["text"]) == (
        "main", f"Se sagen: https://org.example/cases/{found.case}",
    )  # fmt: skip
    started(town)
    carry_out_due(town, services(sent), lambda: NOW)
    assert sent[1].arguments["text"] == "Se sagen", "without an address there is no link"


def test_a_mail_of_a_worker_that_is_killed_is_not_sent_again(town: neo4j.Driver) -> None:
    """Killed after it was sent, and before that was noted: a person looks whether it was."""

    class Killed(BaseException):
        """As if by kill -9: nothing catches it, and nothing is noted."""

    sent: list[Call] = []

    def send(driver: neo4j.Driver, call: Call) -> None:
        sent.append(call)
        raise Killed

    deploy(town, sends(MAIL, "told"))
    found = started(town)
    with pytest.raises(Killed):
        carry_out_due(town, {MAIL: Service(OWN[MAIL], send)}, lambda: NOW)
    assert carry_out_due(town, services(sent), lambda: NOW).done == 0 and len(sent) == 1
    later = NOW + PATIENCE + timedelta(minutes=1)
    assert carry_out_due(town, services(sent), lambda: later).done == 0 and len(sent) == 1
    stuck = of_case(town, found.case)
    assert stuck.state == "incident" and "it is not known whether this was done" in stuck.problem


def test_the_language_is_what_the_case_states_else_danish(town: neo4j.Driver) -> None:
    stated = '<reconnect:argument name="language" value="lang"/>'
    deploy(town, sends(LETTER, "hello", stated))
    for language, expected in (("en", "To Dora Kjær"), ("da", "Til Dora Kjær"), (None, "Til Dora Kjær")):
        found = started(town, lang=language)
        carry_out_due(town, services([]), lambda: NOW)
        assert [each.subject for each in written(town, found.case)] == [expected]
    found = started(town, lang="de")
    carry_out_due(town, services([]), lambda: NOW)
    assert (of_case(town, found.case).state, of_case(town, found.case).problem) == (
        "incident", "language: 'de' is not supported; supported: da, en",
    )  # fmt: skip


def test_a_missing_language_falls_back_to_danish_and_the_log_says_so(town: neo4j.Driver) -> None:
    deploy(town, sends(LETTER, "hello", '<reconnect:argument name="language" value="\'en\'"/>'), {
        "hello.da.letter": TEXTS["hello.da.letter"],
    })  # fmt: skip
    found = started(town)
    carry_out_due(town, services([]), lambda: NOW)
    assert [(each.subject, each.language) for each in written(town, found.case)] == [("Til Dora Kjær", "da")]
    with town.session() as session:
        (note,) = (each.reason for each in case_log.log_of(session, found.case) if each.action == "served")
    assert note == "in Danish: hello has no text in the language 'en'"


def test_an_absent_value_is_an_incident_that_a_person_repairs(town: neo4j.Driver) -> None:
    deploy(town, sends(LETTER, "hello"))
    found = started(town, first_day=None)
    carry_out_due(town, services([]), lambda: NOW)
    stuck = of_case(town, found.case)
    assert stuck.state == "incident" and written(town, found.case) == []
    assert stuck.problem.startswith("template hello (da), text, line 1: first_day has no value")
    incidents.repair(
        town, found.case, found.id, {"first_day": "2027-04-05"}, "anna", NOW, "it was forgotten",
        user="anna",
    )  # fmt: skip
    assert carry_out(town, services([]), found.id, NOW)
    assert [each.text for each in written(town, found.case)] == ["Du begynder i Jobcenter den 5. april 2027."]


def test_a_template_or_a_value_that_is_not_there_is_refused_with_the_element(town: neo4j.Driver) -> None:
    assert faults(town, sends(LETTER, "goodbye"), TEXTS) == [("main.bpmn", "do", "missing_template")]
    assert faults(town, sends(MAIL, "hello"), TEXTS) == [("main.bpmn", "do", "wrong_template")]
    both = '<reconnect:argument name="text" value="\'x\'"/>'
    assert faults(town, sends(LETTER, "hello", both), TEXTS) == [("main.bpmn", "do", "unknown_argument")]
    hook = sends("webhook", "hello", '<reconnect:argument name="hook" value="\'x\'"/>')
    assert ("main.bpmn", "do", "unknown_argument") in faults(town, hook, TEXTS)
    wrong = {"hello.da.letter": "Subject: Hej\n\n{{ unit.name }}\n{{ wages }}\n"}
    assert faults(town, sends(LETTER, "hello"), wrong) == [("hello.da.letter", "do", "expression")]
    secret = {"hello.da.letter": "Subject: Hej\n\n{{ person.cpr_number }}\n"}
    assert faults(town, sends(LETTER, "hello"), secret) == [("hello.da.letter", "do", "expression")]


@pytest.mark.parametrize("named", ["person.name", "person.cpr_number", "pay", "lang", "'to ' + person.name"])
def test_a_mail_names_nothing_personal(town: neo4j.Driver, named: str) -> None:
    texts = {"told.da.mail": f"Subject: Hej\n\n{{{{ {named} }}}}\n"}
    assert faults(town, sends(MAIL, "told"), texts) == [("told.da.mail", "do", "personal")]
    allowed = {"told.da.mail": "Subject: Hej {{ unit.name }}\n\n{{ first_day }}, {{ today }}, {{ case.process }}\n"}
    deploy(town, sends(MAIL, "told"), allowed)


def test_what_the_installation_has_written_counts_until_it_goes_back(town: neo4j.Driver) -> None:
    deploy(town, sends(LETTER, "hello"))
    assert change(town, "hello", "da", Written("Kære {{ person.name }}", "Velkommen."), 0).number == 1
    again = change(town, "hello", "da", Written("Kære {{ person.name }}", "Velkommen."), 1)
    assert again.number == 1, "the same again is no new version"
    with pytest.raises(Conflict) as late:
        change(town, "hello", "da", Written("Andet", "Andet"), 0)
    assert (late.value.expected, late.value.found, late.value.by) == (0, 1, "anna")
    found = started(town)
    carry_out_due(town, services([]), lambda: NOW)
    assert [each.text for each in written(town, found.case)] == ["Velkommen."]
    assert change(town, "hello", "da", None, 1).number == 2
    found = started(town)
    carry_out_due(town, services([]), lambda: NOW)
    assert [each.subject for each in written(town, found.case)] == ["Til Dora Kjær"]
    with town.session() as session:
        told = [(each.number, each.by, each.reason) for each in own_texts.history(session, "main")]
    assert told == [(2, "anna", "better words"), (1, "anna", "better words")]


def test_a_definition_that_an_own_text_does_not_fit_is_refused(town: neo4j.Driver) -> None:
    deploy(town, sends(LETTER, "hello"))
    change(town, "hello", "en", Written("Hello", "{{ wages }}"))
    assert faults(town, sends(LETTER, "hello"), TEXTS) == [("", "do", "expression")]
    change(town, "hello", "en", None)
    deploy(town, sends(LETTER, "hello"))


def test_the_same_templates_again_are_no_new_version(town: neo4j.Driver) -> None:
    first = deploy(town, sends(LETTER, "hello"))
    assert deploy(town, sends(LETTER, "hello")).number == first.number
    changed = {**TEXTS, "hello.en.letter": "Subject: Hi\n\nHi\n"}
    second = deploy(town, sends(LETTER, "hello"), changed)
    assert second.number == first.number + 1
    with town.session() as session:
        read = definitions.current(session, "main")
    assert read.templates["hello"].texts["en"] == Written("Hi", "Hi")


def test_a_letter_goes_with_its_case_and_with_whoever_it_names(town: neo4j.Driver) -> None:
    deploy(town, sends(LETTER, "hello"))
    kept_case, other = started(town), started(town, person="carl")
    carry_out_due(town, services([]), lambda: NOW)
    assert written(town, kept_case.case) and written(town, other.case)
    later = NOW + timedelta(days=800)
    retention.delete_ended(town, later, {})
    assert written(town, kept_case.case) == [] and written(town, other.case) == []
    rows, _, _ = town.execute_query("MATCH (l:Letter) RETURN count(l) AS left")
    assert rows[0]["left"] == 0


def test_a_letter_about_another_goes_with_whoever_it_names(town: neo4j.Driver) -> None:
    text = "{{if mentor.name != null}}Spørg {{ mentor.name }}{{end}}."
    texts = {"hello.da.letter": "Subject: Til {{ person.name }}\n\n" + text}
    deploy(town, sends(LETTER, "hello"), texts)
    about, without = started(town, person="anna", mentor="dora"), started(town, person="anna")
    carry_out_due(town, services([]), lambda: NOW)
    assert [each.text for each in written(town, about.case)] == ["Spørg Dora Kjær."]
    with town.session() as session:
        dora = find(session, "Person", "dora").uuid
    erase_person(town, dora, Origin("manual", user="hr", reason="x"))
    assert written(town, about.case) == [] and len(written(town, without.case)) == 1
