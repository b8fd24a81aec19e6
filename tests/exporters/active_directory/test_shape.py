"""What the shape makes of an unusual municipality, without a domain."""

from dataclasses import replace
from itertools import islice
from typing import Any

import neo4j
import pytest

from api.mutations.edits import released, with_value
from exporters.active_directory.addresses import is_one
from exporters.active_directory.names import LONGEST_CN, elsewhere, is_numbered, numbered
from exporters.active_directory.passwords import Channels, FirstPasswords, mobiles_of_sources
from exporters.active_directory.settings import ActiveDirectorySettings, Passwords
from exporters.active_directory.target import ActiveDirectory
from exporters.errors import NotSetUp
from exporters.image import read_image
from exporters.objects.errors import Refused
from exporters.objects.target import Objects, Ref, Wanted
from graph.change_log import Origin
from graph.name_patterns import login_problem
from graph.statements.precedence import MANUAL
from graph.time import Period
from graph.writing.graph_writer import GraphWriter
from reconnect.sending.mail import MailFailed, send_to
from reconnect.settings.tree import MailSettings
from tests.exporters.active_directory.town import AT, RING, Town, uuid_of
from tests.idp.staff import state_account

OU = "OU=R,DC=klit,DC=test"


def shaped(town: Town, **values: Any) -> Objects:
    settings = {
        "controllers": ["dc"], "user": "u", "password": "p", "base": "DC=klit,DC=test", "within": [OU],
        "users_ou": f"OU=Users,{OU}", **values,
    }  # fmt: skip
    target = ActiveDirectory("active_directory-klit", ActiveDirectorySettings.model_validate(settings))
    return target.shape(read_image(target, town.read, AT), AT)


def wanted(town: Town, short: str) -> Wanted:
    return next(each for each in shaped(town).wanted if each.key == uuid_of(short))


def test_groups_of_many_units_of_one_name_all_have_a_name_left() -> None:
    town = Town()
    for n in range(120):
        town.unit(f"u{n}", "Rengøring")
    town.unit("odd", "*/:;")
    groups = [
        each
        for each in shaped(town, groups={"kinds": ["unit"], "ou": OU, "prefixes": {}}).wanted
        if each.kind == "group"
    ]
    taken: set[str] = set()
    for each in groups:
        offered = (each.values["sAMAccountName"], *each.candidates["sAMAccountName"])
        free = next(name for name in offered if name not in taken)
        assert 0 < len(free) <= 64 and not login_problem(free[:20].strip())
        taken.add(free)
    assert len(taken) == len(groups) == 122
    names = list(numbered("Rengøring"))
    assert len(set(names)) > 120 and all(is_numbered("Rengøring", each) for each in names)
    assert all(len(each) <= LONGEST_CN for each in numbered("Æ" * 80))


def test_an_extra_account_gets_no_role_that_the_person_has() -> None:
    town = Town().person("alma").person("adm", person="alma", unit=None, extra=True)
    town.roles = [("nurse", "alma")]
    town.people["alma"]["unit"] = None  # neither account is the employment's own
    made = shaped(town, groups={"kinds": ["role"], "ou": OU})
    (role,) = (each for each in made.wanted if each.kind == "group")
    assert role.links["member"] == {Ref("user", uuid_of("alma"))}


@pytest.mark.parametrize(
    ("mail", "recipient"),
    [
        ("leder@klit.example", "leder@klit.example"),
        ("søren.ø@klit.example", "søren.ø@klit.example"),
        *(
            (wrong, "chef@klit.example")
            for wrong in (
                "leder@klit.example, other@elsewhere.example", "leder@klit.example\nBcc: other@elsewhere.example",
                "leder@", "@klit.example", "leder", "Leder <leder@klit.example>", "leder@[", '"', "<", "", None,
                "leder@klit.example;other@elsewhere.example", "leder@klit.example\u202e",
            )
        ),
    ],
)  # fmt: skip
def test_51_a_password_goes_to_one_address(mail: str | None, recipient: str) -> None:
    town = Town().person("chef", email="chef@klit.example").person("leder", manager="chef", email=mail)
    managers = wanted(town.person("ny", manager="leder"), "ny").context["managers"]
    assert managers == (uuid_of("leder"), uuid_of("chef")), "the nearest first"
    assert next(filter(is_one, (str(mail or ""), "chef@klit.example"))) == recipient


@pytest.mark.parametrize(
    ("mobile", "protected", "reached"),
    [("+4512345678", False, "+4512345678"), ("+4512345678", True, "+4511111111"), ("", False, "+4511111111")],
)
def test_51_a_text_message_goes_to_one_mobile(mobile: str, protected: bool, reached: str) -> None:
    sent: list[tuple[str, ...]] = []
    known = {"leder": mobile, "chef": "+4511111111"}
    town = Town().person("chef").person("leder", manager="chef", protected=protected)
    town.person("ny", "Ny\nPerson", manager="leder")
    passwords = FirstPasswords(
        Passwords(delivery="sms", recipient="87654321"),
        Channels(sms=lambda *message: sent.append(message), mobile_of=lambda person: known[person]),
    )
    passwords.hand_over(wanted(town, "ny"), "ny", "secret")
    ((number, text),) = sent
    assert number == reached and "Brugernavn: ny Adgangskode: secret" in text and "Ny Person" in text
    known |= {"leder": "", "chef": ""}
    passwords.hand_over(wanted(town, "ny"), "ny", "secret")
    assert sent[-1][0] == "+4587654321"
    alone = FirstPasswords(Passwords(delivery="sms"), Channels(sms=lambda *message: None))
    with pytest.raises(Refused, match="mobile number that a source knows"):
        alone.require_recipient(wanted(town.set("leder", mobile="12345678"), "ny"))


def test_51_nobody_says_by_hand_to_which_number_a_password_goes(clean_graph: neo4j.Driver) -> None:
    state_account(clean_graph, "leder")
    payroll = "MATCH (p:Person)-[:STATE]->(v) SET v.mobile = '12 34 56 78' RETURN p.uuid AS uuid"
    person = clean_graph.execute_query(payroll).records[0]["uuid"]
    mobile_of = mobiles_of_sources(lambda: clean_graph)
    assert mobile_of(person) == "+4512345678"
    writer, origin = GraphWriter(clean_graph, RING), Origin(MANUAL, user="ida", reason="A test")
    writer.amend("Person", person, with_value("mobile", "20304050", Period()), origin)
    assert mobile_of(person) == ""
    writer.amend("Person", person, released("mobile", Period()), origin)
    clean_graph.execute_query(payroll)
    assert mobile_of(person) == "+4512345678"
    clean_graph.execute_query(payroll.replace("12 34", "lokal"))
    assert mobile_of(person) == ""


def test_51_no_password_goes_to_the_address_of_an_extra_account() -> None:
    town = Town().person("chef").person("leder", manager="chef", extra=True, email="anything@elsewhere.example")
    new = wanted(town.person("ny", manager="leder"), "ny")
    assert new.context["managers"] == (uuid_of("chef"),)


@pytest.mark.parametrize(
    ("delivery", "named"), [("mail", "mail"), ("link", "mail"), ("sms", "sms")],
)  # fmt: skip
def test_51_a_channel_that_is_not_there_is_found_at_the_start(delivery: Any, named: str) -> None:
    address = "https://reconnect.example" if delivery == "link" else None
    with pytest.raises(NotSetUp, match=rf"\[{named}\]"):
        FirstPasswords(Passwords(delivery=delivery, link_address=address), Channels())


@pytest.mark.parametrize(
    "values", [{"delivery": "link"}, {"delivery": "sms", "recipient": "x@klit.example"}],
)  # fmt: skip
def test_51_channels_that_could_reach_no_one_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"link_address|phone number"):
        Passwords(**values)


def test_51_a_name_with_a_line_break_is_one_line_of_the_mail() -> None:
    sent: list[tuple[str, ...]] = []
    passwords = FirstPasswords(Passwords(delivery="mail"), Channels(lambda *mail: sent.append(mail)))
    new = wanted(Town().person("chef").person("ny", "Ny\r\nBcc: other@elsewhere.example", manager="chef"), "ny")
    new = replace(new, context={**new.context, "recipient": "chef@klit.example"})
    passwords.hand_over(new, "ny", "secret")
    assert sent[0][1] == "Adgang til Ny Bcc: other@elsewhere.example"
    with pytest.raises(Refused):
        passwords.require_recipient(wanted(Town().person("ny"), "ny"))


@pytest.mark.parametrize("address", ["leder@", '"', "<", "leder@[", "leder@klit.example\nBcc: other@elsewhere.example"])
def test_a_mail_that_can_not_be_written_has_failed(address: str) -> None:
    with pytest.raises(MailFailed, match="can't be used"):
        send_to(MailSettings(host="localhost"), (address,), "x", "y")


@pytest.mark.parametrize(
    "values",
    [
        {"attributes": {"Mail": "person.name", "mail": "account.email"}},
        {"attributes": {"msDS-cloudExtensionAttribute1": "person.name"}},
        {"attributes": {"MSDS-CloudExtensionAttribute1": "person.name"}},
        {"key_attribute": "employeeID"},
        {"key_attribute": "title"},
        {"key_attribute": "userAccountControl"},
        {"key_attribute": "employeeNumber", "attributes": {"EmployeeNumber": "employment.number"}},
        {"other_key_attribute": "CN"},
        {"excluded_attributes": ["CN"]},
        {"excluded_attributes": ["samaccountname"]},
        {"excluded_attributes": ["place"]},
        {"excluded_attributes": ["telephonNumber"]},
    ],
)
def test_settings_that_lose_our_key_or_the_object_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"twice|attribute of its own|no object|no such attribute"):
        shaped(Town(), **values)


def test_attributes_are_the_domains_whatever_their_case() -> None:
    (user,) = shaped(
        Town().person("alma", title="Leder"),
        attributes={"MAIL": "account.login + '@skole.example'", "DisplayName": "account.login"},
        excluded_attributes=["TITLE", "Manager"],
    ).wanted
    assert (user.values["mail"], user.values["displayName"], "title" in user.values) == (
        "alma@skole.example", "alma", False,
    )  # fmt: skip
    assert not {"MAIL", "DisplayName"} & user.values.keys()


@pytest.mark.parametrize(
    "login", ["null", "''", "'a' + account.login + 'bcdefghijklmnopqrstu'", "'a/b'", "'a.'", "'a '"]
)
def test_27_a_login_from_an_expression_is_looked_at(login: str) -> None:
    made = shaped(Town().person("alma"), attributes={"sAMAccountName": login})
    assert ([each.problem for each in made.parked], made.wanted) == (["login"], [])


def test_an_object_without_a_name_of_its_own_is_named_by_its_login() -> None:
    (user,) = shaped(Town().person("alma"), attributes={"cn": "null"}).wanted
    assert user.values["cn"] == "alma"


def test_settings_that_name_nothing_are_noticed() -> None:
    values = {
        "units": {"roots": ["nowhere"], "excluded": ["7777"]},
        "groups": {"kinds": ["role"], "ou": f"OU=Groups,{OU}", "roles": ["mananger"]},
    }
    told = {(each.field, each.key, each.rule) for each in shaped(Town(), **values).notices}
    rule = "setting_matches_nothing"
    named = {("units.roots", "nowhere"), ("units.excluded", "7777"), ("groups.roles", "mananger")}
    assert {(*each, rule) for each in named} <= told


@pytest.mark.parametrize(
    ("name", "is_person", "then"),
    [
        ("Anna Berg 2", True, ["Anna Berg 2", "Anna Berg", "Anna Berg 3"]),
        ("Anna Berg", True, ["Anna Berg", "Anna Berg 2", "Anna Berg 3"]),
        ("Team 2", False, ["Team 2", "Team 2 2", "Team 2 3"]),
        (" 2", True, [" 2", " 2 2", " 2 3"]),
    ],
)
def test_28_who_moves_to_where_the_name_is_taken_gets_one_counter(name: str, is_person: bool, then: list[str]) -> None:
    assert list(islice(elsewhere(name, is_person=is_person), 3)) == then
