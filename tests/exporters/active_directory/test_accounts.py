"""Accounts in a real domain: made, changed, closed, back again (active_directory.md §9)."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pytest

from exporters.objects.ledger import ObjectLedger
from exporters.objects.target import Ref
from graph.runs.brakes import approve
from graph.time import COPENHAGEN
from protocols.ldap.values import FOREVER, expiry_ticks
from protocols.ldap.writing import Writing
from tests.exporters.active_directory.town import AT, KEY, Domain, Town, uuid_of

UP_TO_DATE = {"passwords": {"delivery": "mail", "recipient": "it@klit.example"}}


def test_22_a_new_account_is_complete_in_one_request(domain: Domain) -> None:
    town = Town().person("alma", "Alma Bæk", manager="bo", title="Pædagog").person("bo")
    report = domain.export(town, settings=UP_TO_DATE)
    assert (report.error, [each.reason for each in report.parked if each.key == uuid_of("alma")]) == ("", [])
    made = domain.user("alma")
    assert made["dn"] == f"CN=Alma Bæk,OU=Users,{domain.ou}"
    assert made[KEY] == [uuid_of("alma")]
    assert (made["userAccountControl"], made["pwdLastSet"]) == (["512"], ["0"])
    assert (made["title"], made["mail"]) == (["Pædagog"], ["alma@klit.example"])


def test_21_a_repeat_sends_nothing(domain: Domain) -> None:
    town = Town().person("alma", manager="bo").person("bo", expires="2026-07-01")
    domain.export(town)
    before = domain.state()
    again = domain.export(town)
    assert (again.run, domain.state()) == (None, before)
    full = domain.export(town, full=True)
    assert (full.run, domain.state(), full.objects[1].drift) == (None, before, 0)


def test_33_closing_sets_one_bit_and_moves(domain: Domain) -> None:
    town = Town().person("alma").person("bo")
    domain.export(town)
    domain.set(domain.user("alma")["dn"], userAccountControl=66048 | 0x40000)
    town.leave("alma").set("bo", title="Leder")
    domain.export(town)
    closed = domain.user("alma")
    assert closed["userAccountControl"] == [str(66050 | 0x40000)]
    assert closed["dn"] == f"CN=Alma Testrup,OU=Closed,{domain.ou}"
    assert domain.enabled("bo")


def test_38_who_comes_back_has_the_same_account(domain: Domain) -> None:
    town = Town().person("alma").person("bo")
    domain.export(town)
    before = domain.user("alma")
    values = town.people["alma"]
    domain.export(town.leave("alma"))
    assert not domain.enabled("alma")
    # Somebody has let it expire by hand, too.
    domain.set(domain.user("alma")["dn"], pwdLastSet=-1, accountExpires=expiry_ticks(date(2020, 1, 1), COPENHAGEN))
    town.people["alma"] = {**values, "number": "another", "manager": "bo"}
    report = domain.export(town, settings=UP_TO_DATE)
    again = domain.user("alma")
    assert report.error == ""
    assert (again["objectGUID"], again["dn"]) == (before["objectGUID"], before["dn"])
    assert domain.enabled("alma") and again["pwdLastSet"] == ["0"]
    (can_log_in,) = domain.found("(sAMAccountName=alma)", "accountExpires")
    assert can_log_in["accountExpires"] == [str(FOREVER)]
    assert [mail[0] for mail in domain.mails] == ["bo@klit.example"]


def test_38_a_return_that_fails_halfway_gives_no_password(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    from exporters.active_directory.passwords import FirstPasswords

    town = Town().person("alma", manager="bo").person("bo")
    domain.export(town)
    values = town.people["alma"]
    domain.export(town.leave("alma"))
    town.people["alma"] = values
    nowhere = {**UP_TO_DATE, "places": {f"OU=Nowhere,{domain.ou}": "account.login == 'alma'"}}
    report = domain.export(town, settings=nowhere)
    assert [each.problem for each in report.parked] == ["no_place"]
    assert (domain.enabled("alma"), domain.mails) == (False, [])
    made = FirstPasswords.make
    monkeypatch.setattr(FirstPasswords, "make", lambda self, longer=0: made(self, longer) if longer else "kort")
    assert domain.export(town, settings=UP_TO_DATE, full=True).parked == [], "a refused password is tried again, longer"
    assert domain.enabled("alma") and [mail[0] for mail in domain.mails] == ["bo@klit.example"]


@pytest.mark.parametrize("with_ous", [True, False])
def test_an_account_without_a_job_of_these_days_keeps_what_it_has(domain: Domain, with_ous: bool) -> None:
    """Open by an exception, or by days that the rule adds."""
    chosen: dict[str, Any] = {"groups": {"kinds": ["unit", "position"], "ou": f"OU=Groups,{domain.ou}"}}
    chosen["attributes"] = {"description": "employment.title + unit.name"}
    if with_ous:
        chosen["units"] = {"below": f"OU=Units,{domain.ou}"}
    else:
        chosen["places"] = {f"OU=Closed,{domain.ou}": "unit.name == 'Nord'"}
    town = Town().unit("north", "Nord").person("bo", title="Chef")
    town.positions = [{"uuid": "p1", "title": "Leder"}]
    town.person("alma", unit="north", title="Leder", manager="bo", position=town.positions[0])
    domain.export(town, settings=chosen)
    before = domain.state()
    assert domain.members("Enhed Nord") == domain.members("Stilling Leder") == ["Alma Testrup"]
    for tie in ("north", None):
        town.set("alma", without_job=True, unit=tie)
        report = domain.export(town, settings=chosen)
        assert (report.parked, domain.state()) == ([], before)
        assert domain.export(town, settings=chosen, full=True).parked == []
        assert domain.state() == before
    domain.driver.execute_query("MATCH (e:LedgerEntry) SET e.unsure = true")  # as a killed run leaves it
    domain.export(town.set("alma", mobile="12345678").person("ida", without_job=True), settings=chosen)
    (made,) = domain.found("(sAMAccountName=alma)", "mobile", "description", "employeeID")
    assert (made["title"], made["description"], made["employeeID"]) == (["Leder"], ["LederNord"], ["alma"])
    assert (made["mobile"], made["manager"]) == (["12345678"], [domain.user("bo")["dn"]])
    assert domain.members("Enhed Nord") == ["Alma Testrup"] and domain.enabled("ida")
    domain.export(town.set("alma", without_job=False, unit="root", title="Vikar", position=None), settings=chosen)
    assert domain.user("alma")["title"] == ["Vikar"]
    assert "Alma Testrup" in domain.members("Enhed Rådhuset")


def test_32_no_value_clears_and_a_long_one_is_cut_or_omitted(domain: Domain) -> None:
    town = Town().person("alma", title="Leder", mobile="12345678")
    domain.export(town)
    town.set("alma", title="x" * 300, mobile=None, given_name="y" * 100, surname="Z")
    report = domain.export(town)
    (made,) = domain.found("(sAMAccountName=alma)", "mobile", "givenName")
    assert (made["title"], "mobile" in made, "givenName" in made) == (["x" * 128], False, False)
    assert [(each.field, each.rule) for each in report.notices] == [("givenName", "too_long")]
    assert report.parked == []


def test_an_expression_without_a_value_clears(domain: Domain) -> None:
    mapped = {
        "settings": {"attributes": {"extensionAttribute3": "unit.ean", "description": "'None' == 'x' ? 'y' : null"}}
    }
    town = Town().person("alma")
    town.units["root"]["ean"] = "5798000000001"
    domain.export(town, **mapped)
    (made,) = domain.found("(sAMAccountName=alma)", "extensionAttribute3", "description")
    assert (made["extensionAttribute3"], "description" in made) == (["5798000000001"], False)
    town.units["root"]["ean"] = None
    domain.export(town, **mapped)
    (made,) = domain.found("(sAMAccountName=alma)", "extensionAttribute3")
    assert "extensionAttribute3" not in made


def test_an_expression_that_fails_leaves_the_account(domain: Domain) -> None:
    domain.export(Town().person("alma", title="Leder"))
    before = domain.state()
    broken = {"attributes": {"description": "unit.ean.startsWith('5') ? 'x' : 'y'"}}
    report = domain.export(Town().person("alma", title="Leder"), settings=broken)
    assert [(each.problem, each.key) for each in report.parked] == [("expression", uuid_of("alma"))]
    assert domain.state() == before


@pytest.mark.parametrize("day", ["2026-07-01", "2026-01-15", "2026-10-25", "2026-03-29"])
def test_10_the_first_day_without_access_begins_at_midnight_in_denmark(day: str) -> None:
    moment = (expiry_ticks(date.fromisoformat(day), COPENHAGEN) // 10_000_000) - 11_644_473_600
    assert datetime.fromtimestamp(moment, COPENHAGEN).strftime("%Y-%m-%d %H:%M:%S") == f"{day} 00:00:00"


def test_expiry_is_written_and_cleared(domain: Domain) -> None:
    town = Town().person("alma", expires="2026-07-01")
    domain.export(town)
    assert domain.user("alma")["accountExpires"] == [str(expiry_ticks(date(2026, 7, 1), COPENHAGEN))]
    domain.export(town.set("alma", expires=None))
    assert int(domain.user("alma")["accountExpires"][0]) in (0, 0x7FFFFFFFFFFFFFFF)


def test_an_extra_account_expires_on_its_day_in_the_domain_too(domain: Domain) -> None:
    town = Town().person("alma", to="2026-07-01")
    town.person("alma-adm", account="x", person="alma", unit=None, extra=True, email=None, to="2026-07-01")
    domain.export(town)
    ends = str(expiry_ticks(date(2026, 7, 1), COPENHAGEN))
    assert domain.user("alma-adm")["accountExpires"] == [ends]
    assert domain.user("alma")["accountExpires"] != [ends], "of an ordinary one the rule decides"
    domain.export(town.set("alma-adm", to="2026-08-01"))
    assert domain.user("alma-adm")["accountExpires"] == [str(expiry_ticks(date(2026, 8, 1), COPENHAGEN))]
    domain.export(town.set("alma-adm", to=None))
    assert int(domain.user("alma-adm")["accountExpires"][0]) in (0, 0x7FFFFFFFFFFFFFFF)


def test_24_the_next_name_is_nobody_elses(domain: Domain) -> None:
    """alma3 begins next month, ALMA2 today, but later in the run."""
    domain.add("alma", displayName="Alma Første")
    town = Town().person("a", login="alma", email="alma@klit.example")
    town.person("b", login="ALMA2", email="b@klit.example", principal_name="alma2@kommune.test")
    town.coming.add("alma3")
    report = domain.export(town)
    assert report.parked == []
    assert {each["sAMAccountName"][0]: each[KEY] for each in domain.found(f"({KEY}=*)")} == {
        "ALMA2": [uuid_of("b")],
        "alma4": [uuid_of("a")],
    }


def test_24_a_taken_name_gets_the_next(domain: Domain) -> None:
    base = domain.controller.base
    domain.wire.add(f"CN=ANNA,{domain.ou}", "group", {"sAMAccountName": "ANNA", "groupType": -2147483646})
    domain.add("anna2", ou=f"CN=Users,{base}")
    report = domain.export(Town().person("anna", "Anna Testrup", principal_name="anna@klit.example"))
    assert report.parked == []
    made = domain.user("anna3")
    assert (made[KEY], made["dn"].split(",")[0]) == ([uuid_of("anna")], "CN=Anna Testrup")
    assert [(each.field, each.rule) for each in report.notices] == [("sAMAccountName", "taken")]
    before = domain.state()
    again = domain.export(Town().person("anna", principal_name="anna@klit.example"), full=True)
    assert (domain.state(), again.objects[1].drift) == (before, 0)
    anna = Ref("user", uuid_of("anna"))

    def names() -> Mapping[str, str]:
        return ObjectLedger(domain.driver, domain.name).entries()[anna].names

    assert names() == {"login": "anna3", "email": "anna@klit.example"}
    domain.set(made["dn"], sAMAccountName="annah")
    town = Town().person("anna", principal_name="anna@klit.example")
    domain.export(town, full=True)
    assert (names()["login"], domain.logins()) == ("annah", ["annah"]), "renamed by hand, and it stays so"
    assert domain.export(town, full=True).run is None
    domain.export(town.set("anna", title="Leder"))
    assert names()["login"] == "annah"


def test_24_a_login_that_anothers_principal_name_implies_is_taken(domain: Domain) -> None:
    realm = domain.controller.realm
    domain.add("other", userPrincipalName=f"alma@{realm}")
    town = Town().person("alma", principal_name="alma@klit.example")
    (user,) = (each for each in domain.export(town, dry_run=True).objects if each.kind == "user")
    assert "alma2" in repr(user.changes), "a dry run foresees it"
    report = domain.export(town)
    assert (report.parked, domain.logins()) == ([], ["alma2", "other"])
    assert [(each.field, each.rule) for each in report.notices] == [("sAMAccountName", "taken")]
    town.person("ida", principal_name=f"bodil@{realm}").person("bodil", principal_name="b@klit.example")
    (user,) = (each for each in domain.export(town, dry_run=True).objects if each.kind == "user")
    assert "bodil2" in repr(user.changes), "whichever of the two is made first"
    report = domain.export(town)
    assert (report.parked, [each.rule for each in report.notices]) == ([], ["taken"])
    renamed = domain.export(town.set("alma", principal_name=f"alma2@{realm}"))
    assert (renamed.parked, domain.user("alma2")["userPrincipalName"]) == ([], [f"alma2@{realm}"]), "its own login"


def test_24_a_login_stays_when_the_better_one_is_free_later(domain: Domain) -> None:
    domain.add("alma", displayName="Alma Første")
    domain.export(Town().person("alma", name="Alma Anden"))
    assert domain.logins() == ["alma", "alma2"]
    domain.wire.delete(domain.user("alma")["dn"])
    domain.driver.execute_query("MATCH (e:LedgerEntry) SET e.unsure = true")  # as a killed run leaves it
    domain.export(Town().person("alma", name="Alma Anden", title="Leder"))
    assert (domain.logins(), domain.user("alma2")["title"]) == (["alma2"], ["Leder"])


def test_25_28_two_of_one_name_get_two_accounts(domain: Domain) -> None:
    town = Town().person("a", "Åse Bæk", login="asba").person("b", "Åse Bæk", login="asba")
    report = domain.export(town)
    assert report.parked == []
    both = domain.found("(displayName=Åse Bæk)")
    assert sorted(each["dn"].split(",")[0] for each in both) == ["CN=Åse Bæk", "CN=Åse Bæk 2"]
    assert domain.logins() == ["asba", "asba2"]
    second = next(each for each in both if "CN=Åse Bæk 2" in each["dn"])
    first = "a" if second[KEY] == [uuid_of("b")] else "b"
    domain.export(town.leave(first))
    assert domain.user(second["sAMAccountName"][0])["dn"] == second["dn"]


@pytest.mark.parametrize("name", ["Bæk, Åse", "#1 start", "Jens + Co", 'a "q" \\ <b>; = /', "* (x)"])
def test_29_names_with_every_sign(domain: Domain, name: str) -> None:
    domain.export(Town().person("alma", name))
    domain.export(Town().person("alma", name, title="Leder"))
    made = domain.user("alma")
    assert (made["displayName"], made["title"]) == ([name], ["Leder"])
    domain.export(Town().person("alma", name + " x"))
    again = domain.user("alma")
    assert (again["displayName"], again["objectGUID"]) == ([name + " x"], made["objectGUID"])
    before = domain.state()
    assert domain.export(Town().person("alma", name + " x"), full=True).objects[1].drift == 0
    assert domain.state() == before


def test_30_a_new_name_renames_the_same_object(domain: Domain) -> None:
    town = Town().person("alma", "Alma Gammel")
    domain.export(town)
    before = domain.user("alma")
    report = domain.export(town.set("alma", name="Alma Ny", email="alma.ny@klit.example"))
    assert report.parked == []
    after = domain.user("alma")
    assert (after["objectGUID"], after["dn"].split(",")[0]) == (before["objectGUID"], "CN=Alma Ny")
    assert (after["displayName"], after["mail"]) == (["Alma Ny"], ["alma.ny@klit.example"])


def test_30_attributes_come_first_then_the_name_then_the_manager(
    domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new surname and a new unit: the user name stays, UPN and mail follow the plan."""
    units = {"units": {"below": f"OU=Units,{domain.ou}"}}
    town = Town().unit("north", "Nord").person("alma", "Alma Gammel", principal_name="alma.gammel@klit.example")
    domain.export(town, settings=units)
    before, sent = domain.user("alma"), list[str]()
    modify, move = Writing.modify, Writing.move

    def modified(self: Writing, dn: str, changes: Any) -> None:
        sent.append(f"modify {' '.join(sorted(changes))}")
        modify(self, dn, changes)

    def moved(self: Writing, dn: str, rdn: str, place: str | None) -> None:
        sent.append(f"{rdn} {'to Nord' if place and 'OU=Nord' in place else 'here'}")
        move(self, dn, rdn, place)

    monkeypatch.setattr(Writing, "modify", modified)
    monkeypatch.setattr(Writing, "move", moved)
    mail = "alma.ny@klit.example"
    domain.export(town.set("alma", name="Alma Ny", email=mail, principal_name=mail, unit="north"), settings=units)
    after = domain.user("alma")
    assert [after[each] for each in ("objectGUID", "sAMAccountName")] == [before["objectGUID"], ["alma"]]
    assert (after["userPrincipalName"], after["mail"], after["displayName"]) == ([mail], [mail], ["Alma Ny"])
    assert sent[0].startswith("modify ") and "cn=Alma Ny here" in sent
    assert after["dn"].startswith("CN=Alma Ny,OU=Nord,") and "cn=Alma Ny to Nord" in sent
    assert sent.index("cn=Alma Ny here") < sent.index("cn=Alma Ny to Nord")


def test_38_after_a_deletion_whoever_decides_hears_that_rights_are_lost(domain: Domain) -> None:
    deletes = {"settings": {"delete": True, "retention_days": 0}}
    town = Town().person("alma").person("bo")
    domain.export(town, **deletes)
    before, values = domain.user("alma"), town.people["alma"]
    domain.export(town.leave("alma", delete_on=AT.isoformat()), **deletes)
    domain.export(town, **deletes)
    assert domain.logins() == ["bo"]
    town.people["alma"] = values
    town.former.pop("alma")
    report = domain.export(town, **deletes)
    assert domain.user("alma")["objectGUID"] != before["objectGUID"]
    (notice,) = report.notices
    assert (notice.key, notice.rule) == (uuid_of("alma"), "made_anew")
    assert before["objectGUID"] in notice.text and "none of its rights" in notice.text


def test_27_a_name_that_windows_refuses_is_never_sent(domain: Domain) -> None:
    town = Town()
    for n, login in enumerate(("x" * 21, "a b ", "a@b", "a;b", "a.", 'a"b')):
        town.person(f"p{n}", login=login, principal_name=None)
    report = domain.export(town)
    assert (len(report.parked), domain.logins()) == (6, [])


def test_37_36_managers(domain: Domain) -> None:
    town = Town().person("alma", manager="bo").person("bo", manager="chef").person("chef")
    domain.export(town)
    assert domain.user("alma")["manager"] == [domain.user("bo")["dn"]]
    # bo's account goes; bo stays a manager in the organisation: the next level's account.
    town.set("bo", system="another")
    domain.export(town)
    assert domain.user("alma")["manager"] == [domain.user("chef")["dn"]]


def test_36_a_manager_that_others_deleted_is_set_anew(domain: Domain) -> None:
    town = Town().person("alma", manager="bo").person("bo")
    domain.export(town)
    domain.wire.delete(domain.user("bo")["dn"])
    assert "manager" not in domain.user("alma")
    domain.export(town, full=True, settings={"drift": "correct", "deleted_by_others": "make_again"})
    assert domain.user("alma")["manager"] == [domain.user("bo")["dn"]]


def test_36_a_manager_who_is_gone_makes_nobody_else_gone(domain: Domain) -> None:
    town = Town().person("chef").person("alma")
    domain.export(town)
    domain.wire.delete(domain.user("chef")["dn"])
    report = domain.export(town.set("alma", manager="chef", title="Leder"))
    assert [(each.key, each.problem) for each in report.parked] == [(uuid_of("alma"), "manager")]
    assert domain.user("alma")["title"] == ["Leder"]
    parked = {each.key: each.problem for each in domain.export(town).parked}
    assert parked == {uuid_of("alma"): "manager", uuid_of("chef"): "deleted_by_others"}
    assert domain.export(town, settings={"drift": "correct", "deleted_by_others": "make_again"}, full=True).parked == []
    assert domain.user("alma")["manager"] == [domain.user("chef")["dn"]]


def test_39_two_employments_of_which_one_ends(domain: Domain) -> None:
    town = (
        Town()
        .person("e1", login="alma1", person="alma", cn="Alma 1")
        .person("e2", login="alma2", person="alma", cn="Alma B")
    )
    domain.export(town)
    domain.export(town.leave("e1"))
    assert (domain.enabled("alma1"), domain.enabled("alma2")) == (False, True)


def test_deleted_after_its_own_retention(domain: Domain) -> None:
    town = Town().person("alma").person("bo").person("ida")
    chosen = {"settings": {"delete": True, "retention_days": 0}}
    domain.export(town, **chosen)
    town.leave("alma", delete_on="2026-03-10").leave("bo")
    domain.export(town, **chosen)
    domain.export(town, at=date(2026, 3, 9), **chosen)
    assert domain.logins() == ["alma", "bo", "ida"]
    domain.export(town, at=date(2026, 3, 10), **chosen)
    assert domain.logins() == ["bo", "ida"], "a rule without retention deletes nothing"


def test_closing_needs_no_data(domain: Domain) -> None:
    town = Town().person("alma", number="1").person("bo")
    domain.export(town)
    town.set("bo", login=None)
    report = domain.export(town)
    assert [each.problem for each in report.parked] == ["login"] and domain.enabled("bo")
    domain.export(town.leave("alma").set("bo", stopped=True))
    assert (domain.enabled("alma"), domain.enabled("bo")) == (False, False)


def test_stop_waits_for_no_brake(domain: Domain) -> None:
    town = Town()
    for n in range(6):
        town.person(f"p{n}")
    domain.export(town)
    town.set("p0", stopped=True).leave("p1", "p2", "p3")
    brake = {"settings": {"brake": {"share": 0.2, "count": 1, "at_least": 0}}}
    report = domain.export(town, **brake)
    assert report.brake and [domain.enabled(f"p{n}") for n in range(5)] == [False, True, True, True, True]
    town.stopped.add("p1")  # one who waits for the approval is stopped
    report = domain.export(town, **brake)
    assert report.brake and [domain.enabled(f"p{n}") for n in range(5)] == [False, False, True, True, True]


def test_a_stopped_person_whom_others_have_enabled_is_closed_again(domain: Domain) -> None:
    town = Town().person("alma").person("bo").person("ida").person("eva")
    domain.export(town)
    town.set("alma", stopped=True).leave("bo", "eva").stopped.add("eva")
    domain.export(town)
    for login in ("alma", "bo", "eva"):
        domain.set(domain.user(login)["dn"], userAccountControl="512")
    domain.export(town)
    assert domain.enabled("alma"), "an ordinary run looks at nothing that it has sent"
    report = domain.export(town, full=True)
    assert report.parked == []
    assert [domain.enabled(each) for each in ("alma", "eva", "bo", "ida")] == [False, False, True, True]
    assert domain.export(town).run is None


def test_42_what_empties_moves_or_adds_many_waits_too(domain: Domain) -> None:
    """Each approval is given as the API does it, beside any run."""
    bound = {"share": 0.2, "at_least": 0}
    chosen = {
        "units": {"below": f"OU=Units,{domain.ou}"},
        "brake": {"cleared": bound, "moved": bound, "created": bound},
    }
    town, names = Town().unit("north", "Nord").unit("south", "Syd"), ("p1", "p2", "p3")
    for name in names:
        town.person(name, unit="north", title="Leder")
    assert domain.export(town, settings=chosen).reasons == (), "the first run may make all"
    domain.driver.execute_query("MATCH (l:Ledger) REMOVE l.complete")  # as an older version leaves it

    def after_approval(reason: str) -> None:
        before = domain.state()
        assert domain.export(town, settings=chosen, dry_run=True).reasons == (reason,)
        stopped = domain.export(town, settings=chosen)
        assert (stopped.reasons, domain.state()) == ((reason,), before)
        assert approve(domain.driver, str(stopped.brake), "ida", "Aftalt")
        assert domain.export(town, settings=chosen).brake is None
        assert domain.export(town, settings=chosen).run is None

    for name in names:
        town.set(name, title=None)
    after_approval("user: 3 of 3 would lose their title")
    assert all("title" not in domain.user(name) for name in names)
    for name in names:
        town.set(name, unit="south")
    after_approval("user: 3 of 3 would be moved")
    assert all("OU=Syd" in domain.user(name)["dn"] for name in names)
    town.person("p4", unit="south").person("p5", unit="south")
    after_approval("user: 2 would be created beside 3")
    assert domain.logins() == ["p1", "p2", "p3", "p4", "p5"]


def test_42_a_broken_file_closes_nobody(domain: Domain) -> None:
    town = Town()
    for n in range(10):
        town.person(f"p{n}")
    domain.export(town)
    before = domain.state()
    report = domain.export(town.leave("p1", "p2", "p3"), settings={"brake": {"share": 0.2, "at_least": 0}})
    assert report.brake and domain.state() == before
    assert domain.export(town, approve=report.brake, settings={"brake": {"share": 0.2, "at_least": 0}}).brake is None
    assert [domain.enabled(f"p{n}") for n in range(4)] == [True, False, False, False]


def test_53_a_dry_run_shows_what_the_run_then_does(domain: Domain) -> None:
    town = Town().person("alma", title="Leder").person("bo")
    domain.export(town)
    before = domain.state()
    town.set("alma", title="Chef").leave("bo").person("ida")
    dry = domain.export(town, dry_run=True)
    assert domain.state() == before
    lines = {each.key: each.lines for kind in dry.objects for each in kind.changes}
    assert lines[uuid_of("alma")] == ("title: Leder → Chef",)
    assert lines[uuid_of("bo")] == ("would be disabled",)
    done = domain.export(town)
    assert [(each.created, each.changed, each.closed) for each in done.objects] == [
        (each.created, each.changed, each.closed) for each in dry.objects
    ]


def test_53_a_dry_run_foresees_names_and_refusals(domain: Domain) -> None:
    base = f"CN=Users,{domain.controller.base}"
    held = domain.add("anbe", ou=base, displayName="Another Berg", mail="anbe@klit.example")
    town = Town().person("chef").person("anbe", "Anna Berg", manager="chef")
    town.person("second", "Anna Berg", login="anbe", manager="chef").person("alone").person(
        "away", manager="chef", title="x"
    )
    chosen = {**UP_TO_DATE, "places": {f"OU=Nowhere,{domain.ou}": "employment.title == 'x'"}}
    chosen["passwords"] = {"delivery": "mail"}
    domain.export(Town().person("chef"))
    before = domain.state()
    dry = domain.export(town, settings=chosen, dry_run=True)
    assert domain.state() == before
    done = domain.export(town, settings=chosen)
    assert {(each.key, each.problem) for each in dry.parked} == {(each.key, each.problem) for each in done.parked}
    assert {each.problem for each in done.parked} == {"no_recipient", "no_place"}
    shown = {each.key: each.lines[0] for kind in dry.objects for each in kind.changes}
    for short in ("anbe", "second"):
        (made,) = domain.found(f"({KEY}={uuid_of(short)})")
        for name in ("sAMAccountName", "userPrincipalName", "mail"):
            assert f"{name}: {made[name][0]};" in shown[uuid_of(short)]
        assert f"cn: {made['dn'].split(',')[0][3:]};" in shown[uuid_of(short)]
    assert "sAMAccountName: anbe3" in shown[max(uuid_of("anbe"), uuid_of("second"))]
    domain.wire.delete(held["dn"])


def test_26_a_mail_address_in_use_is_not_given(domain: Domain) -> None:
    base = f"CN=Users,{domain.controller.base}"
    held = domain.add("contact", ou=base, proxyAddresses=["SMTP:x@klit.example", "smtp:ALMA@klit.example"])
    other = domain.add("bobo", ou=base, mail="Bo@klit.example")
    report = domain.export(Town().person("alma").person("bo").person("ida"))
    assert report.parked == []
    mails = {each["sAMAccountName"][0]: each["mail"][0] for each in domain.found("(objectClass=user)")}
    assert mails == {"alma": "alma2@klit.example", "bo": "bo2@klit.example", "ida": "ida@klit.example"}
    assert {each.field for each in report.notices} == {"mail"} and len(report.notices) == 2
    assert domain.export(Town().person("alma").person("bo").person("ida"), full=True).run is None
    domain.export(Town().person("alma").person("bo").person("ida", email="bo@klit.example"))
    assert domain.user("ida")["mail"] == ["bo3@klit.example"]
    for each in (held, other):
        domain.wire.delete(each["dn"])


def test_30_old_addresses_are_kept_as_aliases(domain: Domain) -> None:
    aliases, town = {"aliases": True}, Town().person("alma", email="alma.bæk@klit.example").person("bo")

    def addresses() -> list[str]:
        (found,) = domain.found("(sAMAccountName=alma)", "proxyAddresses")
        return sorted(each for each in found["proxyAddresses"])

    domain.export(town, settings=aliases)
    assert addresses() == ["SMTP:alma.bæk@klit.example"]
    domain.set(domain.user("alma")["dn"], proxyAddresses=["SMTP:alma.bæk@klit.example", "sip:alma@klit.example"])
    former = ["Alma.Bæk@klit.example", "alma.ny@klit.example"]
    town.set("alma", name="Alma Ny", email="alma.ny@klit.example", former_emails=former)
    domain.export(town, settings=aliases)
    assert domain.user("alma")["mail"] == ["alma.ny@klit.example"]
    assert addresses() == ["SMTP:alma.ny@klit.example", "sip:alma@klit.example", "smtp:Alma.Bæk@klit.example"]
    assert domain.export(town, settings=aliases, full=True).run is None
    swapped = ["smtp:alma.ny@klit.example", "SMTP:alma.bæk@klit.example", "sip:alma@klit.example"]
    domain.set(domain.user("alma")["dn"], proxyAddresses=swapped)
    report = domain.export(town, settings=aliases, full=True)
    assert sum(each.drift for each in report.objects) == 1, "which one is the primary one is a difference"
    held = domain.add("contact", proxyAddresses=["smtp:bo.ny@klit.example"], displayName="Contact")
    report = domain.export(town.set("bo", email="bo.ny@klit.example"), settings=aliases)
    assert [each.problem for each in report.parked] == ["taken"]
    assert domain.user("bo")["mail"] == ["bo@klit.example"]
    domain.wire.delete(held["dn"])


@pytest.mark.parametrize("name", ["name", "memberOf", "ObjectGUID", "userAccountControl", "unicodePwd"])
def test_31_what_the_domain_never_takes_is_no_attribute(domain: Domain, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        domain.settings(attributes={name: "person.name"})


def test_31_an_expression_for_the_name_renames(domain: Domain) -> None:
    domain.export(Town().person("alma", "Alma Bæk"))
    made = domain.user("alma")
    chosen = {"attributes": {"cn": "person.name + ' (' + account.login + ')'"}}
    report = domain.export(Town().person("alma", "Alma Bæk"), settings=chosen)
    assert (report.error, report.parked) == ("", [])
    assert domain.user("alma")["dn"] == made["dn"].replace("CN=Alma Bæk", "CN=Alma Bæk (alma)")


def test_40_an_end_that_is_moved_or_taken_back_closes_nobody(domain: Domain) -> None:
    town = Town().person("alma", expires="2026-03-03")
    domain.export(town)
    first = domain.user("alma")["accountExpires"]
    domain.export(town.set("alma", expires="2026-07-01"))
    assert int(domain.user("alma")["accountExpires"][0]) - int(first[0]) > 119 * 86_400 * 10**7
    domain.export(town.set("alma", expires="2026-07-01"), at=AT.replace(month=4))
    assert domain.enabled("alma")
    domain.export(town.set("alma", expires=None))
    assert domain.user("alma")["accountExpires"] == ["9223372036854775807"] and domain.enabled("alma")


def test_41_a_leave_closes_and_its_end_gives_everything_back(domain: Domain) -> None:
    groups = {"groups": {"kinds": ["unit"], "ou": f"OU=Groups,{domain.ou}"}}
    town = Town().person("alma", title="Leder", manager="bo").person("bo")
    domain.export(town, settings=groups)
    before = domain.user("alma")
    away = town.people["alma"]
    domain.export(town.leave("alma"), settings=groups)
    assert not domain.enabled("alma") and domain.members("Enhed Rådhuset") == ["Bo Testrup"]
    town.people["alma"] = away
    domain.export(town, settings=groups)
    after = domain.user("alma")
    assert {name: after[name] for name in ("dn", "objectGUID", "title", "manager", "userAccountControl")} == {
        name: before[name] for name in ("dn", "objectGUID", "title", "manager", "userAccountControl")
    }
    assert domain.members("Enhed Rådhuset") == ["Alma Testrup", "Bo Testrup"]
