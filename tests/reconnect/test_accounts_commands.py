"""``reconnect accounts`` in processes of its own, with another time zone, and with what people get wrong."""

import json
from pathlib import Path

import neo4j
import pytest

from tests.graph.questions.rights.imported import imported
from tests.reconnect.shell import Run
from tests.rules.accounts.account_town import day, town

pytestmark = pytest.mark.slow


def said(run: Run, *arguments: str, code: int = 0) -> str:
    found = run("accounts", *arguments)
    text = found.stdout + found.stderr
    assert found.returncode == code, text
    return " ".join(text.split())


def count(driver: neo4j.Driver) -> int:
    rows, _, _ = driver.execute_query("MATCH (a:PlannedAccount) RETURN count(a) AS count")
    return int(rows[0]["count"])


def test_without_rules_there_is_nothing_to_plan(run: Run, clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    content = town()
    for section in ("account_rules", "name_policies"):
        del content[section]
    assert imported(clean_graph, content, tmp_path).problems == []
    assert "Accounts: 0 planned, 0 changed, 0 closed." in said(run, "plan")
    assert said(run, "why", "anna") == "There are no account rules."
    assert "login: anbe" in said(run, "next-name", "Anna", "Berg"), "the usual patterns"


def test_plan_why_and_stop(
    run: Run, clean_graph: neo4j.Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    assert imported(clean_graph, town(), tmp_path / "one").problems == []
    shown = said(run, "plan", "--dry-run")
    assert f"open: Anna Marie Berg (anbe) in AD: {day(0)}–" in shown and "Åse Bæk (aaba)" in shown
    assert "Would be: 2 planned, 0 changed, 0 closed." in shown
    assert count(clean_graph) == 0, "a dry run writes nothing"
    assert json.loads(said(run, "plan", "--json"))["opened"] == 2
    assert "Accounts: 0 planned, 0 changed, 0 closed." in said(run, "plan")
    assert "has an account (anbe): Månedslønnede gives it to" in said(run, "why", "anna")
    assert "no condition holds for" in said(run, "why", "bo")
    assert "Kantinen withholds it" in said(run, "why", "carl")
    assert "login: annber" in said(run, "next-name", "Anna", "Berg", "--policy", "staff")
    assert "no NamePolicy is known as" in said(run, "next-name", "Anna", "Berg", "--policy", "x", code=1)

    for command in (("why", "nobody"), ("stop", "nobody", "--reason", "x")):
        assert "no Person is known as 'nobody'" in said(run, *command, code=1)
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")  # a day ahead of Denmark for most of the day
    assert "--until must be a day to come" in said(run, "stop", "anna", "--reason", "x", "--until", day(0), code=2)
    stopped = said(run, "stop", "anna", "--reason", "Bortvist", "--until", day(2))
    assert stopped == f"Stopped from {day(0)} on until {day(2)}."
    assert "the person is stopped" in said(run, "why", "anna")
    assert "the person is stopped" in said(run, "why", "anna", "--at", day(1))
    assert "the person is stopped" not in said(run, "why", "anna", "--at", day(2))
    assert "It was so already." in said(run, "stop", "anna", "--reason", "Bortvist", "--until", day(2))
    assert said(run, "stop", "anna", "--end", "--reason", "Fejl") == "The stop has ended."
    assert "has an account (anbe)" in said(run, "why", "anna")


def test_an_extra_account_is_asked_for_by_one_and_decided_by_another(
    run: Run, clean_graph: neo4j.Driver, tmp_path: Path
) -> None:
    assert imported(clean_graph, town(), tmp_path).problems == []
    ask = ("request", "anna", "ad", "adm-anbe", "--by", "bo", "--reason", "Drift")
    assert "is not after today" in said(run, *ask, "--until", day(0), "--from", day(-2), code=1)
    waits = said(run, *ask, "--until", day(90))
    request = waits.split()[1]
    listed = said(run, "requests")
    assert f"{request}: adm-anbe in AD, from {day(0)} until {day(90)}" in listed and "Drift" in listed
    decide = ("decide", request, "--reason", "Aftalt")
    for by in ("anna", "bo"):
        assert "can't decide a request" in said(run, *decide, "--by", by, "--approve", code=1)
    assert count(clean_graph) == 0
    assert said(run, *decide, "--by", "carl", "--approve") == "Approved; the account is planned."
    assert count(clean_graph) == 1 and said(run, "requests") == "No request waits for a decision."
    assert "it is approved since" in said(run, *decide, "--by", "carl", "--refuse", code=1)


def test_a_key_of_two_sources_is_ambiguous(run: Run, clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    for source, name in (("facts", "Anna"), ("other", "Anton")):
        (tmp_path / source).mkdir()
        told = {"format": 1, "persons": [{"id": "a", "given_name": name, "surname": "Berg"}]}
        assert imported(clean_graph, told, tmp_path / source, name=source).problems == []
    for command in (("why", "a"), ("stop", "a", "--reason", "x")):
        assert "'a' fits 2 things of kind Person; give the UUID" in said(run, *command, code=1)
    rows, _, _ = clean_graph.execute_query("MATCH (p:Person {stopped: true}) RETURN count(p) AS count")
    assert rows[0]["count"] == 0
