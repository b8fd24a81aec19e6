"""Names of accounts of people whose own names are unusual."""

import re
from dataclasses import replace
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.name_patterns import Named, common_names, logins, mails
from graph.statements.statement import DatedValue, Statement
from graph.time import Period
from rules.accounts.facts import NamePolicy, Person
from rules.accounts.naming import Holder, NoName, Taken, names_of
from rules.accounts.planning import Wanted

PATTERNS = ("{given:2}{last:2}", "{given:3}{last:3}")
MAIL = "{given}.{surname}@klit.example"
LONG = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwaren"
POLICY = NamePolicy("n", PATTERNS, "{login}@klit.example", MAIL, forbidden=("adm*", "krbtgt"))


def wanted(uuid: str, given: str, surname: str) -> Wanted:
    return Wanted(f"{uuid}:ad", "ad", Person(uuid, given, surname, f"{given} {surname}"), ())


@pytest.mark.parametrize(
    ("given_name", "surname", "login", "mail"),
    [
        ("Åse", "Bæk-Ørsted", "aaba", "aase.baek-oersted@klit.example"),
        ("A\u030ase", "Bæk-Ǿrsted", "aaba", "aase.baek-oersted@klit.example"),
        ("Ǻse", "№", "aano", "aase.no@klit.example"),
        ("Anne-Marie Louise", "von der Leyen", "anle", "anne-marie.von.der.leyen@klit.example"),
        ("Sean", "O'Brien", "seob", "sean.obrien@klit.example"),
        ("X", "Y", "xy", "x.y@klit.example"),
        ("X", "", "x2", "x@klit.example"),
        ("Ngọc", "Đặng", "ngda", "ngoc.dang@klit.example"),
        ("*)(uid=*", ",OU=X", "uiou", "uid.oux@klit.example"),
        ("A\x00B", "C\r\nD", "abd", "ab.c.d@klit.example"),
    ],
)
def test_usual_names_of_unusual_people(given_name: str, surname: str, login: str, mail: str) -> None:
    made = names_of(wanted("p", given_name, surname), POLICY, Taken())
    assert (made["login"], made["email"]) == (login, mail)


@pytest.mark.parametrize("name", ["李 明", "Мария Ивановна", "محمد علي", "😀 😀", "- -", "' '", ". ."])
def test_names_without_a_letter_of_a_to_z_get_letters_that_say_nothing(name: str) -> None:
    given_name, _, surname = name.partition(" ")
    known = Taken()
    both = [names_of(wanted(uuid, given_name, surname), POLICY, known) for uuid in ("p", "q")]
    for made in both:
        assert re.fullmatch("[b-z]{6}[0-9]*", str(made["login"])), made
        assert made["email"] == f"{made['login']}@klit.example"
    assert both[0]["login"] != both[1]["login"]


@pytest.mark.parametrize("pattern", [MAIL, "{given}.{surname}{counter}@klit.example", "{name}@klit.example"])
def test_a_long_name_leaves_room_for_a_counter(pattern: str) -> None:
    named = Named(LONG, LONG)
    several = list(islice(mails(pattern, named, "wowo"), 200))
    assert len({*several}) == 200
    assert all(len(each.partition("@")[0]) <= 64 for each in several)


@given(st.text(max_size=80), st.text(max_size=80))
def test_whatever_a_person_is_called(given_name: str, surname: str) -> None:
    named = Named(given_name, surname, "4711", "seed")
    for login in islice(logins(PATTERNS, named), 20):
        assert re.fullmatch(r"[a-z0-9_][a-z0-9._-]{0,18}[a-z0-9_]", login)
    for mail in islice(mails(MAIL, named, "login"), 20):
        local, _, domain = mail.partition("@")
        assert re.fullmatch(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?", local) and domain == "klit.example"
    assert all(0 < len(each) <= 64 for each in islice(common_names("{name}", named, "login"), 20))


def test_fifty_of_one_name_have_fifty_names() -> None:
    known = Taken()
    made = [names_of(wanted(f"p{n}", "Jens", "Hansen"), POLICY, known) for n in range(50)]
    for field in ("login", "email", "principal_name", "common_name"):
        assert len({str(each[field]).lower() for each in made}) == 50


def test_a_forbidden_name_that_a_person_has_already_is_not_theirs_to_keep() -> None:
    """The account that a directory has of an administrator may be the one for administration."""
    known = Taken(own={("p", "ad"): ("adm-anna", "adm-anna@klit.example")})
    known.take(known.logins, "adm-anna", Holder("p", "ad"))
    assert names_of(wanted("p", "Anna", "Berg"), POLICY, known)["login"] == "anbe"
    with pytest.raises(NoName):
        names_of(wanted("q", "Anna", "Berg"), NamePolicy("n", ("{given:2}",), forbidden=("*",)), Taken())


@pytest.mark.parametrize(
    ("given_name", "surname", "mail"),
    [
        ("Anna Marie", "Berg", "anna.berg2@klit.example"),  # the namesake has left: anna.berg is free
        ("Anna", "Holm", "anna.holm@klit.example"),
    ],
)
def test_a_name_that_the_policy_still_makes_stays(given_name: str, surname: str, mail: str) -> None:
    policy = NamePolicy("n", PATTERNS, MAIL, MAIL)
    known = Taken()
    names_of(wanted("q", "Anna", "Berg"), policy, known)
    first = names_of(wanted("p", "Anna", "Berg"), policy, known)
    kept = Statement("PlannedAccount", "p:ad", values={
        name: (DatedValue(Period(), value),) for name, value in first.items() if value is not None
    })  # fmt: skip
    made = names_of(replace(wanted("p", given_name, surname), kept=kept), policy, Taken())
    assert (first["email"], made["email"], made["principal_name"]) == ("anna.berg2@klit.example", mail, mail)
    assert made.get("former_emails") == (None if mail == first["email"] else (first["email"],))
