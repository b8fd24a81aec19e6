"""What is in the sample's directories: whom they hold, and where they differ from payroll on purpose."""

from collections import Counter
from collections.abc import Callable
from datetime import date

import pytest

from sample import schools
from sample.cpr_numbers import passes_check
from sample.directories import administration, school
from sample.directories.entries import Directory, Names, User, filetime
from sample.municipality import Municipality
from sample.people import Employment, account_name

DAY = date(2026, 11, 24)
DIRECTORIES = (administration.directory_of, school.directory_of)
Made = Callable[[Municipality], Directory]


@pytest.fixture(scope="module")
def municipality() -> Municipality:
    return Municipality("S", 42, DAY)


@pytest.fixture(scope="module")
def office(municipality: Municipality) -> Directory:
    return administration.directory_of(municipality)


@pytest.fixture(scope="module")
def teaching(municipality: Municipality) -> Directory:
    return school.directory_of(municipality)


@pytest.mark.parametrize("size", ["XS", "S"])
@pytest.mark.parametrize("made", DIRECTORIES)
def test_names_are_given_once_and_numbers_belong_to_nobody(made: Made, size: str) -> None:
    directory = made(Municipality(size, 42, DAY))
    logins = [each.login for each in directory.users]
    names = Counter([*map(str.lower, logins), *(each.name.lower() for each in directory.groups)])
    dns = Counter(each.dn.lower() for each in directory.entries("DC=test"))
    assert (max(names.values()), max(dns.values())) == (1, 1)
    assert max(map(len, logins)) <= 20
    for number in {each.cpr.replace("-", "") for each in directory.users} - {"", administration.NOBODY}:
        assert not passes_check(number) and not number.startswith("0101") and not number.endswith("0000")


@pytest.mark.parametrize("made", DIRECTORIES)
def test_the_same_on_every_machine(made: Made) -> None:
    first, second = (list(made(Municipality("XS", 42, DAY)).entries("DC=test")) for _ in range(2))
    assert first == second
    assert first != list(made(Municipality("XS", 43, DAY)).entries("DC=test"))


def test_everything_comes_after_what_it_needs(office: Directory) -> None:
    seen = {"DC=test"}
    for entry in office.entries("DC=test"):
        assert entry.dn.split(",", 1)[1] in seen
        assert set(entry.attributes.get("member", ())) <= seen
        seen.add(entry.dn)


def differing(
    municipality: Municipality, directory: Directory, field: str, told: Callable[[Employment], str]
) -> list[User]:
    """Accounts of present staff, found by employment number, that have not what payroll has."""
    return [
        each
        for each in directory.users
        if each.employment_number
        and each.place != administration.LEAVERS
        and getattr(each, field) != told(municipality.employment(int(each.employment_number)))
    ]


def test_accounts_follow_payroll(municipality: Municipality, office: Directory) -> None:
    assert differing(municipality, office, "login", lambda each: account_name(each.person, each.number)) == []
    with_login = [each for each in municipality.employments() if each.login]
    assert {each.login for each in with_login} == {account_name(e.person, e.number).upper() for e in with_login}


def test_another_surname_phone_and_mail_than_in_payroll_for_one_each(
    municipality: Municipality, office: Directory
) -> None:
    (maiden,) = differing(municipality, office, "surname", lambda each: each.person.surname)
    assert maiden.surname == administration.MAIDEN_NAME
    assert len(differing(municipality, office, "phone", lambda each: each.phone or "")) == 1
    mails = Counter(each.email.lower() for each in office.users if each.email)
    assert sorted(mails.values())[-2:] == [1, 2]


def test_a_number_that_is_invalid_others_with_a_hyphen_and_owners_that_nobody_knows(office: Directory) -> None:
    assert [each.employment_number for each in office.users if each.cpr == administration.NOBODY] == [""]
    assert any("-" in each.cpr for each in office.users)
    strangers = [each for each in office.users if each.place == administration.EXTERNAL]
    assert strangers and not any(each.cpr or each.employment_number for each in strangers)


def test_people_with_two_accounts(office: Directory) -> None:
    owners = Counter(each.cpr for each in office.users if each.cpr and each.cpr != administration.NOBODY)
    several = [cpr for cpr, count in owners.items() if count > 1]
    kinds = [sorted(each.account_type for each in office.users if each.cpr == cpr) for cpr in several]
    told_apart = [administration.ADMINISTRATOR, administration.EMPLOYEE]
    assert sorted(kinds) == [told_apart, told_apart, [administration.EMPLOYEE] * 2]


def test_leavers_are_disabled_but_for_one(municipality: Municipality, office: Directory) -> None:
    left = [each for each in office.users if each.place == administration.LEAVERS]
    assert [each.enabled for each in left].count(True) == 1 < len(left)
    for each in left:
        assert municipality.employment(int(each.employment_number)).spells[-1].last <= DAY


def test_an_end_that_payroll_knows_is_the_day_on_which_the_account_expires(
    municipality: Municipality, office: Directory
) -> None:
    ending = [each for each in office.users if each.expires is not None and each.employment_number]
    assert ending
    for each in ending:
        assert each.expires == municipality.employment(int(each.employment_number)).spells[-1].end


def test_a_day_in_filetime_begins_in_copenhagen() -> None:
    """active_directory.md pitfall 10: "last day 30 June" is 22:00 UTC of that day."""
    since_1970 = 1_782_856_800
    assert filetime(date(2026, 7, 1)) == str((since_1970 + 11_644_473_600) * 10_000_000)


def test_a_group_larger_than_one_answer_of_windows_and_only_so_many_accounts(office: Directory) -> None:
    assert max(len(each.members) for each in office.groups) > 1500
    few = administration.directory_of(Municipality("S", 42, DAY), most=1600)
    assert max(len(each.members) for each in few.groups) == 1600


def test_heads_of_schools_are_in_both_directories(
    municipality: Municipality, office: Directory, teaching: Directory
) -> None:
    both = {each.cpr for each in teaching.users if each.cpr} & {each.cpr.replace("-", "") for each in office.users}
    heads = {
        each.person.cpr for each in municipality.employments() if each.active(DAY) and each.position(DAY).code == 1050
    }
    assert heads & both


def test_pupils_have_their_kind_and_no_number(teaching: Directory) -> None:
    pupils = [each for each in teaching.users if each.account_type == school.PUPILS]
    assert len(pupils) > 100
    assert not any(each.cpr or each.employment_number for each in pupils)


def test_school_staff_are_known_by_number_or_by_unilogin(municipality: Municipality, teaching: Directory) -> None:
    staff = [each for each in teaching.users if each.account_type == school.STAFF]
    logins = {schools.unilogin_of(each.person) for each in municipality.employments()}
    assert {bool(each.cpr) for each in staff} == {True, False}
    assert [each.unilogin for each in staff if each.unilogin not in logins] == [school.NOBODYS_UNILOGIN]


def test_only_so_many_institutions() -> None:
    few = school.directory_of(Municipality("S", 42, DAY), most=2)
    assert len({number for each in few.users for number in each.institutions}) == 2


def test_the_second_of_a_name_gets_a_number_and_no_name_is_too_long() -> None:
    names = Names()
    assert names.free(("A",), "Åse Bæk") == "Åse Bæk"
    assert names.free(("A",), "åse bæk") == "åse bæk_2"
    assert names.free(("B",), "Åse Bæk") == "Åse Bæk"
    assert len(names.free(("A",), "x" * 80)) < 64


def test_a_name_that_ends_like_a_second_ones_is_given_once() -> None:
    """A person's second account is made after the name of the first, which may have a number itself."""
    names = Names()
    given = [names.free(("Medarbejdere",), each) for each in ("Åge", "åge", "Åge_2", "Åge_2")]
    assert given == ["Åge", "åge_2", "Åge_2_2", "Åge_2_3"]
