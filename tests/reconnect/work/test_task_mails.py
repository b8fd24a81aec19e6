"""People hear by mail of tasks that wait for them: each thing once, whatever is killed, and nothing of a case."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import neo4j
import pytest
from pydantic import ValidationError

from graph.runs.cursors import write_cursor
from graph.time import COPENHAGEN, today
from processes.cases import case_time, claims, definitions, ending, kept, notices, questions, tasks
from processes.play.described import read_described
from reconnect.sending.mail import MailFailed, MailRejected
from reconnect.settings.tree import MailSettings, Settings, TaskMailSettings
from reconnect.work import task_mails
from reconnect.work.task_mails import TaskMails
from tests.emptied import empty
from tests.graph.questions.rights.imported import imported
from tests.graph.questions.rights.town import TOWN

pytestmark = pytest.mark.slow
NOW = datetime.now(UTC)
ABOVE = {"id": "a_above", "holder": {"employment": "e_bo"}, "role": "case_worker", "from": "2026-03-01",
         "for": [{"unit": "center"}]}  # fmt: skip
PROCESS = {
    "start": {"form": {"unit": "unit", "person": "person", "note": "text"}},
    "tasks": {"approve": {"role": "case_worker", "unit": "unit", "name": "Godkend", "not": ["person"],
                          "escalate": {"after": "1 working day"}, "form": {"decision": "text"}}},
    "flow": "start → approve → end",
}  # fmt: skip
Sent = list[tuple[str, str, str]]


@pytest.fixture(scope="module")
def people(driver: neo4j.Driver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[neo4j.Driver]:
    empty(driver)
    content = {**TOWN, "assignments": [*TOWN["assignments"], ABOVE]}
    assert imported(driver, content, tmp_path_factory.mktemp("town")).problems == []
    driver.execute_query(
        "MATCH (p:Person) WHERE p.name <> 'Carl Holm' SET p.work_email = toLower(split(p.name, ' ')[0]) + '@k.example'"
    )
    faults: list[str] = []
    found = read_described("approval", PROCESS, [each["id"] for each in TOWN["units"]], (), faults)
    assert found is not None, faults
    definitions.deploy(driver, "approval", found.documents, found.schemas, "test", NOW)
    yield driver


@pytest.fixture
def town(people: neo4j.Driver) -> neo4j.Driver:
    """Without cases, on a day whose look at everything was made."""
    people.execute_query("MATCH (n:Case|Task|CaseEntry|Delegation) DETACH DELETE n")
    write_cursor(people, task_mails.JOB, {"day": today().isoformat()})
    return people


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """Address, subject and text of each mail."""
    found: Sent = []
    served(monkeypatch, lambda mail: found.append(mail))
    return found


def served(monkeypatch: pytest.MonkeyPatch, take: Callable[[tuple[str, str, str]], None]) -> None:
    """The mail server is this."""

    def send(settings: MailSettings, recipients: Sequence[str], subject: str, text: str) -> bool:
        (address,) = recipients
        take((address, subject, text))
        return True

    monkeypatch.setattr(task_mails, "send_to", send)


def worker(driver: neo4j.Driver, send: str = "soon") -> TaskMails:
    chosen = TaskMailSettings.model_validate({"send": send, "pages": "https://Org.k.example/"})
    settings = SimpleNamespace(task_mails=chosen, mail=MailSettings(host="smtp.k.example"))
    context: Any = SimpleNamespace(driver=lambda: driver, settings=settings)
    return TaskMails(context)


def begun(driver: neo4j.Driver, unit: str = "job", now: datetime = NOW) -> kept.Task:
    case = tasks.start(driver, "approval", {"unit": unit, "person": "dora", "note": "hemmeligt svar"}, "dora", now)
    with driver.session() as session:
        (task,) = kept.tasks_of(session, case)
    return task


def test_whoever_gets_tasks_hears_of_them_once_and_of_nothing_else(town: neo4j.Driver, sent: Sent) -> None:
    one, other = begun(town), begun(town)
    looking = worker(town)
    assert looking.look() == 1
    ((address, subject, text),) = sent
    assert (address, subject) == ("anna@k.example", "REConnect: 2 opgaver venter på dig")
    assert text.startswith("Venter på dig:\n- Godkend (approval)\n  https://org.k.example/tasks/")
    assert one.id in text and other.id in text and "Venter" in text
    assert not [each for each in ("Dora", "hemmeligt", "Jobcenter", "Anna") if each in text]
    assert looking.look() == worker(town).look() == 0
    tasks.complete(town, one.id, "anna", {"decision": "ja"}, NOW)
    ending.end(town, other.case, None, NOW, "x")
    assert looking.look() == 0


def test_who_has_no_address_holds_up_nobody(town: neo4j.Driver, sent: Sent) -> None:
    begun(town, "canteen")
    begun(town)
    assert worker(town).look() == 1 and sent[0][0] == "anna@k.example"


def test_what_is_late_is_told_to_those_who_have_it_and_to_the_next_level(town: neo4j.Driver, sent: Sent) -> None:
    late = begun(town, now=NOW - timedelta(days=20))
    claims.claim(town, late.id, "anna", NOW)
    looking = worker(town)
    assert looking.look() == 0, "whoever has claimed it knows of it"
    case_time.pass_time(town, NOW)
    assert looking.look() == 2 and {each[0] for each in sent} == {"anna@k.example", "bo@k.example"}
    assert all("Forsinket" in text and "\nVenter på dig:" not in text for _, _, text in sent)
    assert looking.look() == 0
    claims.give_back(town, late.id, "anna", NOW)
    assert looking.look() == 0, "they were told"


def test_a_task_that_is_handed_over_and_a_question_are_told(town: neo4j.Driver, sent: Sent) -> None:
    task = begun(town)
    looking = worker(town)
    assert looking.look() == 1
    claims.hand(town, task.id, "anna", "bo", NOW)
    questions.ask(town, task.id, "bo", None, NOW, "Hvor mange timer får Dora?")
    assert looking.look() == 2
    handed, asked = sent[1:] if sent[1][0] == "bo@k.example" else reversed(sent[1:])
    assert handed[0] == "bo@k.example" and "Givet til dig af en kollega:\n- Godkend" in handed[2]
    assert asked[0] == "dora@k.example" and "Nogen spørger dig om noget:\n- Godkend" in asked[2]
    assert "timer" not in asked[2]
    assert looking.look() == 0


def test_of_several_workers_one_tells_each_thing(town: neo4j.Driver, sent: Sent) -> None:
    found = [begun(town, now=NOW - timedelta(days=20 * (number % 2))) for number in range(6)]
    case_time.pass_time(town, NOW)
    workers = [worker(town) for _ in range(4)]
    with ThreadPoolExecutor(len(workers)) as several:
        list(several.map(lambda each: each.look(), workers))
    told = [(address, each.id) for address, _, text in sent for each in found if each.id in text]
    assert sorted(told) == sorted(
        [("anna@k.example", each.id) for each in found] + [("bo@k.example", each.id) for each in found[1::2]]
    )


@pytest.mark.parametrize("send", ["soon", "daily"])
def test_after_a_kill_while_sending_it_is_told_again_once_the_sender_must_be_gone(
    town: neo4j.Driver, monkeypatch: pytest.MonkeyPatch, send: str
) -> None:
    taken: list[str] = []

    def killed(mail: tuple[str, str, str]) -> None:
        taken.append(mail[0])
        raise KeyboardInterrupt

    def moved(later: timedelta) -> None:
        monkeypatch.setattr(task_mails, "copenhagen_now", lambda: morning + later)

    morning = datetime.combine(date(2026, 12, 1), time(9), COPENHAGEN)
    write_cursor(town, task_mails.JOB, {})
    moved(timedelta())
    served(monkeypatch, killed)
    begun(town)
    with pytest.raises(KeyboardInterrupt):
        worker(town, send).look()
    served(monkeypatch, lambda mail: taken.append(mail[0]))
    looking = worker(town, send)
    moved(notices.LEASE - timedelta(seconds=1))
    assert looking.look() == 0 and taken == ["anna@k.example"], "the other may still be sending"
    moved(notices.LEASE + timedelta(seconds=1))
    assert looking.look() == 1 and taken == ["anna@k.example"] * 2
    assert looking.look() == worker(town, send).look() == 0


def test_what_failed_is_tried_again_after_a_pause_and_what_is_refused_is_not(
    town: neo4j.Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def fails(mail: tuple[str, str, str]) -> None:
        tried.append(mail[0])
        raise MailFailed("no answer")

    task = begun(town)
    looking = worker(town)
    served(monkeypatch, fails)
    assert [looking.look() for _ in range(2)] == [0, 0] and len(tried) == 1
    monkeypatch.setattr(task_mails, "copenhagen_now", lambda: datetime.now(COPENHAGEN) + timedelta(minutes=6))
    taken: Sent = []
    served(monkeypatch, taken.append)
    assert looking.look() == 1 and task.id in taken[0][2]

    def refuses(mail: tuple[str, str, str]) -> None:
        tried.append(mail[0])
        raise MailRejected("no such address")

    served(monkeypatch, refuses)
    begun(town)
    assert [looking.look() for _ in range(2)] == [0, 0] and len(tried) == 2


@pytest.mark.parametrize("send", ["soon", "daily"])
def test_each_morning_of_a_working_day_all_tasks_are_looked_at(
    town: neo4j.Driver, sent: Sent, monkeypatch: pytest.MonkeyPatch, send: str
) -> None:
    write_cursor(town, task_mails.JOB, {})
    task = begun(town)
    town.execute_query("MATCH (t:Task) REMOVE t.to_tell")  # as where the organisation gives it to somebody else
    looking = worker(town, send)

    def fails(mail: tuple[str, str, str]) -> None:
        raise MailFailed("no answer")

    def at(hour: int, is_working_day: bool) -> int:
        moment = datetime.combine(today(), time(hour), COPENHAGEN)
        monkeypatch.setattr(task_mails, "copenhagen_now", lambda: moment)
        monkeypatch.setattr(task_mails, "is_working_day", lambda day: is_working_day)
        return looking.look()

    assert (at(6, True), at(8, False)) == (0, 0)
    served(monkeypatch, fails)
    assert at(8, True) == 0, "the server is away"
    served(monkeypatch, sent.append)
    assert at(9, True) == 1 and task.id in sent[0][2]
    begun(town)
    assert at(10, True) == (send == "soon"), "what is new waits for the next morning"


def test_a_task_that_cannot_be_looked_at_holds_up_no_other(
    town: neo4j.Driver, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong, right = begun(town), begun(town)
    looked = notices.looks

    def breaks(run: Any, some: list[kept.Task], now: datetime) -> list[tasks.Look]:
        if any(each.id == wrong.id for each in some):
            raise KeyError("a fault")
        return looked(run, some, now)

    monkeypatch.setattr(notices, "looks", breaks)
    assert worker(town).look() == 1 and right.id in sent[0][2] and wrong.id not in sent[0][2]


def test_nothing_is_sent_unless_it_is_switched_on(town: neo4j.Driver, sent: Sent) -> None:
    begun(town)
    assert worker(town, "none").look() == 0 and sent == []
    with pytest.raises(ValidationError, match="pages is missing"):
        TaskMailSettings(send="soon")
    with pytest.raises(ValidationError, match="not an origin"):
        TaskMailSettings(pages="org.k.example/x")
    with pytest.raises(ValidationError, match=r"task_mails: mail\.host is missing"):
        Settings(task_mails=TaskMailSettings(send="daily", pages="https://org.k.example"))
