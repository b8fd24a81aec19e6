"""First passwords, hooks, adoption and drift (active_directory.md §9)."""

import json
import logging
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from ldap3.core.exceptions import LDAPException
from pydantic import ValidationError

from exporters.active_directory.hooks import SIGNATURE, hook_of, signature
from exporters.active_directory.settings import Command, Webhook
from exporters.objects.adoption import NotAdoptable, adopt, candidates
from exporters.objects.drift import NotAccepted, accept, drift, make_again
from exporters.objects.hook import HookAnswer
from exporters.objects.ledger import ObjectLedger
from exporters.objects.target import Ref
from exporters.one_time_links import OneTimeLinks
from graph.time import today
from reconnect.embedded import Addresses
from tests.answering import Reply, Request, answering
from tests.exporters.active_directory.town import AT, KEY, RING, Domain, Town, certificate, uuid_of


def test_51_a_first_password_works_once_and_stays_nowhere(
    domain: Domain, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sealed, key = certificate(tmp_path)
    chosen = {"passwords": {"delivery": "sealed", "folder": tmp_path / "out", "certificate_file": sealed}}
    report = domain.export(Town().person("alma"), settings=chosen)
    (file,) = (tmp_path / "out").iterdir()
    opened = subprocess.run(
        ["openssl", "cms", "-decrypt", "-inform", "PEM", "-in", file, "-inkey", key],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    password = next(line.split(": ")[1] for line in opened.splitlines() if line.startswith("Adgangskode: ")).strip()
    with pytest.raises(LDAPException, match="773"):  # it is right, and must be changed
        domain.controller.connection(f"alma@{domain.controller.realm}", password)
    kept = domain.ledger() + repr(report) + caplog.text + file.read_text()
    rows, _, _ = domain.driver.execute_query("MATCH (n) RETURN properties(n) AS all")
    assert password not in kept + repr(rows)
    assert file.stat().st_mode & 0o777 == 0o600


def test_51_by_mail_it_is_in_the_mail_and_in_no_hook_ledger_or_log(
    domain: Domain, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    hooked = tmp_path / "hooked"
    script = f"import sys; open({str(hooked)!r}, 'a').write(sys.stdin.read()); print('{{\"done\": true}}')"
    chosen = {
        "passwords": {"delivery": "mail", "recipient": "it@klit.example"},
        "hook": {"kind": "command", "program": [sys.executable, "-c", script]},
    }
    town = Town().person("alma")
    domain.export(town, settings=chosen)
    values = town.people["alma"]
    domain.export(town.leave("alma"), settings=chosen)
    town.people["alma"] = values
    town.former.pop("alma")
    report = domain.export(town, settings=chosen)
    texts = [text for _, _, text in domain.mails]
    passwords = [
        line.split(": ")[1] for text in texts for line in text.splitlines() if line.startswith("Adgangskode: ")
    ]
    assert len({*passwords}) == 2, "one at first, another with the return"
    assert hooked.read_text().count('"event"') == 3
    rows, _, _ = domain.driver.execute_query("MATCH (n) RETURN properties(n) AS all")
    kept = domain.ledger() + repr(report) + caplog.text + hooked.read_text() + repr(rows)
    assert not any(password in kept for password in passwords)


def test_51_it_reaches_the_manager(domain: Domain) -> None:
    base = f"CN=Users,{domain.controller.base}"
    held = domain.add("other", ou=base, mail="bo@klit.example", displayName="Another Bo")
    town = Town().person("alma", manager="bo").person("bo")
    mails = {"settings": {"passwords": {"delivery": "mail"}}}
    report = domain.export(town, **mails)
    assert [each.problem for each in report.parked] == ["no_recipient"] * 2, "bo has no manager, and no account yet"
    assert domain.mails == [], "the address that is planned for bo is another person's"
    domain.export(Town().person("bo"), full=True)
    assert domain.user("bo")["mail"] == ["bo2@klit.example"]
    assert domain.export(town, full=True, **mails).parked == []
    assert [(mail[0], "Brugernavn: alma" in mail[2]) for mail in domain.mails] == [("bo2@klit.example", True)]
    domain.wire.delete(held["dn"])


def test_51_a_manager_who_is_new_too_has_an_account_first(domain: Domain) -> None:
    town, above = Town(), None
    for n in range(6):
        town.person(f"p{n}", manager=above)
        above = f"p{n}"
    report = domain.export(
        town, settings={"passwords": {"delivery": "mail", "recipient": "it@klit.example"}, "manager": False}
    )
    told = {mail[2].split("Brugernavn: ")[1].split()[0]: mail[0] for mail in domain.mails}
    assert report.parked == []
    assert told == {"p0": "it@klit.example", **{f"p{n}": f"p{n - 1}@klit.example" for n in range(1, 6)}}


def test_51_of_people_without_a_manager_it_reaches_the_set_recipient(domain: Domain) -> None:
    town = Town().person("alma", manager="bo").person("bo").person("ida", manager="eva").person("eva", manager="bo")
    town.set("eva", email=None)
    passwords = {"delivery": "mail", "recipient": "servicedesk@klit.example"}
    report = domain.export(town, settings={"passwords": passwords, "manager": False})
    assert (report.parked, domain.logins()) == ([], ["alma", "bo", "eva", "ida"])
    told = {mail[2].split("Brugernavn: ")[1].split()[0]: mail[0] for mail in domain.mails}
    assert told == {
        "alma": "bo@klit.example", "bo": "servicedesk@klit.example", "eva": "bo@klit.example", "ida": "bo@klit.example",
    }  # fmt: skip


def test_51_a_link_shows_the_password_once_and_keeps_it_sealed(domain: Domain, addresses: Addresses) -> None:
    domain.links = OneTimeLinks(addresses.redis_url)
    town = Town().person("alma", manager="bo").person("bo")
    passwords = {"delivery": "link", "recipient": "desk@klit.example", "link_address": "https://reconnect.example"}
    report = domain.export(town, settings={"passwords": passwords, "manager": False})
    assert report.parked == []
    texts = {}
    for recipient, _, text in domain.mails:
        assert "Adgangskode: " not in text
        (link,) = [line for line in text.splitlines() if line.startswith("https://reconnect.example/secret/")]
        texts[recipient] = domain.links.open(link.rpartition("/")[2]) or ""
        assert domain.links.open(link.rpartition("/")[2]) is None, "once"
    assert texts.keys() == {"bo@klit.example", "desk@klit.example"}
    password = texts["bo@klit.example"].split("Adgangskode: ")[1].split()[0]
    with pytest.raises(LDAPException, match="773"):  # it is right, and must be changed
        domain.controller.connection(f"alma@{domain.controller.realm}", password)
    rows, _, _ = domain.driver.execute_query("MATCH (n) RETURN properties(n) AS all")
    assert password not in domain.ledger() + repr(report) + repr(rows)


def test_51_a_password_that_was_not_handed_over_is_replaced(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    town, mails = Town().person("alma", manager="bo").person("bo"), domain.mails
    mail = {"settings": {"passwords": {"delivery": "mail", "recipient": "it@klit.example"}}}

    def down(self: Domain, *mail: str) -> None:
        raise OSError("the mail server is away")

    monkeypatch.setattr(Domain, "_mail", down)
    report = domain.export(town, **mail)
    assert {each.problem for each in report.parked} == {"password_not_delivered"}
    monkeypatch.undo()
    again = domain.export(town, full=True, **mail)
    assert (again.parked, domain.logins(), len(mails)) == ([], ["alma", "bo"], 2)
    town.leave("alma")
    domain.export(town)
    assert not domain.enabled("alma")


HOOK = """
import json, pathlib, sys
event, notes = json.load(sys.stdin), pathlib.Path(sys.argv[1])
with notes.open("a") as file:
    file.write(json.dumps(event) + "\\n")
if len(notes.read_text().splitlines()) == 1:
    print(json.dumps({"done": False, "again_in": 0, "text": "the mail server is away"}))
else:
    print(json.dumps({"done": True}))
"""


def test_52_a_hook_that_fails_is_called_again_and_the_account_stays(domain: Domain, tmp_path: Path) -> None:
    script, notes = tmp_path / "hook.py", tmp_path / "notes"
    script.write_text(HOOK)
    hook = {"hook": {"kind": "command", "program": [sys.executable, str(script), str(notes)]}}
    report = domain.export(Town().person("alma", title="Leder"), settings=hook)
    assert [(each.rule, each.text) for each in report.notices] == [("hook_failed", "the mail server is away")]
    made = domain.user("alma")
    assert (report.parked, made["title"]) == ([], ["Leder"])
    again = domain.export(Town().person("alma", title="Leder"), settings=hook)
    events = [json.loads(line) for line in notes.read_text().splitlines()]
    assert [each["event"] for each in events] == ["created", "created"]
    assert events[1]["id"] == made["objectGUID"] and events[1]["values"]["title"] == "Leder"
    assert (again.notices, domain.user("alma")["uSNChanged"]) == ([], made["uSNChanged"])
    (entry,) = (each for each in ObjectLedger(domain.driver, domain.name).entries().values() if each.kind == "user")
    assert (entry.hooks, entry.hook_answer) == ((), "created: done") and entry.hook_at is not None
    domain.export(Town(), settings=hook)
    assert json.loads(notes.read_text().splitlines()[-1])["event"] == "closed"
    assert domain.export(Town(), settings=hook).run is None


def test_a_webhook_is_signed_and_says_itself_when_to_be_called_again() -> None:
    said: list[Any] = [{"done": False, "again_in": 7, "text": "later"}, {"give_up": True}, {"done": True}, ["?"]]

    def answer(request: Request) -> Reply:
        given = {name.lower(): value for name, value in request.headers.items()}
        assert given[SIGNATURE.lower()] == signature("s" * 16, request.body)
        assert request.path == "/hook", "the address as it was given"
        return Reply(200, json.dumps(said.pop(0)).encode(), {"content-type": "application/json"})

    with answering(answer) as server:
        hook = hook_of(Webhook(url=f"{server.url}/hook", secret="s" * 16, own_machine=True))  # type: ignore[arg-type]
        assert hook is not None
        later, never, done, odd = (hook.call({"event": "created"}) for _ in range(4))
    assert (later.done, later.wait and later.wait.seconds, later.text) == (False, 7, "later")
    assert (never.give_up, done.done, odd.done) == (True, True, False)


def test_names_and_logins_go_to_no_hook_in_clear() -> None:
    with pytest.raises(ValidationError, match="https"):
        Webhook(url="http://hook.kommune.example/", secret="s" * 16)  # type: ignore[arg-type]


@pytest.mark.parametrize("program", [["/nowhere/at/all"], [sys.executable, "-c", "raise SystemExit(3)"]])
def test_a_command_that_fails_has_an_answer(program: list[str]) -> None:
    hook = hook_of(Command(program=tuple(program)))
    assert hook is not None and not hook.call({"event": "created"}).done


ENDLESS = """
import sys
while True:
    sys.stdout.write("y" * 65536)
"""
HANGING = """
import subprocess, sys
started = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open(sys.argv[1], "w").write(str(started.pid))
started.wait()
"""


def test_a_command_that_never_stops_answering_is_ended() -> None:
    answer = _called(ENDLESS)
    assert not answer.done and "longer than" in answer.text


def test_a_command_that_hangs_is_ended_with_what_it_has_started(tmp_path: Path) -> None:
    answer = _called(HANGING, str(tmp_path / "pid"), seconds=10)
    assert (answer.done, answer.text) == (False, "no answer in 10 seconds")
    stat = Path(f"/proc/{(tmp_path / 'pid').read_text()}/stat")
    ended = time.monotonic() + 120
    while stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z" and time.monotonic() < ended:
        time.sleep(0.05)
    assert not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"


LEAVING = """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
print('{"done": true}')
"""


def test_what_a_command_leaves_behind_holds_its_answer_up_no_longer() -> None:
    """It has the pipe that the answer comes by, and no end that we could bring about."""
    assert _called(LEAVING, seconds=20).done


def test_an_event_that_is_not_read_is_no_failure() -> None:
    hook = hook_of(Command(program=(sys.executable, "-c", "print('{\"done\": true}')")))
    assert hook is not None and hook.call({"event": "created", "values": {"description": "x" * 1_000_000}}).done


def test_a_hooks_text_is_kept_without_numbers_and_terminal_codes() -> None:
    text = "0101700000 er p\u00e5 plads\x1b[2J\r\nn\u00e6ste"
    answer = _called(f"import json; print(json.dumps({{'done': False, 'text': {text!r}}}))")
    assert answer.text == "(CPR number) er p\u00e5 plads[2J n\u00e6ste"


def _called(script: str, *arguments: str, seconds: float = 20) -> HookAnswer:
    hook = hook_of(Command(program=(sys.executable, "-c", script, *arguments), seconds=seconds))
    assert hook is not None
    return hook.call({"event": "created"})


def test_adoption_is_a_step_of_its_own(domain: Domain) -> None:
    theirs = domain.add("alma", title="By hand", mail="old@klit.example")
    two = [domain.add(f"bo{n}")["objectGUID"] for n in range(2)]
    admin = domain.add("admin", adminCount=1)["objectGUID"]
    town = Town().person("alma", "Alma Bæk", observed=[theirs["objectGUID"]]).person("bo", observed=two)
    town.person("ida", login="idax").person("adm", observed=[admin])
    report = domain.export(town)
    assert sorted(each.problem for each in report.parked) == ["ambiguous", "made_by_others", "made_by_others"]
    assert domain.user("alma")["uSNChanged"] == theirs["uSNChanged"]

    found = {each.wanted.key: each for each in candidates(domain.driver, domain.target(), town.read, AT)}
    assert {key: bool(each.doubt) for key, each in found.items()} == {
        uuid_of("alma"): False, uuid_of("bo"): True, uuid_of("adm"): True,
    }  # fmt: skip
    with pytest.raises(NotAdoptable):
        adopt(domain.driver, domain.target(), {Ref("user", uuid_of("adm")): found[uuid_of("adm")].found[0]})
    adopt(domain.driver, domain.target(), {Ref("user", uuid_of("alma")): found[uuid_of("alma")].found[0]})
    assert domain.user("alma")["uSNChanged"] == theirs["uSNChanged"], "the ledger only"

    dry = domain.export(town, dry_run=True)
    (lines,) = [each.lines for kind in dry.objects for each in kind.changes if each.key == uuid_of("alma")]
    assert "mail: old@klit.example → alma@klit.example" in lines
    domain.export(town)
    after = domain.user("alma")
    assert (after["objectGUID"], after[KEY], after["mail"]) == (
        theirs["objectGUID"], [uuid_of("alma")], ["alma@klit.example"],
    )  # fmt: skip
    assert domain.enabled("alma")


def test_an_account_that_others_deleted_waits_for_a_person(domain: Domain) -> None:
    """A new account has another GUID and SID, so none of the old one's rights: an administrator decides."""
    units = {"groups": {"kinds": ["unit"], "ou": f"OU=Groups,{domain.ou}"}}
    corrects = {**units, "drift": "correct"}
    town = Town().person("alma").person("bo").person("carla")
    domain.export(town, settings=units)
    before = domain.user("alma")
    domain.wire.delete(before["dn"])
    alma = Ref("user", uuid_of("alma"))
    report = domain.export(town.person("dina"), settings=corrects, full=True)
    assert [each.key for each in report.notices if each.rule == "deleted_by_others"] == [alma.key]
    assert domain.logins() == ["bo", "carla", "dina"]
    report = domain.export(town.set("alma", title="Leder").person("eva"), settings=units)
    assert [(each.key, each.problem) for each in report.parked] == [(alma.key, "deleted_by_others")]
    assert domain.members("Enhed Rådhuset") == ["Bo Testrup", "Carla Testrup", "Dina Testrup", "Eva Testrup"]
    accept(domain.driver, domain.target(), alma, "gone", "by agreement with HR", "anna")
    report = domain.export(town.set("alma", title="Chef"), settings=corrects, full=True)
    assert (report.run, report.parked, [each.key for each in report.notices if each.key]) == (None, [], [])
    # Who comes back gets a new account: that was decided anew.
    values = town.people["alma"]
    assert domain.export(town.leave("alma"), settings=units).parked == []
    town.people["alma"] = values
    assert domain.export(town, settings=units).parked == []
    again = domain.user("alma")
    assert again["objectGUID"] != before["objectGUID"] and "Alma Testrup" in domain.members("Enhed Rådhuset")
    # A person may also decide at once; a setting may decide for all.
    domain.wire.delete(again["dn"])
    with pytest.raises(NotAccepted):
        make_again(domain.driver, domain.target(), alma)
    assert domain.export(town.set("alma", title="Leder"), settings=units).parked != []
    make_again(domain.driver, domain.target(), alma)
    assert domain.export(town, settings=units).parked == [] and domain.user("alma")["title"] == ["Leder"]
    domain.wire.delete(domain.user("alma")["dn"])
    domain.export(town, settings={**corrects, "deleted_by_others": "make_again"}, full=True)
    assert "alma" in domain.logins()


def test_drift_is_shown_by_attribute_accepted_or_corrected(domain: Domain) -> None:
    town = Town().person("alma", title="Leder").person("bo")
    domain.export(town)
    domain.set(domain.user("alma")["dn"], title="By hand", mail="other@klit.example")
    domain.set(domain.user("bo")["dn"], userAccountControl=514)
    before = domain.state()

    def shown() -> dict[str, tuple[str, ...]]:
        report = drift(domain.driver, domain.target(), town.read, RING, AT)
        return {each.key: each.lines for kind in report.objects for each in kind.changes}

    assert shown() == {
        uuid_of("alma"): (
            "mail: other@klit.example at the target, alma@klit.example was sent",
            "title: By hand at the target, Leder was sent",
        ),
        uuid_of("bo"): ("enabled: no at the target, yes was sent",),
    }
    ledger = ObjectLedger(domain.driver, domain.name)
    alma, bo = Ref("user", uuid_of("alma")), Ref("user", uuid_of("bo"))
    assert dict(ledger.entries()[alma].drift) == {"mail": "found", "title": "found"}
    assert "By hand" not in domain.ledger(), "values are not kept"
    accept(domain.driver, domain.target(), alma, "title", "agreed with HR", "anna")
    assert shown()[uuid_of("alma")] == ("mail: other@klit.example at the target, alma@klit.example was sent",)
    assert domain.state() == before
    domain.export(town, full=True, settings={"drift": "correct"})
    made = domain.user("alma")
    assert (made["title"], made["mail"], domain.enabled("bo")) == (["By hand"], ["alma@klit.example"], False)
    entries = ledger.entries()
    assert (dict(entries[alma].drift), dict(entries[bo].drift)) == ({"mail": "put_right"}, {"enabled": "found"})
    assert entries[alma].accepted == {"title": "agreed with HR (anna)"}
    assert domain.export(town, full=True, settings={"drift": "correct"}).run is None
    domain.driver.execute_query("MATCH (e:LedgerEntry) SET e.unsure = true")  # as a killed run leaves it
    domain.export(town)
    assert domain.user("alma")["title"] == ["By hand"]
    domain.export(town.set("alma", title="Chef"))
    assert (domain.user("alma")["title"], dict(ledger.entries()[alma].accepted)) == (["Chef"], {})
    assert today() >= AT


def test_a_difference_that_was_accepted_until_a_day_is_shown_again_from_then_on(domain: Domain) -> None:
    town = Town().person("alma", title="Leder", email="alma@klit.example")
    domain.export(town)
    domain.set(domain.user("alma")["dn"], title="Vikar", mail="other@klit.example")
    alma, until = Ref("user", uuid_of("alma")), AT + timedelta(days=5)

    def shown(day: date) -> list[str]:
        report = drift(domain.driver, domain.target(), town.read, RING, day)
        return [line.partition(":")[0] for kind in report.objects for each in kind.changes for line in each.lines]

    assert shown(AT) == ["mail", "title"]
    accept(domain.driver, domain.target(), alma, "title", "Aftalt", "ida", until)
    accept(domain.driver, domain.target(), alma, "mail", "Aftalt", "ida")
    (entry,) = ObjectLedger(domain.driver, domain.name).entries().values()
    assert entry.accepted == {"title": f"Aftalt (ida), until {until}", "mail": "Aftalt (ida)"}
    assert shown(AT) == shown(until - timedelta(days=1)) == []
    assert domain.export(town, at=until).run is not None, "its end is noted"
    assert domain.export(town, at=until).run is None and domain.user("alma")["title"] == ["Vikar"]
    assert shown(until) == ["title"]
    domain.export(town, at=until, full=True, settings={"drift": "correct"})
    made = domain.user("alma")
    assert (made["title"], made["mail"]) == (["Leder"], ["other@klit.example"])
