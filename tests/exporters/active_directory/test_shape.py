"""What the shape makes of an unusual municipality, without a domain."""

from typing import Any

import pytest

from exporters.active_directory.names import LONGEST_CN, is_numbered, login_problem, numbered
from exporters.active_directory.passwords import FirstPasswords
from exporters.active_directory.settings import ActiveDirectorySettings, Passwords
from exporters.active_directory.target import ActiveDirectory
from exporters.image import read_image
from exporters.objects.errors import Refused
from exporters.objects.target import Objects, Wanted
from reconnect.settings.tree import MailSettings
from reconnect.work.mail import MailFailed, send_to
from tests.exporters.active_directory.town import AT, Town, uuid_of

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
    assert wanted(town.person("ny", manager="leder"), "ny").context["recipient"] == recipient


def test_51_a_name_with_a_line_break_is_one_line_of_the_mail() -> None:
    sent: list[tuple[str, ...]] = []
    passwords = FirstPasswords(Passwords(delivery="mail"), lambda *mail: sent.append(mail))
    new = wanted(Town().person("chef").person("ny", "Ny\r\nBcc: other@elsewhere.example", manager="chef"), "ny")
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
    ],
)
def test_settings_that_lose_our_key_or_the_object_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"twice|attribute of its own|no object"):
        shaped(Town(), **values)


def test_attributes_are_the_domains_whatever_their_case() -> None:
    (user,) = shaped(
        Town().person("alma", title="Leder"),
        attributes={"MAIL": "account.login + '@skole.example'", "DisplayName": "account.login"},
        excluded_attributes=["TITLE"],
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
