"""The names that expressions for attributes may use (``idp.attributes``)."""

from types import MappingProxyType
from typing import Final

from graph.expressions import NO_MEMBERS, Names

_PERSON = ("uuid", "name", "given_name", "surname", "addressing_name", "work_email", "cpr")
_ACCOUNT = ("uuid", "login", "email", "principal_name", "common_name", "type", "licence")
_EMPLOYMENT = ("uuid", "number", "institution", "title", "type", "phone", "email")
_UNIT = ("uuid", "name", "number")


def _of(*names: str, **members: Names) -> Names:
    return MappingProxyType({**dict.fromkeys(names, NO_MEMBERS), **members})


NAMES: Final[Names] = _of(
    person=_of(*_PERSON),
    account=_of(*_ACCOUNT),
    employments=_of(*_EMPLOYMENT, unit=_of(*_UNIT), position=_of("uuid", "title", "code")),
)
LOGIN_NAMES: Final[Names] = MappingProxyType({**NAMES, "login": _of("assurance_level", "two_factors")})
"""Of a login here: also how the person has logged in, which is not known of a login at ADFS."""
