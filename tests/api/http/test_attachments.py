"""Files of tasks over HTTP: who may send, fetch and remove them, and what is taken.

Two services share a folder, and one worker scans what both have taken.
"""

import io
import json
import os
import socket
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import neo4j
import pytest

from api.access.tokens import create
from graph.change_log import Origin
from graph.corrections.person_erasure import erase_person
from processes.cases import attachment_files, attachments, definitions, kept, retention
from processes.cases.attaching import shows
from processes.cases.attachment_files import Store
from reconnect.embedded import Addresses
from reconnect.settings.attachments import AttachmentSettings, ScanCommand
from reconnect.work.attachments import scan, sweep
from tests.api.serving import CLIENT, Served, serving
from tests.emptied import empty
from tests.graph.questions.rights.imported import RING, imported
from tests.graph.questions.rights.town import TOWN
from tests.processes.engine.drawn import END, START, flow, process, user

pytestmark = pytest.mark.slow

PDF = b"%PDF-1.7\nAns\xc3\xa6ttelsesbrev til 010190-1234\n%%EOF"
SCANNER = ["sh", "-c", 'if grep -q EICAR; then echo "Eicar-Test-Signature FOUND"; exit 1; fi']
LETTER = {"type": "object", "required": ["letter"], "properties": {
    "letter": {"type": "string", "format": "attachment", "title": "Brev",
               "x-reconnect": {"types": ["pdf"], "megabytes": 1}},
    "more": {"type": "array", "items": {"type": "string"}, "maxItems": 2, "format": "attachment"},
}}  # fmt: skip
CHECK = {"type": "object", "properties": {"letter": {"type": "string", "format": "attachment"}}}
REQUEST = {"type": "object", "properties": {"unit": {"format": "unit"}}}
BLIND = {"type": "object", "properties": {"note": {"type": "string"}}}
CANTEEN = '<reconnect:place role="case_worker" unit="&quot;canteen&quot;"/>'
TASK = """query($task: ID!) { task(task: $task) { values attachments {
    id field name type size by state reason isDraft address } } }"""
CASE = """query($case: ID!) { processCase(case: $case) { answers { field shown format }
    attachments { name by address } } }"""
WHOLE_CASE = """query($case: ID!) { processCase(case: $case) { answers { shown value } filledIn { answers { shown } }
    tasks { name values attachments { name } } log { reason task } letters { text } attachments { name } } }"""
COMPLETE = """mutation($task: ID!, $values: String!) {
    completeTask(task: $task, values: $values, reason: "Set") { state } }"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("files"), 2_000_000, "waiting")


@pytest.fixture(scope="module")
def service(
    driver: neo4j.Driver, addresses: Addresses, tmp_path_factory: pytest.TempPathFactory, store: Store
) -> Iterator[Served]:
    empty(driver)
    dora = {"id": "e_dora", "person": "dora", "title": "Assistent", "units": [{"unit": "citizen"}]}
    town = {**TOWN, "employments": [*TOWN["employments"], dora]}
    assert imported(driver, town, tmp_path_factory.mktemp("town")).problems == []
    parts = (
        START,
        user("attach", "letter", '<reconnect:place role="case_worker" unit="unit"/>'),
        user("blind", "blind", CANTEEN),
        user("check", "check", CANTEEN),
        END,
        flow("start", "attach", "blind", "check", "end"),
    )
    schemas = {"request": REQUEST, "letter": LETTER, "check": CHECK, "blind": BLIND}
    content = {"filing.bpmn": process(*parts, id="filing")}
    definitions.deploy(driver, "filing", content, schemas, "test", datetime.now(UTC))
    with serving(addresses, driver, RING, attachments=store) as served:
        yield served


@pytest.fixture(scope="module")
def tokens(service: Served) -> dict[str, str]:
    """Of each person a token that acts in their name."""
    made = {}
    for each in ("anna", "bo", "carl", "dora"):
        uuid = service.data(f'{{ person(key: "{each}") {{ uuid }} }}')["person"]["uuid"]
        made[each] = create(service.driver, f"of {each}", ["reader"], person=uuid)
    return made


@pytest.fixture
def case(service: Served, tokens: dict[str, str]) -> str:
    begin = """mutation { startCase(process: "filing", values: "{\\"unit\\": \\"job\\"}", reason: "Ny") { id } }"""
    return str(asked(service, begin, tokens["bo"])["startCase"]["id"])


@pytest.fixture
def task(service: Served, case: str) -> str:
    """Anna's, to which she attaches a letter."""
    return open_task(service, case)


@pytest.fixture
def worker(service: Served, store: Store) -> Callable[..., Any]:
    """A worker with this scanner."""

    def made(*program: str, unscanned: bool = False, seconds: float = 20) -> Any:
        scanner = ScanCommand(program=program, seconds=seconds) if program else None
        settings = AttachmentSettings(scanner=scanner, unscanned=unscanned)
        processes = SimpleNamespace(attachments=settings)
        return SimpleNamespace(
            settings=SimpleNamespace(processes=processes),
            driver=lambda: service.driver,
            keyring=RING,
            attachments=store,
        )

    return made


def asked(service: Served, query: str, token: str, **variables: Any) -> Any:
    answer = service.post(query, token, **variables).json()
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


def open_task(service: Served, case: str) -> str:
    query = "MATCH (t:Task {state: 'open'})-[:OF_CASE]->(:Case {id: $case}) RETURN t.id AS id"
    (row,) = service.driver.execute_query(query, case=case).records
    return str(row["id"])


def send(
    service: Served, token: str, task: str, content: Any = PDF, name: str = "brev.pdf", field: str = "letter"
) -> httpx.Response:
    return CLIENT.post(
        f"{service.url}/attachments/{task}/{field}",
        content=content,
        headers={
            "Authorization": f"Bearer {token}",
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        },
    )


def sent(service: Served, token: str, task: str, content: bytes = PDF, name: str = "brev.pdf") -> dict[str, Any]:
    answer = send(service, token, task, content, name)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()["attachment"]
    return found


def fetch(service: Served, token: str, id_: str, method: str = "GET") -> httpx.Response:
    return CLIENT.request(method, f"{service.url}/attachments/{id_}", headers={"Authorization": f"Bearer {token}"})


def code(answer: httpx.Response) -> tuple[int, str]:
    (error,) = answer.json()["errors"]
    assert error["message"] and error["extensions"]["retry"]
    return answer.status_code, error["extensions"]["code"]


def files(store: Store) -> set[str]:
    return {each.name for each in store.folder.glob("*/*")}


def complete(service: Served, token: str, task: str, **values: Any) -> Any:
    return service.post(COMPLETE, token, task=task, values=json.dumps(values)).json()


def error_code(answer: Any) -> str:
    return str(answer["errors"][0]["extensions"]["code"])


def test_a_letter_is_sent_scanned_completed_and_fetched_by_those_whose_form_has_it(
    service: Served, tokens: dict[str, str], case: str, task: str, worker: Callable[..., Any], store: Store,
    addresses: Addresses,
) -> None:  # fmt: skip
    found = sent(service, tokens["anna"], task, name="Ansættelsesbrev Åse.pdf")
    assert (found["name"], found["size"], found["state"]) == ("Ansættelsesbrev Åse.pdf", len(PDF), "WAITING")
    (path,) = [each for each in store.folder.glob("*/*") if each.name == found["id"]]
    assert path.stat().st_mode & 0o077 == 0
    assert b"PDF" not in path.read_bytes() and b"0101" not in path.read_bytes()
    # Nothing is done with it before the scanner has answered.
    assert code(fetch(service, tokens["anna"], found["id"])) == (409, "not_scanned")
    assert error_code(complete(service, tokens["anna"], task, letter=found["id"])) == "not_scanned"
    scan(worker("sh", "-c", "exit 2"))
    scan(worker("sh", "-c", "kill -9 $$"))
    (waiting,) = asked(service, TASK, tokens["anna"], task=task)["task"]["attachments"]
    assert (waiting["state"], waiting["address"], waiting["isDraft"]) == ("WAITING", None, True)
    service.driver.execute_query("MATCH (a:Attachment) WHERE a.next_scan > $now SET a.next_scan = $now", now=now())
    scan(worker(*SCANNER))
    # A draft is its owner's alone.
    mine = fetch(service, tokens["anna"], found["id"])
    assert mine.content == PDF
    assert mine.headers["content-disposition"] == ("attachment; filename*=UTF-8''Ans%C3%A6ttelsesbrev%20%C3%85se.pdf")
    assert (mine.headers["x-content-type-options"], mine.headers["cache-control"]) == ("nosniff", "no-store")
    assert code(fetch(service, tokens["bo"], found["id"])) == (404, "unknown_attachment")
    assert asked(service, TASK, tokens["bo"], task=task)["task"]["attachments"] == []
    # Done by the other service, on the same folder.
    with serving(addresses, service.driver, RING, attachments=store) as other:
        assert complete(other, tokens["anna"], task, letter=found["id"])["data"]["completeTask"] == {"state": "DONE"}
        assert fetch(other, tokens["bo"], found["id"]).content == PDF  # the case is his
    shown = asked(service, CASE, tokens["bo"], case=case)["processCase"]
    assert {"field": "letter", "shown": "Ansættelsesbrev Åse.pdf", "format": "attachment"} in shown["answers"]
    assert [(each["name"], each["by"]) for each in shown["attachments"]] == [("Ansættelsesbrev Åse.pdf", "Anna Berg")]
    # Carl's first form doesn't have the letter, his second one has. Until then its name tells him nothing either.
    seen = asked(service, CASE, tokens["carl"], case=case)["processCase"]
    assert {"field": "letter", "shown": "PDF", "format": "attachment"} in seen["answers"] and not seen["attachments"]
    assert "Ansættelse" not in service.post(WHOLE_CASE, tokens["carl"], case=case).text
    assert code(fetch(service, tokens["carl"], found["id"])) == (404, "unknown_attachment")
    assert complete(service, tokens["carl"], open_task(service, case), note="set")["data"]
    check = open_task(service, case)
    answer = asked(service, TASK, tokens["carl"], task=check)["task"]
    assert json.loads(answer["values"]) == {"letter": found["id"]}
    assert [(each["id"], each["isDraft"]) for each in answer["attachments"]] == [(found["id"], False)]
    assert fetch(service, tokens["carl"], found["id"]).content == PDF
    assert code(fetch(service, tokens["dora"], found["id"])) == (404, "unknown_attachment")
    assert code(fetch(service, service.token("reader"), found["id"])) == (404, "unknown_attachment")
    assert code(fetch(service, tokens["anna"], found["id"], "DELETE")) == (404, "unknown_attachment")
    assert complete(service, tokens["carl"], check, letter=found["id"])["data"]
    assert fetch(service, tokens["carl"], found["id"]).content == PDF
    # Who has fetched it stands in the log of reads.
    deadline = time.monotonic() + 30
    while not (reads := reads_of_files(service)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert all(each["groups"] == ["tasks"] for each in reads) and reads


def reads_of_files(service: Served) -> list[Any]:
    query = "MATCH (r:PersonRead {operation: 'attachment'}) RETURN r {.*} AS read"
    return [row["read"] for row in service.driver.execute_query(query).records]


def now() -> datetime:
    return datetime.now(UTC)


def test_a_refused_file_is_deleted_and_no_task_completed_with_it(
    service: Served, tokens: dict[str, str], task: str, worker: Callable[..., Any], store: Store
) -> None:
    found = sent(service, tokens["anna"], task, PDF + b"EICAR 010190-1234")
    scan(worker("sh", "-c", 'cat >/dev/null; echo "Eicar 010190-1234 FOUND"; exit 1'))
    (shown,) = asked(service, TASK, tokens["anna"], task=task)["task"]["attachments"]
    assert shown["state"] == "REFUSED" and "Eicar" in shown["reason"] and "010190" not in shown["reason"]
    assert found["id"] not in files(store)
    assert code(fetch(service, tokens["anna"], found["id"])) == (409, "attachment_refused")
    assert error_code(complete(service, tokens["anna"], task, letter=found["id"])) == "attachment_refused"
    assert fetch(service, tokens["anna"], found["id"], "DELETE").status_code == 204
    assert asked(service, TASK, tokens["anna"], task=task)["task"]["attachments"] == []
    assert error_code(complete(service, tokens["anna"], task)) == "wrong_value"  # the form requires it


def test_a_scanner_that_hangs_has_not_answered(
    service: Served, tokens: dict[str, str], task: str, worker: Callable[..., Any]
) -> None:
    sent(service, tokens["anna"], task)
    scan(worker("sh", "-c", "sleep 60", seconds=0.3))
    scan(worker("/nonexistent/scanner"))
    scan(worker())  # none is set
    (shown,) = asked(service, TASK, tokens["anna"], task=task)["task"]["attachments"]
    assert shown["state"] == "WAITING"


def test_a_folder_that_is_away_says_nothing_of_its_files(
    service: Served, tokens: dict[str, str], task: str, worker: Callable[..., Any], store: Store
) -> None:
    id_ = sent(service, tokens["anna"], task)["id"]
    away = store.folder.with_name("away")
    store.folder.rename(away)
    scan(worker(*SCANNER))
    store.folder.mkdir()  # where it was mounted
    due = "MATCH (a:Attachment) WHERE a.next_scan > $now SET a.next_scan = $now"
    service.driver.execute_query(due, now=now())
    scan(worker(*SCANNER))
    store.folder.rmdir()
    away.rename(store.folder)
    service.driver.execute_query(due, now=now())
    scan(worker(*SCANNER))
    assert fetch(service, tokens["anna"], id_).content == PDF
    store.folder.rename(away)
    assert code(fetch(service, tokens["anna"], id_)) == (503, "unavailable")
    away.rename(store.folder)
    next(store.folder.glob(f"*/{id_}")).unlink()
    assert code(fetch(service, tokens["anna"], id_)) == (410, "file_missing")


def test_where_the_installation_permits_it_a_file_is_taken_unscanned_and_shown_as_such(
    service: Served, tokens: dict[str, str], task: str, store: Store, addresses: Addresses
) -> None:
    for first, status in ((None, 503), ("not_scanned", 201)):
        own = Store(store.folder, store.largest, first)
        with serving(addresses, service.driver, RING, attachments=own) as other:
            answer = send(other, tokens["anna"], task)
            assert answer.status_code == status
    found = answer.json()["attachment"]
    assert found["state"] == "NOT_SCANNED"
    assert complete(service, tokens["anna"], task, letter=found["id"])["data"]


def test_others_send_and_remove_nothing(service: Served, tokens: dict[str, str], task: str, store: Store) -> None:
    before = files(store)
    assert code(send(service, tokens["dora"], task)) == (404, "unknown_task")
    assert code(send(service, tokens["bo"], task)) == (403, "not_candidate")  # who has started the case sees it
    assert code(send(service, service.token("reader"), task)) == (403, "forbidden")
    assert code(send(service, service.token("hr"), task)) == (422, "wrong_value")  # a machine names the person
    assert code(send(service, "wrong", task)) == (401, "unauthenticated")
    assert code(send(service, tokens["anna"], "nothing")) == (404, "unknown_task")
    assert code(send(service, tokens["anna"], task, field="unit")) == (422, "wrong_value")
    assert files(store) == before
    found = sent(service, tokens["anna"], task)
    for who in ("bo", "dora"):
        assert code(fetch(service, tokens[who], found["id"], "DELETE")) == (404, "unknown_attachment")
    assert code(fetch(service, tokens["anna"], "../../etc/passwd")) != (200, "")
    for who in ("anna", "nobody"):
        named = CLIENT.delete(
            f"{service.url}/attachments/{found['id']}?by={who}", headers={"Authorization": f"Bearer {tokens['dora']}"}
        )
        assert code(named) == (403, "own_name"), "a name tells nothing of who there is"
    by_machine = CLIENT.post(
        f"{service.url}/attachments/{task}/letter?by=anna",
        content=PDF,
        headers={
            "Authorization": f"Bearer {service.token('hr')}",
            "Content-Disposition": 'attachment; filename="æ.pdf"'.encode(),
        },
    )
    assert by_machine.status_code == 201 and by_machine.json()["attachment"]["name"] == "æ.pdf"


def test_a_machine_of_webhooks_is_told_nothing_of_files(
    service: Served, tokens: dict[str, str], task: str, worker: Callable[..., Any]
) -> None:
    """With every role: it answers the same of a file that is there, of one that isn't, and of a task."""
    found = sent(service, tokens["anna"], task, name="Opsigelse.pdf")
    scan(worker(*SCANNER))
    assert complete(service, tokens["anna"], task, letter=found["id"])["data"]
    roles = ["auditor", "hr", "organisation", "operations"]
    machine = create(service.driver, "webhook", roles, processes=["filing"])
    answers = [fetch(service, machine, id_, method) for id_ in (found["id"], "nothing") for method in ("GET", "DELETE")]
    answers += [send(service, machine, each) for each in (task, "nothing")]
    assert {code(each) for each in answers} == {(403, "forbidden")}
    assert len({each.json()["errors"][0]["message"] for each in answers}) == 1
    assert "Opsigelse" not in "".join(each.text for each in answers)
    assert fetch(service, create(service.driver, "audit", ["auditor"]), found["id"]).content == PDF


def test_who_writes_the_id_of_a_file_into_a_text_has_not_got_the_file(
    service: Served, tokens: dict[str, str], case: str, task: str, worker: Callable[..., Any]
) -> None:
    """Whoever sees the case knows the id, as the value of a field."""
    found = sent(service, tokens["anna"], task)
    scan(worker(*SCANNER))
    assert complete(service, tokens["anna"], task, letter=found["id"])["data"]
    blind = open_task(service, case)
    assert complete(service, tokens["carl"], blind, note=found["id"])["data"]
    with service.driver.session() as session:
        file = attachments.attachment(session, found["id"])
        assert shows(session, kept.task(session, task), file)
        assert not shows(session, kept.task(session, blind), file)


def test_each_person_has_room_of_their_own_in_a_task(
    service: Served, tokens: dict[str, str], task: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "MOST", 1)
    first = sent(service, tokens["anna"], task)
    before = files(store)
    assert code(send(service, tokens["anna"], task)) == (422, "too_many")
    assert files(store) == before
    service.driver.execute_query("MATCH (a:Attachment {id: $id}) SET a.by = 'other'", id=first["id"])
    sent(service, tokens["anna"], task)


def test_a_disk_that_is_nearly_full_takes_no_file(
    service: Served, tokens: dict[str, str], task: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = files(store)
    monkeypatch.setattr(attachment_files, "RESERVE", 1 << 62)
    assert code(send(service, tokens["anna"], task)) == (507, "no_space")
    assert files(store) == before


def test_a_download_is_a_file_and_nothing_that_a_browser_shows(
    service: Served, tokens: dict[str, str], task: str, worker: Callable[..., Any]
) -> None:
    """Whatever the sender has called it; a part of it is never asked for, and compressed it is the same."""
    text = ("a" * 70 + "\n").encode() * 10_000
    answer = CLIENT.post(
        f"{service.url}/attachments/{task}/more",
        content=text,
        headers={
            "Authorization": f"Bearer {tokens['anna']}",
            "Content-Disposition": "inline; filename=\"x.html\"; filename*=UTF-8''%22%3E%3Cscript%3E%0d%0ax.txt",
            "Content-Type": "text/html",
        },
    )
    assert answer.status_code == 201 and answer.json()["attachment"]["type"] == "text/plain"
    found = answer.json()["attachment"]
    scan(worker(*SCANNER))
    for more in ({}, {"Range": "bytes=0-9"}, {"Accept-Encoding": "gzip"}, {"Accept-Encoding": "identity"}):
        got = CLIENT.get(
            f"{service.url}/attachments/{found['id']}", headers={"Authorization": f"Bearer {tokens['anna']}", **more}
        )
        assert (got.status_code, got.content) == (200, text)
        assert got.headers["content-type"].startswith("text/plain")
        assert got.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
        assert not {"<", ">", "\n"} & set(got.headers["content-disposition"])
        assert got.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert got.headers["cross-origin-resource-policy"] == "same-origin"
    head = fetch(service, tokens["anna"], found["id"], "HEAD")
    assert (head.status_code, head.content) == (200, b"")


def zipped(name: str, content: bytes = b"x") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(name, content)
    return made.getvalue()


HTML, SVG = b"<!DOCTYPE html><script>alert(1)</script>", b'<?xml version="1.0"?><svg onload="alert(1)"/>'


@pytest.mark.parametrize(
    ("content", "name", "field"),
    [
        (zipped("a.exe"), "brev.pdf", "letter"),
        (HTML, "brev.pdf", "letter"),
        (SVG, "brev.pdf", "letter"),
        (b"", "brev.pdf", "letter"),
        (HTML, "side.html", "more"),
        (SVG, "billede.svg", "more"),
        (SVG, "billede.png", "more"),
        (HTML, "note.txt", "more"),
        (zipped("a.exe"), "note.txt", "more"),
        (zipped("a.exe"), "brev.docx", "more"),
        (zipped("mimetype", b"application/epub+zip"), "brev.odt", "more"),
        (PDF, "brev", "more"),
        (PDF, "brev.pdf.exe", "more"),
        (b"\x89PNG\r\n\x1a\nx", "billede.png", "letter"),  # this field takes PDF only
    ],
)
def test_a_file_is_what_its_name_and_its_first_bytes_say_and_what_the_form_permits(
    content: bytes, name: str, field: str, service: Served, tokens: dict[str, str], task: str, store: Store
) -> None:
    before = files(store)
    assert code(send(service, tokens["anna"], task, content, name, field)) == (415, "wrong_type")
    assert files(store) == before


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\anna\\brev.pdf", "brev.pdf"),
        ("/", None),
        (".pdf", "file.pdf"),
        ("brev\u202efdp.exe\r\nSet-Cookie: a=b.pdf", "brevfdp.exe Set-Cookie_ a=b.pdf"),
        ("Straffeattest 010190-1234.pdf", "Straffeattest XXXXXX-XXXX.pdf"),
        ("con.pdf", "_con.pdf"),
        ("a" * 300 + ".pdf", "a" * 116 + ".pdf"),
    ],
)
def test_names_are_cleaned(given: str, kept: str | None, service: Served, tokens: dict[str, str], task: str) -> None:
    answer = send(service, tokens["anna"], task, name=given)
    assert (answer.json()["attachment"]["name"] if answer.status_code == 201 else None) == kept


def pieces(total: int) -> Iterator[bytes]:
    yield PDF
    for _ in range(total // 65536):
        yield b"x" * 65536


def test_a_file_that_is_too_large_is_refused_while_it_is_read(
    service: Served, tokens: dict[str, str], task: str, store: Store
) -> None:
    """Chunked, with its length stated, and with a length that is a lie."""
    before = files(store)
    assert code(send(service, tokens["anna"], task, pieces(1_100_000))) == (413, "over_limit")
    assert code(send(service, tokens["anna"], task, PDF + b"x" * 1_000_000)) == (413, "over_limit")
    # The form permits no more, and the installation has the last word: another field takes what it takes.
    assert code(send(service, tokens["anna"], task, pieces(2_100_000), field="more")) == (413, "over_limit")
    assert files(store) == before
    assert send(service, tokens["anna"], task, pieces(900_000)).status_code == 201
    address = urlsplit(service.url)
    with socket.create_connection((address.hostname, address.port), 30) as line:
        line.sendall(head(tokens["anna"], task, len(PDF)))
        line.sendall(PDF + b"x" * 2_000_000)  # what it doesn't count is no part of the file, and no request
        assert b" 400 " in line.makefile("rb").readline()
    query = "MATCH (a:Attachment {task: $task}) RETURN collect(a.size) AS sizes"
    (row,) = service.driver.execute_query(query, task=task).records
    assert max(row["sizes"]) < 1_000_000


def head(token: str, task: str, length: int) -> bytes:
    return (
        f"POST /attachments/{task}/letter HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Disposition: attachment; filename=brev.pdf\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def test_an_upload_that_breaks_off_leaves_nothing(
    service: Served, tokens: dict[str, str], task: str, store: Store
) -> None:
    before = files(store)
    address = urlsplit(service.url)
    with socket.create_connection((address.hostname, address.port), 30) as line:
        line.sendall(head(tokens["anna"], task, 900_000))
        line.sendall(PDF + b"x" * 400_000)
        deadline = time.monotonic() + 30
        while files(store) == before and time.monotonic() < deadline:
            time.sleep(0.02)
        assert files(store) != before
    while files(store) != before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert files(store) == before
    assert asked(service, TASK, tokens["anna"], task=task)["task"]["attachments"] == []


def test_drafts_keep_files_and_those_that_the_completed_form_does_not_name_go(
    service: Served, tokens: dict[str, str], task: str, worker: Callable[..., Any], store: Store
) -> None:
    one, other = sent(service, tokens["anna"], task), sent(service, tokens["anna"], task)
    save = COMPLETE.replace("completeTask", "saveDraft")
    asked(service, save, tokens["anna"], task=task, values=json.dumps({"letter": one["id"]}))
    assert json.loads(asked(service, TASK, tokens["anna"], task=task)["task"]["values"]) == {"letter": one["id"]}
    scan(worker(*SCANNER))
    stranger = {"letter": one["id"], "more": [one["id"]]}  # it was sent for another field
    assert error_code(complete(service, tokens["anna"], task, **stranger)) == "unknown_attachment"
    assert complete(service, tokens["anna"], task, letter=one["id"])["data"]
    found, _, _ = service.driver.execute_query("MATCH (a:Attachment {task: $task}) RETURN a.id AS id", task=task)
    assert [row["id"] for row in found] == [one["id"]]
    # The worker deletes the file, a day after the graph has forgotten it.
    aged(store, other["id"])
    sweep(worker(*SCANNER))
    assert {one["id"], f"{other['id']}.gone"} <= files(store)
    aged(store, f"{other['id']}.gone")
    sweep(worker(*SCANNER))
    assert one["id"] in files(store) and not any(each.startswith(other["id"]) for each in files(store))


def aged(store: Store, name: str) -> None:
    (path,) = store.folder.glob(f"*/{name}")
    past = time.time() - 2 * 86_400
    os.utime(path, (past, past))


def test_files_go_with_their_case_and_with_the_person(
    service: Served, tokens: dict[str, str], case: str, task: str, worker: Callable[..., Any]
) -> None:
    found = sent(service, tokens["anna"], task)
    scan(worker(*SCANNER))
    assert complete(service, tokens["anna"], task, letter=found["id"])["data"]
    service.driver.execute_query(
        "MATCH (c:Case {id: $case}) SET c.open = false, c.ended = datetime('2020-01-01T00:00:00Z')", case=case
    )
    assert retention.delete_ended(service.driver, datetime(2021, 1, 1, tzinfo=UTC), {})["filing"] == 1
    assert attachments.known_ids(service.driver, [found["id"]]) == set()
    assert code(fetch(service, tokens["anna"], found["id"])) == (404, "unknown_attachment")
    # Of a case about somebody who is erased, everything goes; of another's, only the name of who has attached it.
    service.driver.execute_query(
        """
        CREATE (p:Person {uuid: 'gone'})
        CREATE (about:Case {id: 'about', person: 'gone', state: '{}'})<-[:OF_CASE]-(:Attachment {id: 'a1', by: 'x'})
        CREATE (other:Case {id: 'other', state: '{}'})<-[:OF_CASE]-(:Attachment {id: 'a2', by: 'gone', kept: true})
        CREATE (other)<-[:OF_CASE]-(t:Task {id: 't1', state: 'open'})<-[:OF_TASK]-(a:Attachment {id: 'a3', by: 'gone'})
        CREATE (a)-[:OF_CASE]->(other)
        """
    )
    erase_person(service.driver, "gone", Origin("manual", user="test", reason="GDPR"))
    rows = service.driver.execute_query(
        "MATCH (a:Attachment) WHERE a.id IN ['a1', 'a2', 'a3'] RETURN a.id, a.by"
    ).records
    assert [tuple(row) for row in rows] == [("a2", "erased")]


def test_a_damaged_or_missing_file_is_never_answered_as_if_it_were_whole(tmp_path: Path) -> None:
    id_, key = "0b7bd2a2-6a7a-4a4c-9d2e-3f7a5b1c9d10", attachment_files.new_key()
    content = b"x" * 700_000
    writing = attachment_files.Writing(tmp_path, id_, key)
    writing.write(content)
    assert not (tmp_path / "0b" / id_).exists()
    writing.finish()
    assert b"".join(attachment_files.read(tmp_path, id_, key)) == content
    path = tmp_path / "0b" / id_
    whole, block = path.read_bytes(), 256 * 1024 + 16
    for damaged in (
        whole[:-1], whole[:block], whole[: 2 * block], whole[block:], whole[block : 2 * block] + whole[:block],
        bytes([whole[0] ^ 1]) + whole[1:], b"",
    ):  # fmt: skip
        path.write_bytes(damaged)
        with pytest.raises(Exception, match=r"^$"):  # cryptography's InvalidTag has no text
            b"".join(attachment_files.read(tmp_path, id_, key))
    with pytest.raises(ValueError, match="no id"):
        attachment_files.read(tmp_path, "../secrets", key)
