"""No CPR number, secret or token in a log line, wherever it stands."""

import io
import json
import logging
import sys

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as some

from reconnect import logs
from reconnect.redaction import HIDDEN, is_secret_name, redact, redact_text

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


def test_a_number_kept_as_an_integer_is_hidden_too() -> None:
    assert redact(101571239) == HIDDEN
    assert redact(5000) == 5000


@pytest.mark.parametrize("name", ["password", "neo4j_password", "token", "cpr", "cpr_key", "api_key", "Authorization"])
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["key", "name", "unit", "tokens_per_second_limit_name", "author", "crypt"])
def test_other_names(name: str) -> None:
    assert is_secret_name(name) == ("token" in name)


def test_lines_of_ours_of_libraries_and_tracebacks(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    logs.configure("json", "debug")
    try:
        log = structlog.stdlib.get_logger("ours")
        log.info("found", person=CPR, inner={"cpr": "x", "rows": [f"cpr {CPR}"]})
        logging.getLogger("library").warning(
            "sent %s with password=%s", CPR, "s3cretword", extra={"color_message": "sent %s"}
        )
        try:
            raise ValueError(f"bad {CPR}")
        except ValueError:
            log.exception("failed")
    finally:
        logs.configure()
        logging.getLogger().handlers = []
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["found", lines[1]["event"], "failed"]
    assert "Traceback" in lines[2]["exception"]
    assert "color_message" not in lines[1]
    assert CPR not in out.getvalue()
    assert "s3cretword" not in out.getvalue()
