"""No CPR number, secret or token in a log line, wherever it stands."""

import io
import json
import logging
import sys
import threading
import tomllib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as some

from reconnect.logs import library_lines, redaction, setup
from reconnect.logs.redaction import HIDDEN, is_secret_name, redact, redact_text
from tests.api.every_mutation import NUMBERS, SECRET

CPR = "0101571239"


@pytest.mark.parametrize(
    "text",
    [
        f"person {CPR} not found",
        "person 010157-1239 not found",
        "person 010157 1239 not found",
        "replacement number 6101571239",
        f"<PersonCivilRegistrationIdentifier>{CPR}</PersonCivilRegistrationIdentifier>",
        f"/person?cpr={CPR}&at=2026-01-01",
        "Authorization: Bearer abcdefgh12345678",
        "redis://:s3cretword@127.0.0.1:6379/0",
        "bolt://neo4j:s3cretword@db:7687",
        "password=s3cretword",
        '{"password": "s3cretword"}',
        "token: s3cretword",
    ],
)
def test_secrets_in_a_text_are_hidden(text: str) -> None:
    shown = redact_text(text)
    assert HIDDEN in shown
    for secret in (CPR, "1239", "s3cretword", "abcdefgh12345678"):
        assert secret not in shown


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-24T10:20:30+01:00",
        "unit 3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        "EAN 5790001234567",
        "CVR 29189846",
        "P number 1003456789012",
        "5000 employments in 12.5 s",
        "27.12.00",
        "2010-10-10 1234 records",
        "2011-11-11, 2012-12-12 and 2010-10-10T10:10:10",
        "login from 10.10.101.123, 12.12.12.12:8080",
        "61 of 1203, 4 left, 5512 done",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact_text(text) == text


def test_a_count_is_no_cpr_number() -> None:
    """Progress of a million employments: no day is 00."""
    assert redact({"done": 1_000_000, "total": 1_010_000}) == {"done": 1_000_000, "total": 1_010_000}
    assert redact(int(CPR)) == HIDDEN


@given(
    day=some.integers(1, 31),
    month=some.integers(1, 12),
    year=some.integers(0, 99),
    serial=some.integers(0, 9999),
    replacement=some.booleans(),
    dash=some.sampled_from(["", "-", " "]),
)
def test_every_number_that_could_be_a_cpr_number_is_hidden(
    day: int, month: int, year: int, serial: int, replacement: bool, dash: str
) -> None:
    number = f"{day + 60 * replacement:02}{month:02}{year:02}{dash}{serial:04}"
    assert number not in redact_text(f"seen {number}, refused")


@pytest.mark.parametrize("secret", ["_BEARER", "_ADDRESS_LOGIN", "_NAMED", "_TOKEN", "PERHAPS_A_NUMBER"])
@given(data=some.data())
def test_no_secret_is_taken_for_a_text_that_needs_no_look(secret: str, data: some.DataObject) -> None:
    """Most texts are passed by at the first look, for which each form of a secret has something to be known by."""
    text = data.draw(some.from_regex(getattr(redaction, secret)))
    assert HIDDEN in redact_text(text)


def test_a_number_kept_as_an_integer_is_hidden_too() -> None:
    assert redact(101571239) == HIDDEN
    assert redact(5000) == 5000


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_is_hidden_however_it_is_written(number: str) -> None:
    assert redact_text(f"seen {number}, refused") == f"seen {HIDDEN}, refused"


@pytest.mark.parametrize("name", ["password", "neo4j_password", "token", "cpr", "cpr_key", "api_key", "Authorization"])
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["key", "name", "unit", "tokens_per_second_limit_name", "author", "crypt"])
def test_other_names(name: str) -> None:
    assert is_secret_name(name) == ("token" in name)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What is logged, in the form that the program gives its lines."""
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    before = logging.getLogger().handlers
    setup.configure("json", "debug")
    yield out
    setup.configure()
    logging.getLogger().handlers = before


def test_our_own_lines_and_tracebacks(said: io.StringIO) -> None:
    log = structlog.stdlib.get_logger("reconnect.ours")
    log.info("found", person=CPR, inner={"cpr": "x", "rows": [f"cpr {CPR}"]})
    log.debug("looked")
    try:
        raise ValueError(f"bad {CPR}, {SECRET}")
    except ValueError:
        log.exception("failed")
    lines = [json.loads(line) for line in said.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["found", "looked", "failed"]
    assert "Traceback" in lines[2]["exception"]
    assert lines[2]["exception"].endswith("ValueError")
    for secret in (CPR, SECRET):
        assert secret not in said.getvalue()


# How libraries write their lines: strawberry the error itself, others f-strings, arguments, extras, chains and groups.
LIBRARY = """
import logging
log = logging.getLogger("library.part")

def write(value):
    log.info("All is well with "
             "the library")
    log.error(ValueError(value), exc_info=ValueError(value))
    log.error(f"refused {value}")
    log.error(f"{value}")
    log.error(value)
    log.warning("sent %s", value, extra={"document": value, "color_message": value})
    log.warning("can't be rendered: %d %d", value)
    log.warning({"document": value})
    log.info(value)
    log.debug("All is well with the library")
    log.warning("stack", stack_info=True)
    try:
        try:
            raise KeyError(value)
        except KeyError:
            raise ExceptionGroup(value, [OSError(2, value), Refusal(value)])
    except ExceptionGroup as group:
        group.add_note(value)
        log.exception("a group of %s", value)
    logging.getLogger("library").critical("sent %(text)s", {"text": value})

class Refusal(Exception):
    code = "no_such_unit"
"""


def test_a_library_tells_where_and_what_its_code_says_never_what_it_rendered(said: io.StringIO, tmp_path: Path) -> None:
    file = tmp_path / "library.py"
    file.write_text(LIBRARY)
    made: dict[str, Any] = {}
    exec(compile(LIBRARY, file, "exec"), made)
    root = logging.getLogger()
    root.handlers = [each for each in root.handlers if isinstance(each, setup._Handler)]  # pytest's fails on purpose
    made["write"]("Hemmeligvej 13, 0101 90 1234")
    for hidden in ("Hemmeligvej", "0101", "1234"):
        assert hidden not in said.getvalue()
    lines = [json.loads(line) for line in said.getvalue().splitlines()]
    assert [line["event"] for line in lines] == [
        "All is well with the library",
        *["a library's line"] * 4,
        "sent %s",
        "can't be rendered: %d %d",
        *["a library's line"] * 2,
        "stack",
        "a group of %s",
        "sent %(text)s",
    ]
    assert lines[1]["place"] == "library.py:8"
    assert lines[1]["exception"] == "ValueError"
    assert all(set(line) <= {"event", "place", "logger", "level", "timestamp", "exception"} for line in lines)
    told = lines[-2]["exception"]
    for kind in ("KeyError", "FileNotFoundError (errno 2)", "Refusal (no_such_unit)", "in write"):
        assert kind in told


def test_what_python_prints_by_itself_is_logged_without_its_text(
    said: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Fails:
        def __del__(self) -> None:
            raise ValueError(SECRET)

    def fail() -> None:
        raise ValueError(SECRET)

    for module, name in ((threading, "excepthook"), (sys, "unraisablehook"), (warnings, "showwarning")):
        monkeypatch.setattr(module, name, getattr(module, name))
    library_lines.catch_what_passes_by()
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    Fails()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = library_lines._warned
        warnings.warn(SECRET, UserWarning, stacklevel=1)
    assert [json.loads(line)["event"] for line in said.getvalue().splitlines()] == [
        "thread_failed", "finaliser_failed", "python_warning",
    ]  # fmt: skip
    assert SECRET not in said.getvalue()


@pytest.mark.whole
def test_the_level_is_for_the_lines_of_every_room() -> None:
    project = tomllib.loads((Path(__file__).resolve().parents[3] / "pyproject.toml").read_text(encoding="utf-8"))
    assert sorted(setup.OURS) == sorted(project["tool"]["importlinter"]["root_packages"])
