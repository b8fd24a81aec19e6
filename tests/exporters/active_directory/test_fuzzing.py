"""Invented input: names, DNs and attribute values of every kind."""

from hypothesis import given
from hypothesis import strategies as some

from exporters.active_directory.entries import same
from exporters.active_directory.names import LONGEST_CN, is_numbered, next_logins, numbered
from graph.name_patterns import login_problem
from protocols.ldap import names

TEXT = some.text(min_size=1, max_size=80)
LINE = (
    some.text(some.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=60).map(str.strip).filter(bool)
)


@given(LINE, LINE)
def test_a_dn_is_read_as_it_was_written(own: str, above: str) -> None:
    dn = f"{names.rdn('CN', own)},{names.rdn('OU', above)},DC=klit,DC=test"
    first, *_ = names.split(dn)
    assert names.value(first) == own
    assert names.is_within(dn, names.parent(dn)) and not names.is_within(names.parent(dn), dn)


def test_two_spellings_of_one_dn_are_equal() -> None:
    assert names.parts("CN=B\\C3\\A6k\\2C Åse\\3B,OU=x") == names.parts("cn=Bæk\\, Åse\\;,ou=X")
    assert names.parts("CN=a\\\\,OU=x") != names.parts("CN=a\\,OU=x")


@given(TEXT)
def test_each_next_login_fits(login: str) -> None:
    for each in next_logins(login):
        assert len(each) <= 20
    if not login_problem(login):
        assert all(not login_problem(each) for each in next_logins(login))


@given(some.text(min_size=1, max_size=90).map(str.strip).filter(bool))
def test_a_counter_is_no_difference_and_another_name_is(name: str) -> None:
    for each in list(numbered(name, 12)):
        assert len(each) <= LONGEST_CN and is_numbered(name, each)
    assert not is_numbered(name, "another " + name[:30])


@given(some.lists(TEXT, max_size=4))
def test_the_order_of_values_is_no_difference(values: list[str]) -> None:
    assert same("otherTelephone", values, list(reversed(values)))
