"""The worker on a real Valkey: jobs run once, are tried again, and their state is kept."""

import asyncio
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import neo4j
import pytest
import redis
from structlog.testing import capture_logs

from exporters.errors import LoginRefused
from exporters.objects.errors import Unanswered
from exporters.objects.target import Ref
from exporters.report import ExportReport
from graph.change_log import turned_day
from graph.retry import NEVER, NEXT, Retry, at
from graph.runs.brakes import approve
from graph.runs.run_log import start_run
from graph.time import today
from importers.source import SourceError
from reconnect import job_states
from reconnect.context import Context
from reconnect.embedded import ports
from reconnect.embedded.home import Home
from reconnect.embedded.valkey import ValkeyServer
from reconnect.locks import Lock, LockTaken
from reconnect.work import due_accounts, due_turn, jobs, retrying, worker
from reconnect.work import queue as job_queue
from reconnect.work.closings import Closings
from reconnect.work.liveness import healthy, healthy_here, sign_of_life
from rules.accounts.run import SOURCE
from tests.graph.organisation import Stating, small


class Unsteady(Stating):
    """Can't be read the first ``failures`` times."""

    def __init__(self, failures: int, retry: Retry | None = None, name: str = "unsteady") -> None:
        super().__init__(*small(), name=name)
        self.failures = failures
        self.retry = retry
        self.tries = 0

    def readings(self, known: Any) -> Iterator[Any]:
        self.tries += 1
        if self.tries <= self.failures:
            raise SourceError("the service is closed", retry=self.retry)
        yield from super().readings(known)


def run_queued(context: Context) -> None:
    worker.run(context, burst=True)


def queue(context: Context, function: str, *arguments: str) -> bool:
    return asyncio.run(worker.enqueue(context, function, *arguments))


def test_a_queued_import_is_done_and_its_state_kept(
    context: Context, client: redis.Redis, clean_graph: neo4j.Driver, source: Callable[[Stating], Stating]
) -> None:
    source(Unsteady(0))
    assert queue(context, "import", "unsteady")
    run_queued(context)
    state = job_states.read(client)["import:unsteady"]
    assert (state.state, state.attempt) == ("done", 1)
    assert "changed" in state.text
    rows, _, _ = clean_graph.execute_query("MATCH (u:Unit) RETURN count(u) AS count")
    assert rows[0]["count"] == 3


def test_a_failure_that_may_pass_is_tried_again(
    context: Context, client: redis.Redis, source: Callable[[Stating], Stating]
) -> None:
    source(Unsteady(2))
    queue(context, "import", "unsteady")
    run_queued(context)
    state = job_states.read(client)["import:unsteady"]
    assert (state.state, state.attempt) == ("done", 3)


def test_after_the_last_attempt_the_failure_is_shown(
    context: Context, client: redis.Redis, source: Callable[[Stating], Stating]
) -> None:
    unsteady = source(Unsteady(99))
    queue(context, "import", "unsteady")
    run_queued(context)
    state = job_states.read(client)["import:unsteady"]
    assert (state.state, state.attempt) == ("failed", 3)
    assert "the service is closed" in state.text
    assert isinstance(unsteady, Unsteady)
    assert unsteady.tries == 3
    assert queue(context, "import", "unsteady")  # it is not put off for a fourth time


def schedule(context: Context, function: str, *arguments: str) -> None:
    """What the schedule does."""

    async def put() -> None:
        async with job_queue.opened(context.redis_url()) as opened:
            await opened.put(function, *arguments)

    asyncio.run(put())
    run_queued(context)


def test_a_refused_login_is_not_tried_again_until_a_person_acts(
    context: Context, client: redis.Redis, source: Callable[[Stating], Stating]
) -> None:
    refused = source(Unsteady(2, NEVER))
    assert isinstance(refused, Unsteady)
    for _ in range(3):
        schedule(context, "import", "unsteady")
        assert refused.tries == 1
    state = job_states.read(client)["import:unsteady"]
    assert state.state == "failed"
    assert "the service is closed" in state.text and "The schedule does not try it again" in state.text
    with pytest.raises(SourceError):  # the command line
        jobs.import_source(context, jobs.Caller(lambda what, done, total: None), "unsteady")
    schedule(context, "import", "unsteady")
    assert refused.tries == 2
    queue(context, "import", "unsteady")  # a person puts it on the queue
    run_queued(context)
    assert (refused.tries, job_states.read(client)["import:unsteady"].state) == (3, "done")
    schedule(context, "import", "unsteady")
    assert refused.tries == 4


def test_a_refused_login_is_tried_again_when_a_setting_changes(
    context: Context, source: Callable[[Stating], Stating], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    refused = source(Unsteady(99, NEVER, "facts"))
    assert isinstance(refused, Unsteady)
    key = tmp_path / "key.yaml"
    monkeypatch.setenv("RECONNECT__SOURCES__FACTS__PATH", str(key))
    for tries, content in enumerate(("", "a", "another"), start=1):
        if content:
            key.write_text(content)
        for _ in range(2):
            with closing(Context()) as anew:
                schedule(anew, "import", "facts")
        assert refused.tries == tries


def test_what_is_closed_waits_until_it_opens_and_that_is_no_attempt(
    context: Context, client: redis.Redis, source: Callable[[Stating], Stating], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECONNECT__WORKER__ATTEMPTS", "1")
    monkeypatch.setattr(worker, "_SHORTEST", 0.05)
    opens = datetime.now(UTC) + timedelta(seconds=0.5)
    closed = source(Unsteady(2, at(opens)))
    told: list[job_states.WorkState] = []
    put = job_states.put

    def kept(*of: Any) -> bool:
        told.append(of[2])
        return put(*of)

    monkeypatch.setattr(job_states, "put", kept)
    with closing(Context()) as anew:
        schedule(anew, "import", "unsteady")
    assert isinstance(closed, Unsteady)
    assert (closed.tries, job_states.read(client)["import:unsteady"].state) == (3, "done")
    assert datetime.now(UTC) > opens
    assert [each.state for each in told].count("waiting") == 2
    assert "The next try is at" in next(each.text for each in told if each.state == "waiting")


def test_what_only_another_file_mends_is_left_to_the_schedule(
    context: Context, source: Callable[[Stating], Stating]
) -> None:
    unreadable = source(Unsteady(1, NEXT))
    assert isinstance(unreadable, Unsteady)
    schedule(context, "import", "unsteady")
    assert unreadable.tries == 1
    schedule(context, "import", "unsteady")
    assert unreadable.tries == 2


def test_a_target_that_refuses_the_login_is_not_tried_again_either(
    context: Context, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def refused(*_: Any, **__: Any) -> ExportReport:
        tries.append(1)
        report = ExportReport("plan2learn", date(2026, 11, 24))
        report.error, report.retry = "login refused", NEVER
        return report

    monkeypatch.setattr(jobs, "run_export", refused)
    monkeypatch.setattr(jobs.targets, "build", lambda *_: None)
    for _ in range(3):
        schedule(context, "export", "plan2learn")
    assert tries == [1]
    assert "The schedule does not try it again" in job_states.read(client)["export:plan2learn"].text


def test_the_same_job_waits_once(context: Context, source: Callable[[Stating], Stating]) -> None:
    source(Unsteady(0))
    assert queue(context, "import", "unsteady")
    assert not queue(context, "import", "unsteady")
    run_queued(context)
    assert queue(context, "import", "unsteady")
    run_queued(context)


def test_the_command_line_and_the_worker_keep_out_of_each_others_way(
    context: Context, client: redis.Redis, source: Callable[[Stating], Stating]
) -> None:
    source(Unsteady(0))
    with Lock(client, "import:unsteady", 5), pytest.raises(LockTaken):
        jobs.import_source(context, jobs.Caller(lambda what, done, total: None), "unsteady")


def test_the_day_turn_is_a_job(context: Context, client: redis.Redis) -> None:
    queue(context, "day_turn")
    run_queued(context)
    assert job_states.read(client)["day_turn"].state == "done"


def test_the_schedule_of_the_settings_is_planned(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONNECT__SCHEDULES__IMPORTS__SD", "30 5 * * 1-5")
    monkeypatch.setenv("RECONNECT__SCHEDULES__COMPARISONS__PLAN2LEARN", "30 4 * * *")
    planned = {job.name: job for job in worker.Jobs(Context()).schedule()}
    assert set(planned) == {"import sd", "compare plan2learn", "day turn"}
    assert (planned["compare plan2learn"].function, planned["compare plan2learn"].arguments) == (
        "compare",
        ("plan2learn",),
    )
    assert job_queue.lock_of("compare:plan2learn") == "export:plan2learn"
    assert planned["import sd"].times.hours == {5}
    assert planned["import sd"].times.weekdays == {0, 1, 2, 3, 4}


def test_a_worker_does_its_chores_beside_its_jobs(context: Context) -> None:
    """However many jobs take all its slots for hours."""
    with worker.Jobs(context).watches() as watches:
        names = {each.name for each in watches}
    assert {
        "schedule",
        "release stranded jobs",
        "watch for silent sources",
        "turn a day that was missed",
        "apply plans whose day has come",
        "let time pass in cases",
        "services of cases",
        "end claims that have lapsed",
        "erase in the analysts' copy",
        "mail notices of accounts",
        "mail about tasks",
        "delete ended cases",
        "remove what is over of logins",
    } <= names


def clock_of(driver: neo4j.Driver, days: int) -> None:
    driver.execute_query("MATCH (c:Clock) SET c.today = $day", day=today() - timedelta(days=days))


def test_a_day_turn_that_was_missed_is_made_once_its_time_is_past(
    context: Context, clean_graph: neo4j.Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock_of(clean_graph, 1)
    for at_, turns in (("59 23 * * *", False), ("0 0 * * *", True), ("0 0 * * *", False)):
        monkeypatch.setenv("RECONNECT__SCHEDULES__DAY_TURN", at_)
        with closing(Context()) as anew:
            assert due_turn.look(anew) is turns


def test_a_day_turn_of_several_days_waits_for_a_person_who_hears_of_it(
    context: Context, clean_graph: neo4j.Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock_of(clean_graph, 3)
    mails: list[str] = []
    monkeypatch.setattr(worker.mail, "send", lambda settings, subject, text: mails.append(text))
    assert not due_turn.look(context)
    queue(context, "day_turn")
    with capture_logs() as lines:
        run_queued(context)
    (line,) = [each for each in lines if each["event"] == "day_turn_waits"]
    assert len(mails) == 1 and line["brake"] in mails[0]
    assert not due_turn.look(context)
    approve(clean_graph, line["brake"], "anna", "")
    assert due_turn.look(context)
    with clean_graph.session() as session:
        assert turned_day(session) == today()


def test_a_comparison_is_a_full_export(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, bool]] = []

    def export(context: Context, caller: jobs.Caller, name: str, *, full: bool, user: str | None) -> ExportReport:
        assert user is None
        asked.append((name, full))
        return ExportReport(name, date(2026, 3, 2))

    monkeypatch.setattr(jobs, "export_target", export)
    for function in ("export", "compare"):  # one after the other: they share a lock, and the second would be put off
        queue(context, function, "plan2learn")
        run_queued(context)
    assert asked == [("plan2learn", False), ("plan2learn", True)]


def test_only_a_refused_login_keeps_accounts_from_being_closed(
    context: Context, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What makes a run fail for good, such as an attribute that the domain lacks, leaves nobody's account open."""
    closed: list[str] = []
    closer = SimpleNamespace(due=lambda day: [SimpleNamespace(ref="alma")])
    monkeypatch.setattr(Closings, "_made", lambda self: closer)
    monkeypatch.setattr(Closings, "_close", lambda self, closer, due: closed.append(self.name))
    monkeypatch.setattr(Closings, "_keep", lambda self, closer: None)
    retrying.refuse(client, context, "export:plan2learn")
    Closings(context, "plan2learn").look()
    assert closed == ["plan2learn"]
    retrying.note_login(context, "plan2learn", refused=True)
    Closings(context, "plan2learn").look()
    assert closed == ["plan2learn"], "another try might lock the login"
    retrying.note_login(context, "plan2learn", refused=False)
    Closings(context, "plan2learn").look()
    assert closed == ["plan2learn"] * 2


def test_a_login_that_is_refused_to_closings_is_tried_once(
    context: Context, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closings log in beside the exports: both count against the service account (active_directory.md pitfall 48)."""
    client.delete(retrying.REFUSED)
    tried: list[str] = []

    def opened() -> None:
        tried.append("login")
        raise LoginRefused("wrong password")

    closer = SimpleNamespace(
        due=lambda day: [SimpleNamespace(ref="alma", key="alma", kind="user")], target=SimpleNamespace(open=opened)
    )
    monkeypatch.setattr(Closings, "_made", lambda self: closer)
    monkeypatch.setattr(Closings, "_keep", lambda self, closer: None)
    with pytest.raises(LoginRefused):
        Closings(context, "plan2learn").look()
    for _ in range(2):
        Closings(context, "plan2learn").look()
    assert tried == ["login"] and retrying.is_refused(context, "export:plan2learn"), "nor by the schedule"
    client.delete(retrying.REFUSED)


def test_an_account_that_a_target_does_not_answer_about_holds_up_no_other(context: Context) -> None:
    """Those of a STOP come first, and what was not answered last; several in turn, and the target counts as away."""
    asked: list[str] = []
    silent = {"a"}
    entries: Any = [SimpleNamespace(ref=Ref("user", key), kind="user", key=key) for key in "abcd"]

    def close(channel: None, entry: Any) -> bool:
        asked.append(entry.key)
        if entry.key in silent:
            raise Unanswered("500")
        return False

    due = {Ref("user", key): "stopped" if key == "c" else "ended" for key in "abcd"}
    closer: Any = SimpleNamespace(
        target=SimpleNamespace(open=lambda: nullcontext()), close=close, lookout=SimpleNamespace(due=due)
    )
    lock: Any = SimpleNamespace(require=lambda: None)
    closings = Closings(context, "scim-x")
    for order in ("cabd", "cbda"):
        closings._closed(closer, entries, lock)
        assert "".join(asked) == order
        asked.clear()
    silent |= {"b", "c", "d"}
    with pytest.raises(Unanswered):
        closings._closed(closer, entries, lock)
    assert asked == ["c", "b", "d"]


def test_a_job_that_is_interrupted_stops_at_its_next_step(context: Context, client: redis.Redis) -> None:
    stop = threading.Event()
    caller = jobs.Caller(lambda what, done, total: None, stop.is_set)
    with pytest.raises(jobs.Interrupted), jobs.running(context, caller, "import:slow") as job:
        job.step("reading", 1, None)
        assert Path(tempfile.gettempdir()).is_relative_to(context.instance.home.path)
        stop.set()
        job.step("reading", 2, None)
    assert job_states.read(client)["import:slow"].state == "failed"
    assert client.get("reconnect:lock:import:slow") is None


def test_what_a_job_failed_with_is_logged_where_it_had_been_given_up(context: Context) -> None:
    """The queue hears only that the job was cancelled; its thread fails later."""

    begun = threading.Event()

    def do(caller: jobs.Caller) -> None:
        begun.set()
        while not caller.interrupted():
            time.sleep(0.01)
        raise jobs.Interrupted("test was interrupted")

    async def given_up() -> None:
        job = asyncio.create_task(worker.Jobs(context)._run(1, "test", do))
        assert await asyncio.to_thread(begun.wait, 120)
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job

    with capture_logs() as lines:
        asyncio.run(given_up())
    (line,) = [each for each in lines if each["event"] == "ended early"]
    assert line["error"].startswith("Interrupted: ")


def test_a_late_holder_does_not_overwrite_its_successors_state(client: redis.Redis) -> None:
    newer = job_states.WorkState(state="waiting", started="2026-11-24T10:00:00", fence=7)
    older = job_states.WorkState(state="done", started="2026-11-24T09:00:00", fence=6)
    assert job_states.put(client, "import:x", newer)
    assert not job_states.put(client, "import:x", older)
    assert job_states.read(client)["import:x"] == newer


def test_a_job_of_a_killed_worker_is_given_back(
    context: Context, client: redis.Redis, source: Callable[[Stating], Stating]
) -> None:
    source(Unsteady(0))
    queue(context, "import", "unsteady")
    # What a worker that was killed leaves: arq's note that the job is being run, for hours.
    longest, lived = context.settings.worker.longest, 120
    client.psetex("arq:in-progress:import:unsteady", (longest + 10 - lived) * 1000, b"1")

    async def released() -> list[str]:
        async with job_queue.opened(context.redis_url()) as opened:
            with Lock(client, "import:unsteady", 5):
                held = await opened.release_stranded(longest, 60)
            young = await opened.release_stranded(longest, lived + 60)
            return [*held, *young, *await opened.release_stranded(longest, 60)]

    assert asyncio.run(released()) == ["import:unsteady"]
    run_queued(context)
    assert job_states.read(client)["import:unsteady"].state == "done"


def test_a_worker_outlives_the_queue(context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Valkey is killed and started again, at the same address: the same worker goes on."""
    home = Home(tmp_path / "own")
    home.create()
    valkey, port = ValkeyServer(home), ports.choose(set())
    valkey.start(port)
    wait(lambda: valkey.answers(port))
    monkeypatch.setenv("RECONNECT__REDIS__URL", f"redis://:{valkey.password()}@127.0.0.1:{port}/0")
    process = subprocess.Popen([sys.executable, "-m", "reconnect", "worker"], stderr=subprocess.DEVNULL)
    try:
        with redis.Redis(port=port, password=valkey.password()) as own:
            wait(lambda: healthy(own))
            killed = valkey.process.find()
            assert killed is not None
            killed.kill()
            killed.wait(10)
            time.sleep(1)
            valkey.start(port)
            wait(lambda: valkey.answers(port))
            own.delete(sign_of_life(context))
            wait(lambda: healthy(own))
        process.terminate()
        assert process.wait(120) == 0
    finally:
        process.kill()
        valkey.process.stop(10)


def wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_worker_process_is_seen_and_ends_when_asked(context: Context, client: redis.Redis) -> None:
    assert not healthy(client)
    process = subprocess.Popen([sys.executable, "-m", "reconnect", "worker"], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not healthy(client) and time.monotonic() < deadline:
        time.sleep(0.1)
    seen = healthy(client), healthy_here(client, context)
    process.terminate()
    assert process.wait(120) == 0
    assert seen == (True, True)


def test_the_worker_of_another_container_is_not_this_ones(
    context: Context, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A health check that is content with any worker would never restart this one."""
    client.set(sign_of_life(context), "alive", px=5_000)
    assert healthy_here(client, context)
    monkeypatch.setattr(socket, "gethostname", lambda: "another-container")
    assert not healthy_here(client, context)
    assert healthy(client)


def test_only_the_queue_knows_arq() -> None:
    """What another queue would replace is one module."""
    root = Path(__file__).resolve().parents[3]
    rooms = [each.parent for each in root.glob("*/__init__.py") if each.parent.name != "tests"]
    sources_ = [each for room in rooms for each in room.rglob("*.py")]
    knowing = [each for each in sources_ if re.search(r"^\s*(from|import) arq\b", each.read_text(), re.MULTILINE)]
    assert [each.name for each in knowing] == ["queue.py"]


def test_the_state_is_shown_without_loading_the_worker() -> None:
    """``status`` and ``worker --check`` are asked every few seconds by monitoring."""
    asked = (
        "import sys; from reconnect.commands import status, worker; "
        "import reconnect.work.liveness, reconnect.job_states, reconnect.source_health; "
        "worker = ('arq', 'reconnect.work.worker', 'reconnect.work.jobs', 'zeep'); "
        "print(*(each for each in sys.modules if each.startswith(worker)))"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_only_runs_whose_lock_is_free_are_marked_as_killed(
    context: Context, client: redis.Redis, clean_graph: neo4j.Driver
) -> None:
    for kind, name in (
        ("accounts", SOURCE),
        ("import", "sd"),
        ("export", "scim-intranet"),
        ("closing", "scim-intranet"),
    ):
        start_run(clean_graph, kind, name, dry=False)
    with (
        Lock(client, due_accounts.JOB, 5),
        Lock(client, "import:sd", 5),
        Lock(client, "export:scim-intranet", 5),
        Lock(client, "closing:scim-intranet", 5),
    ):
        assert jobs.end_killed_runs(context) == 0
    with Lock(client, "import:sd", 5):
        assert jobs.end_killed_runs(context) == 3
