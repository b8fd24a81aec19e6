"""What others write at the domain stays theirs (active_directory.md §9)."""

from typing import Any

import pytest

from tests.exporters.active_directory.town import KEY, Domain, Town, uuid_of


def test_attributes_that_others_write_from_now_on_stay_as_they_are(domain: Domain) -> None:
    town = Town().person("alma", title="Leder", manager="bo").person("bo")
    domain.export(town)
    theirs = {"settings": {"excluded_attributes": ["title", "manager"]}}
    report = domain.export(town, **theirs)
    made = domain.user("alma")
    assert (report.parked, made["title"], made["manager"]) == ([], ["Leder"], [domain.user("bo")["dn"]])
    assert domain.export(town, **theirs).run is None
    domain.set(made["dn"], title="By hand")
    domain.export(town.set("alma", mobile="12345678"), full=True, settings={**theirs["settings"], "drift": "correct"})
    assert domain.user("alma")["title"] == ["By hand"]
    domain.export(town)
    assert domain.user("alma")["title"] == ["Leder"], "REConnect writes it again"


def test_35_own_users_whom_others_put_into_a_group_stay_there(domain: Domain) -> None:
    corrects = {"groups": {"kinds": ["unit"], "ou": f"OU=Groups,{domain.ou}"}, "drift": "correct"}
    town = Town().unit("north", "Nord").person("alma", unit="north").person("bo").person("ida")
    domain.export(town, settings=corrects)
    (group,) = domain.found("(cn=Enhed Nord)")
    domain.set(group["dn"], member=[domain.user("bo")["dn"], domain.user("ida")["dn"]])
    domain.export(town, full=True, settings=corrects)
    assert domain.members("Enhed Nord") == ["Alma Testrup", "Bo Testrup", "Ida Testrup"]
    domain.export(town.set("bo", unit="north"), settings=corrects)
    domain.export(town.set("alma", unit="root").set("bo", unit="root"), full=True, settings=corrects)
    assert domain.members("Enhed Nord") == ["Ida Testrup"], "who was to be there, too, leaves with the unit"


def test_aliases_that_others_added_stay(domain: Domain) -> None:
    aliases, town = {"aliases": True, "drift": "correct"}, Town().person("alma").person("bo")
    domain.export(town, settings=aliases)
    tenant = ["smtp:alma@klit.mail.onmicrosoft.com", "x500:/o=Klit"]
    domain.set(domain.user("alma")["dn"], proxyAddresses=["SMTP:alma@klit.example", *tenant])

    def addresses() -> list[str]:
        (found,) = domain.found("(sAMAccountName=alma)", "proxyAddresses")
        return sorted(found["proxyAddresses"])

    report = domain.export(town, full=True, settings=aliases)
    assert (report.run, addresses()) == (None, ["SMTP:alma@klit.example", *tenant])
    domain.set(domain.user("alma")["dn"], proxyAddresses=["SMTP:by.hand@klit.example", *tenant])
    domain.export(town, full=True, settings=aliases)
    assert addresses() == ["SMTP:alma@klit.example", tenant[0], "smtp:by.hand@klit.example", tenant[1]]
    domain.export(town.set("alma", email="alma.ny@klit.example", former_emails=["alma@klit.example"]), settings=aliases)
    kept = ["smtp:alma@klit.example", tenant[0], "smtp:by.hand@klit.example"]
    assert addresses() == sorted(["SMTP:alma.ny@klit.example", *kept, tenant[1]])


def test_a_name_that_ends_in_a_number_may_lose_it(domain: Domain) -> None:
    town = Town().unit("team", "Team 2").person("alma", "Alma 2", unit="team")
    chosen = {"settings": {"units": {"below": f"OU=Units,{domain.ou}"}}}
    domain.export(town, **chosen)
    town.units["team"]["name"] = "Team"
    domain.export(town.set("alma", name="Alma"), **chosen)
    assert domain.user("alma")["dn"] == f"CN=Alma,OU=Team,OU=Rådhuset,OU=Units,{domain.ou}"


def test_one_odd_value_holds_up_no_other_account(domain: Domain) -> None:
    domain.add("odd", accountExpires="9000000000000000000")
    town = Town().person("alma", expires="2026-07-01").person("bo")
    domain.export(town)
    domain.set(domain.user("alma")["dn"], accountExpires="9000000000000000000")
    assert domain.export(town, full=True).error == ""
    chosen = {"attributes": {"accountExpires": "person.name == 'Bo Testrup' ? 'never' : null"}}
    report = domain.export(town.person("ida"), settings=chosen)
    assert [(each.key, each.problem) for each in report.parked] == [(uuid_of("bo"), "value")]
    assert domain.enabled("ida")


def test_a_difference_that_was_accepted_and_is_over_is_shown_the_next_time(domain: Domain) -> None:
    from exporters.objects.drift import accept, drift
    from exporters.objects.target import Ref
    from tests.exporters.active_directory.town import AT, RING

    town = Town().person("alma", manager="bo").person("bo").person("ida")
    domain.export(town)
    alma = Ref("user", uuid_of("alma"))

    def shown() -> dict[str, tuple[str, ...]]:
        report = drift(domain.driver, domain.target(), town.read, RING, AT)
        return {each.key: each.lines for kind in report.objects for each in kind.changes}

    domain.set(domain.user("alma")["dn"], userAccountControl=514, manager=domain.user("ida")["dn"])
    assert [each.partition(":")[0] for each in shown()[alma.key]] == ["enabled", "manager", "manager"]
    for name in ("enabled", "manager"):
        accept(domain.driver, domain.target(), alma, name, "on leave", "anna")
    assert shown() == {}
    domain.set(domain.user("alma")["dn"], userAccountControl=512)
    assert shown() == {}
    domain.set(domain.user("alma")["dn"], userAccountControl=514)
    assert shown()[alma.key] == ("enabled: no at the target, yes was sent",)
    domain.export(town.set("alma", manager="ida"), settings={"drift": "correct"}, full=True)
    assert domain.user("alma")["manager"] == [domain.user("ida")["dn"]]


def test_an_attribute_that_leads_to_an_object_is_compared_by_what_it_leads_to(domain: Domain) -> None:
    """The domain sends such values with GUIDs, in its own spelling."""
    one, other = (domain.add(each)["dn"] for each in ("sekretær", "vikar"))

    def secretary(*dns: str) -> dict[str, Any]:
        listed = ", ".join(f"'{each}'" for each in dns)
        return {"attributes": {"secretary": f"[{listed}]", "assistant": f"'{dns[0]}'" if dns else "null"}}

    def found() -> list[str]:
        (made,) = domain.found(f"({KEY}={uuid_of('alma')})", "secretary", "assistant")
        return sorted(each.split(",")[0] for each in (*made.get("secretary", ()), *made.get("assistant", ())))

    town = Town().person("alma")
    report = domain.export(town, settings=secretary(one.replace("CN=", "cn=").replace(",", ", ")))
    assert (report.parked, found()) == ([], ["CN=sekretær", "CN=sekretær"])
    settings = secretary(one.upper())
    domain.export(town, settings=settings)
    before = domain.state()
    for drift in ("report", "correct"):
        report = domain.export(town, settings={**settings, "drift": drift}, full=True)
        assert (report.objects[1].drift, report.parked, domain.state()) == (0, [], before)
    domain.export(town, settings=secretary(other, one))
    assert found() == ["CN=sekretær", "CN=vikar", "CN=vikar"]
    domain.export(town, settings=secretary(other))
    assert found() == ["CN=vikar", "CN=vikar"]
    report = domain.export(town, settings=secretary(f"CN=nobody,{domain.ou}"))
    assert [each.problem for each in report.parked] == ["value"], "the account itself is there"
    domain.export(town, settings=secretary())
    assert found() == []


@pytest.mark.parametrize("said", ["<GUID=x>;CN=a,DC=b", "<GUID=54b98486-0000-4000-8000-000000000001>;CN=a,DC=b"])
def test_what_people_write_like_a_link_is_a_text(domain: Domain, said: str) -> None:
    """Anybody may write their own telephone number."""
    town, given = Town().person("alma", phone="11111111"), {"attributes": {"info": "'x'"}}
    domain.export(town, settings=given)
    domain.set(domain.user("alma")["dn"], telephoneNumber=said, info="<GUID=x>;CN=a,DC=b")
    report = domain.export(town, settings={**given, "drift": "correct"}, full=True)
    (made,) = domain.found(f"({KEY}={uuid_of('alma')})", "telephoneNumber", "info")
    assert (report.parked, made["telephoneNumber"], made["info"]) == ([], ["11111111"], ["x"])


def test_a_value_in_a_form_of_the_domains_own_is_corrected_once(domain: Domain) -> None:
    """The domain keeps 007 as 7: it would be a difference for ever."""
    town, settings = Town().person("alma"), {"attributes": {"localeID": "'007'"}, "drift": "correct"}
    assert domain.export(town, settings=settings).parked == []
    (made,) = domain.found(f"({KEY}={uuid_of('alma')})", "localeID")
    report = domain.export(town, settings=settings, full=True)
    not_kept = [each.field for each in report.notices if each.rule == "not_kept"]
    assert (made["localeID"], not_kept) == (["7"], ["localeID"])
    report = domain.export(town, settings=settings, full=True)
    assert (report.objects[1].drift, [each for each in report.notices if each.rule == "not_kept"]) == (0, [])
    assert domain.export(town, settings=settings, full=True).run is None
