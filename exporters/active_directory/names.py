"""The names that expressions in the settings may use, and names of objects: limits, candidates, characters."""

import re
from collections.abc import Collection, Iterator
from itertools import count, islice

from graph.expressions import NO_MEMBERS, Names
from graph.name_patterns import LONGEST_LOGIN

EXPRESSION_NAMES: Names = {
    "account": dict.fromkeys(
        ("login", "principal_name", "email", "common_name", "licence", "type", "extra", "expires"), NO_MEMBERS
    ),
    "person": dict.fromkeys(("uuid", "name", "given_name", "surname", "work_phone", "mobile"), NO_MEMBERS),
    "employment": dict.fromkeys(("uuid", "number", "type", "title", "email", "phone", "start"), NO_MEMBERS),
    "position": dict.fromkeys(("title",), NO_MEMBERS),
    "unit": {
        **dict.fromkeys(("uuid", "name", "number", "street", "postal_code", "city", "cost_center", "ean"), NO_MEMBERS),
        "path": NO_MEMBERS,
    },
}
"""``unit.path``: uuids of the unit and of all units above it."""

USUAL = (
    "sAMAccountName", "userPrincipalName", "mail", "cn", "displayName", "givenName", "sn", "title", "department",
    "streetAddress", "postalCode", "l", "telephoneNumber", "mobile", "employeeID", "accountExpires", "place",
)  # fmt: skip
"""Fields of a user that the shape sets, where they have a value."""
LONGEST_CN = 64
LIMITS = {
    "sAMAccountName": LONGEST_LOGIN, "cn": LONGEST_CN, "ou": 64, "givenName": 64, "sn": 64, "department": 64,
    "company": 64, "mobile": 64, "telephoneNumber": 64, "title": 128, "physicalDeliveryOfficeName": 128, "l": 128,
    "postalCode": 40, "streetAddress": 1024, "displayName": 256, "mail": 256, "employeeType": 256,
    "userPrincipalName": 1024, "description": 1024, "employeeID": 16, "employeeNumber": 512, "initials": 6,
}  # fmt: skip
"""Characters of the longest value (active_directory.md §3 "Names, limits, uniqueness"); above, the answer is 21."""

UNIQUE = ("sAMAccountName", "userPrincipalName")
"""The domain refuses a second object with one of these."""

_COUNTER = re.compile(r" \d{1,3}")
_COUNTER_AT_END = re.compile(r" \d{1,3}$")


def next_logins(login: str, planned: Collection[str] = (), many: int = 9) -> tuple[str, ...]:
    """What is tried if the name is taken: a counter at its end, within the limit. ``planned``: names of other accounts,
    in small letters, which are theirs also before they have them."""
    return _free((f"{login[: LONGEST_LOGIN - len(str(n))]}{n}" for n in count(2)), planned, many)


def next_principal_names(name: str, planned: Collection[str] = (), many: int = 9) -> tuple[str, ...]:
    before, at, domain = name.partition("@")
    return _free((f"{before}{n}{at}{domain}" for n in count(2)), planned, many)


def _free(names: Iterator[str], planned: Collection[str], many: int) -> tuple[str, ...]:
    return tuple(islice((each for each in names if each.casefold() not in planned), many))


def numbered(name: str, many: int = 998) -> Iterator[str]:
    """The name of an object, then with a counter: unique within one OU."""
    yield name[:LONGEST_CN]
    for n in range(2, many + 2):
        yield f"{name[: LONGEST_CN - len(str(n)) - 1].rstrip()} {n}"


def elsewhere(name: str, *, is_person: bool) -> Iterator[str]:
    """The name that an object has, for another OU; with another counter if it is taken there. The counter of a person
    is ours; that of a unit or group ("Team 2") may be its own."""
    stem = _COUNTER_AT_END.sub("", name) if is_person else name
    return (each for each in dict.fromkeys((name, *numbered(stem or name))))


def has_counter(name: str) -> bool:
    """Whether the name ends as one with a counter does; it may be a number of its own."""
    return _COUNTER_AT_END.search(name) is not None


def is_numbered(name: str, found: str) -> bool:
    """Whether the found name is the name itself, or the name with a counter."""
    name = name[:LONGEST_CN]
    if found == name:
        return True
    stem, counter = _COUNTER_AT_END.sub("", found), _COUNTER.search(found[-4:])
    return (
        counter is not None and stem != found and (name == stem or (len(found) >= LONGEST_CN and name.startswith(stem)))
    )
