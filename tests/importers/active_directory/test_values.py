"""Values as a directory sends them (active_directory.md §4; numbers of §9's pitfalls in the docstrings)."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importers.active_directory import values
from importers.active_directory.entries import User, group, key_of, user, user_attributes
from importers.active_directory.settings import ActiveDirectorySettings
from importers.active_directory.values import Malformed
from protocols.ldap.connection import Found
from tests.importers.active_directory.directory import BO, KAREN, NEVER, ticks

SETTINGS = ActiveDirectorySettings.model_validate(
    {
        "controllers": ["dc1"],
        "user": "reader@kommune.test",
        "password": "not a secret",
        "base": "DC=kommune,DC=test",
        "cpr_attribute": "employeeNumber",
        "employment_attribute": "employeeID",
        "institutions_attribute": "textEncodedORAddress",
        "primary": [{"attribute": "sAMAccountName", "matches": "[a-z]{4}"}],
        "external": {"unit_attribute": "extensionAttribute2", "end_attribute": "extensionAttribute3"},
    }
)
RAW_GUID = bytes.fromhex("8684b954") + bytes(range(12))


def test_object_guid_is_little_endian() -> None:
    """Pitfall 14."""
    found = values.guid(RAW_GUID)
    assert str(found).startswith("54b98486-")
    assert values.guid_filter(found).startswith(r"(objectGUID=\86\84\b9\54\00\01")


@pytest.mark.parametrize(
    ("written", "day"),
    [
        (None, None),
        (0, None),
        (NEVER, None),
        (ticks(2027, 7, 1), date(2027, 7, 1)),
        (ticks(2027, 1, 1), date(2027, 1, 1)),
        (ticks(2027, 6, 30, 23, 59), date(2027, 6, 30)),
        (ticks(9999, 12, 31), None),
    ],
)
def test_the_day_on_which_an_account_expires(written: int | None, day: date | None) -> None:
    """Pitfall 10: "last day 30 June" is the start of 1 July in Denmark, in summer and in winter time."""
    assert values.expiry(written) == day


@pytest.mark.parametrize(
    ("control", "enabled"), [(66050, False), (66048, True), (544, True), (546, False), (None, None)]
)
def test_disabled_is_one_bit(control: int | None, enabled: bool | None) -> None:
    """Pitfall 11."""
    assert values.is_enabled(control) is enabled


@pytest.mark.parametrize("written", [KAREN, f"{KAREN[:6]}-{KAREN[6:]}", f" {KAREN[:6]} {KAREN[6:]} "])
def test_a_cpr_number_is_ten_digits(written: str) -> None:
    """Pitfall 13."""
    assert values.cpr_number(written) == KAREN


def test_a_replacement_number_has_sixty_added_to_its_day() -> None:
    assert values.cpr_number("7205805005") == "7205805005"


@pytest.mark.parametrize("written", ["", "0000000000", "000000-0000", "9999999999", "1205800000"])
def test_placeholders_are_no_numbers(written: str) -> None:
    """Pitfall 13."""
    assert values.cpr_number(written) is None


@pytest.mark.parametrize("written", [BO[:9], "ekstern", "3205805005", "1213805005", "12058x5005", "١٢٠٥٨٠٥٠٠٥"])
def test_what_is_no_cpr_number_is_not_repeated(written: str) -> None:
    """Pitfall 13: never matched wrongly, never logged."""
    with pytest.raises(Malformed) as refused:
        values.cpr_number(written)
    assert written not in str(refused.value)


@pytest.mark.parametrize("written", ["2027-06-30", "30-06-2027", "30.06.2027", str(ticks(2027, 7, 1))])
def test_last_days_that_people_have_written(written: str) -> None:
    """A FILETIME is the first day without access, as in accountExpires (§4 Values): the day before it is the last."""
    assert values.written_day({"pager": [written.encode()]}, "pager") == date(2027, 6, 30)


@pytest.mark.parametrize("written", ["0", "9223372036854775807"])
def test_a_filetime_that_means_never_is_no_last_day(written: str) -> None:
    assert values.written_day({"accountexpires": [written.encode()]}, "accountExpires") is None


@pytest.mark.parametrize("written", ["9999-12-31", "31-12-9999", "31.12.9999", "31/12/9999", "99991231", "0001-01-01"])
def test_a_day_at_the_end_or_start_of_the_calendar_is_no_last_day(written: str) -> None:
    """People write "no end" as the one, .NET writes "not set" as the other. A day after the last can't be told."""
    assert values.written_day({"pager": [written.encode()]}, "pager") is None


def test_an_external_persons_last_day_is_the_same_in_both_attributes() -> None:
    """Which of them the settings name makes no difference."""
    last = str(ticks(2027, 7, 1)).encode()
    outside = {"unit_attribute": "extensionAttribute2", "end_attribute": "accountExpires"}
    settings = SETTINGS.model_copy(update={"external": SETTINGS.external.model_validate(outside)})
    read = user(Found("CN=kate,DC=x", _raw(accountexpires=last)), settings)
    assert (read.expires, read.external_until) == (date(2027, 7, 1), date(2027, 6, 30))


def _raw(**told: bytes) -> dict[str, list[bytes]]:
    return {"objectguid": [RAW_GUID], "samaccountname": [b"kate"], **{name: [value] for name, value in told.items()}}


def test_without_mail_and_names() -> None:
    """Pitfall 18."""
    read = user(Found("CN=kate,DC=x", _raw()), SETTINGS)
    assert (read.email, read.surname, read.given_name, read.wrong) == ("", "", "", ())


def test_a_value_that_is_wrong_costs_that_value_only() -> None:
    read = user(
        Found("CN=kate,DC=x", _raw(accountexpires=b"soon", mail=b"\xff\xfe", employeenumber=b"ekstern")), SETTINGS
    )
    assert (read.login, read.expires, read.email, read.cpr) == ("kate", None, "", None)
    assert [name for name, _ in read.wrong] == ["mail", "accountExpires", "employeeNumber"]
    assert "ekstern" not in repr(read)


def test_which_attributes_are_asked_for() -> None:
    """Pitfalls 16, 19, 20: no photo, and nothing that changes with each login."""
    asked = {each.lower() for each in user_attributes(SETTINGS)}
    assert not asked & {"thumbnailphoto", "jpegphoto", "lastlogon", "lastlogontimestamp", "badpwdcount", "logoncount"}
    first, second = (user(Found("CN=kate,DC=x", _raw(usnchanged=each)), SETTINGS) for each in (b"1", b"2"))
    assert first == second and repr(first) == repr(second)


_NAMES = [each.lower() for each in user_attributes(SETTINGS)]
_PLAIN = {
    "samaccountname": "login", "userprincipalname": "principal_name", "displayname": "display_name",
    "givenname": "given_name", "sn": "surname", "mail": "email",
}  # fmt: skip
_TEXTS = st.text(max_size=20).map(str.encode)
_NUMBERS = st.integers().map(lambda number: b"%d" % number)
_VALUES = st.lists(st.one_of(st.binary(max_size=40), _TEXTS, _NUMBERS), max_size=3)


@settings(max_examples=300)
@given(st.dictionaries(st.sampled_from(_NAMES), _VALUES))
def test_any_values_are_read_or_refused(raw: dict[str, list[bytes]]) -> None:
    """Mutated entries: an account of which each value is read or shown as wrong, or Malformed; and no CPR number in
    what is shown."""
    whole: dict[str, Any] = {"objectguid": [RAW_GUID], "employeenumber": [KAREN.encode()], **raw}
    found = Found("CN=kate,DC=x", whole)
    try:
        read = user(found, SETTINGS)
    except Malformed:
        with pytest.raises(Malformed):
            key_of(found)
        return
    assert isinstance(read, User)
    assert UUID(read.key)
    assert KAREN not in repr(read)
    shown = {name.lower() for name, _ in read.wrong}
    for name, field in _PLAIN.items():
        told = raw.get(name, [])
        if len(told) == 1 and name not in shown:  # the directory's schema allows no second one
            assert " ".join(told[0].decode().split()) == " ".join(getattr(read, field).split()), name


@settings(max_examples=100)
@given(st.lists(st.binary(max_size=60), max_size=4))
def test_any_members_are_read_or_refused(members: list[bytes]) -> None:
    try:
        read = group(Found("CN=g,DC=x", {"objectguid": [RAW_GUID], "member": members}))
    except Malformed:
        return
    assert len(read.members) <= len(members)
