"""The worker sends the mails of cases and calls other systems, each once."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import neo4j
import pytest

from graph.identity.lookup import find
from graph.statements.precedence import SourceOrder
from processes.cases import case_log, definitions, tasks
from processes.cases.service_tasks import ServiceTask, tasks_of
from processes.services import OWN
from reconnect.settings.tree import HookSettings, MailSettings, ProcessSettings, TaskMailSettings
from reconnect.work import service_tasks
from tests.answering import Reply, answering
from tests.emptied import empty
from tests.graph.questions.rights.imported import RING, imported
from tests.graph.questions.rights.town import TOWN
from tests.processes.engine.drawn import END, START, flow, process

pytestmark = pytest.mark.slow
NOW = datetime.now(UTC)
SCHEMAS = {"request": {"type": "object", "properties": {"unit": {"format": "unit"}, "person": {"format": "person"}}}}


@pytest.fixture(scope="module")
def town(driver: neo4j.Driver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[neo4j.Driver]:
    empty(driver)
    assert imported(driver, TOWN, tmp_path_factory.mktemp("town")).problems == []
    driver.execute_query("MATCH (p:Person {name: 'Dora Kjær'}) SET p.work_email = 'dora@kommune.example'")
    yield driver


def served(driver: neo4j.Driver, name: str, arguments: dict[str, str], **settings: Any) -> ServiceTask:
    """A case that does one thing, after a look of the worker."""
    given = "".join(f"<reconnect:argument name='{key}' value='{value}'/>" for key, value in arguments.items())
    stated = f'<reconnect:service name="{name}" result="answer"/>{given}'
    element = f'<serviceTask id="do"><extensionElements>{stated}</extensionElements></serviceTask>'
    parts = (START, element, END, flow("start", "do", "end"))
    definitions.deploy(driver, "main", {"main.bpmn": process(*parts)}, SCHEMAS, "test", NOW, OWN)
    case = tasks.start(driver, "main", {"unit": "job", "person": "dora"}, "bo", NOW)
    standing = {"mail": MailSettings(), "processes": ProcessSettings(), "task_mails": TaskMailSettings()}
    chosen = SimpleNamespace(**{**standing, **settings})
    context: Any = SimpleNamespace(driver=lambda: driver, keyring=RING, order=SourceOrder(), settings=chosen)
    working = service_tasks.ServiceTasks(context)
    working.look()
    working.look()
    with driver.session() as session:
        (found,) = tasks_of(session, case)
    return found


def test_a_mail_goes_to_the_work_address(town: neo4j.Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[Sequence[str], str, str]] = []
    keys: list[str] = []

    def send(settings: MailSettings, recipients: Sequence[str], subject: str, text: str, key: str) -> bool:
        keys.append(key)
        sent.append((recipients, subject, text))
        return settings.host is not None

    monkeypatch.setattr(service_tasks, "send_to", send)
    mail = {"to": "[person]", "subject": '"Velkommen"', "text": '"Du begynder snart."'}
    server = MailSettings(host="mail.kommune.example")
    assert served(town, "mail", mail, mail=server).state == "done"
    assert sent == [(["dora@kommune.example"], "Velkommen", "Du begynder snart.\n")]
    assert "mail.host" in served(town, "mail", mail).problem
    assert "is not a text" in served(town, "mail", {**mail, "subject": "unit == person"}, mail=server).problem
    assert len(sent) == 2 and len({*keys}) == 2, "each mail has a key of its own"
    number = served(town, "mail", {**mail, "text": '"Nummeret er 010190-1234"'}, mail=server)
    assert (number.state, number.problem) == ("incident", "text: it would contain a CPR number, and is not sent")
    assert len(sent) == 2
    both = served(town, "mail", {**mail, "to": '[person, "anna"]'}, mail=server)
    assert both.state == "done" and sent[-1][0] == ["dora@kommune.example"]
    with town.session() as session:
        anna = find(session, "Person", "anna").uuid
        (noted,) = [each.reason for each in case_log.log_of(session, both.case) if each.action == "served"]
    assert noted == f"not sent to {anna}, of whom no work mail address is known"
    assert served(town, "mail", {**mail, "to": '["anna"]'}, mail=server).state == "incident" and len(sent) == 3
    broken = {**mail, "subject": '"Velkommen\\r\\nBcc: spy@example.org"'}
    assert served(town, "mail", broken, mail=server).state == "done"
    assert sent[-1][1] == "Velkommen Bcc: spy@example.org", "a subject is one line"


def test_another_system_is_called_with_the_key_of_the_work(town: neo4j.Driver) -> None:
    with answering(lambda request: Reply.json({"number": 417})) as other:
        hook = HookSettings.model_validate({"url": f"{other.url}/hire", "token": "t1", "own_machine": True})
        settings = ProcessSettings(hooks={"cards": hook})
        found = served(town, "webhook", {"hook": '"cards"', "body": '{"who": person}'}, processes=settings)
        assert found.state == "done"
        (request,) = other.requests
        assert (request.path, request.headers["authorization"]) == ("/hire", "Bearer t1")
        assert request.headers["idempotency-key"] == f"do:{found.id}"
        assert request.json["process"] == "main" and len(request.json["body"]["who"]) == 36
        other.answer = lambda request: Reply(503)
        busy = served(town, "webhook", {"hook": '"cards"'}, processes=settings)
        assert (busy.state, busy.tries) == ("open", 1) and "503" in busy.problem
        other.answer = lambda request: Reply(400)
        wrong = served(town, "webhook", {"hook": '"cards"'}, processes=settings)
        assert (wrong.state, wrong.problem) == ("incident", "cards answers 400")
    unknown = served(town, "webhook", {"hook": '"keys"'}, processes=settings)
    assert unknown.problem == "hook: processes.hooks has no 'keys'; it has: cards"
