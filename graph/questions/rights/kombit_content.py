"""What a job-function role contains at KOMBIT, and whether it gives more there than here (kombit_access.md §3 rule 21).

KOMBIT expands a role that a login sends to the system roles and fixed values that FK-adm has of it. Where these are
more than the role gives here, nobody has been granted the difference. Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from graph.questions.rights.held import ConstraintType, IncludedRight, Limit
from graph.questions.rights.kle import NotKle, covers

_FIXED, _DYNAMIC = "=", "@"


class LimitAtKombit(NamedTuple):
    """``parameter``: under which the values come with the login; otherwise ``values``, as FK-adm has them."""

    values: str = ""
    parameter: str = ""


class Beyond(NamedTuple):
    """What a role gives at KOMBIT, and not here. ``type``: whose limit differs."""

    text: str
    type: ConstraintType | None = None


@dataclass(frozen=True, slots=True)
class ContentAtKombit:
    """``system_roles``: URIs. ``limits``: by the URIs of system role and constraint type."""

    system_roles: frozenset[str]
    limits: Mapping[tuple[str, str], LimitAtKombit] = field(default_factory=dict)

    def within(self, system_roles: frozenset[str]) -> "ContentAtKombit":
        """What is left of it where only these system roles (URIs) exist."""
        limits = {place: each for place, each in self.limits.items() if place[0] in system_roles}
        return ContentAtKombit(self.system_roles & system_roles, limits)

    def lines(self) -> tuple[str, ...]:
        """As it is kept: ``<system role>``, ``<system role> <type> = <values>``, ``<system role> <type> @
        <parameter>``. URIs have no blanks."""
        limits = (
            f"{role} {type_} {_DYNAMIC} {each.parameter}"
            if each.parameter
            else f"{role} {type_} {_FIXED} {each.values}"
            for (role, type_), each in self.limits.items()
        )
        return tuple(sorted((*self.system_roles, *limits)))


def content_of(lines: Iterable[str]) -> ContentAtKombit:
    """From ``ContentAtKombit.lines``."""
    system_roles: set[str] = set()
    limits: dict[tuple[str, str], LimitAtKombit] = {}
    for line in lines:
        role, _, rest = line.partition(" ")
        system_roles.add(role)
        if rest:
            type_, how, told = f"{rest} ".split(" ", 2)
            limits[role, type_] = LimitAtKombit(parameter=told[:-1]) if how == _DYNAMIC else LimitAtKombit(told[:-1])
    return ContentAtKombit(frozenset(system_roles), limits)


def beyond(included: Iterable[IncludedRight], there: ContentAtKombit) -> Beyond | None:
    """What of a role KOMBIT would give beyond what is held here; None: nothing. Where it gives less, it gives less."""
    here = {each.system_role.uri: each for each in included}
    if more := sorted(there.system_roles - here.keys()):
        return Beyond(f"at KOMBIT it also includes {', '.join(more)}")
    for uri in sorted(there.system_roles):
        limits = {each.type.uri: each for each in here[uri].limits}
        expected = {type_ for role, type_ in there.limits if role == uri}
        for type_uri in sorted(limits.keys() | expected):
            text = _beyond(limits.get(type_uri), there.limits.get((uri, type_uri)))
            if text is not None:
                limit = limits.get(type_uri)
                title = type_uri if limit is None else limit.type.title or limit.type.key
                title_of_role = here[uri].system_role.title or uri
                return Beyond(f"{title} of {title_of_role} {text}", None if limit is None else limit.type)
    return None


def _beyond(here: Limit | None, there: LimitAtKombit | None) -> str | None:
    if here is None or here.unlimited:
        if there is not None and there.parameter:
            return f"is not limited here, and KOMBIT waits for its values as {there.parameter}"
        return None
    values = () if there is None else split(there.values, here.type)
    if there is None or not (there.parameter or values):
        return "is limited here, and not at KOMBIT"
    if there.parameter:
        if here.dynamic and here.parameter == there.parameter:
            return None
        sent = f"as {here.parameter}" if here.dynamic and here.parameter else "nowhere, as it is fixed here"
        return f"is sent {sent}, and KOMBIT waits for it as {there.parameter}"
    wider = [each for each in values if not _lies_within(each, here)]
    return f"is {', '.join(wider)} at KOMBIT, which is more than here" if wider else None


def split(value: str, kind: ConstraintType | None) -> tuple[str, ...]:
    """Values in FK-adm's form: separated by commas if a type takes several."""
    if kind is not None and not kind.takes_several:
        return (value.strip(),) if value.strip() else ()
    return tuple(part for each in value.split(",") if (part := each.strip()))


def _lies_within(value: str, limit: Limit) -> bool:
    """A fixed value that is set at both ends is the same, also after its unit has closed or its number was retired."""
    kind, here = limit.type, (*limit.wire, *limit.stated)
    if kind.content == "kle":
        return any(_covers(each, value) for each in here)
    if kind.levels:
        places = [place for each in here if (place := _place(kind, each)) is not None]
        place = _place(kind, value)
        return place is not None and bool(places) and place <= max(places)
    if kind.content in ("unit", "payout"):
        return value.lower() in {each.lower() for each in here}
    return value in here


def _covers(wider: str, narrower: str) -> bool:
    try:
        return covers(wider, narrower)
    except NotKle:
        return wider == narrower


def _place(kind: ConstraintType, value: str) -> int | None:
    return next((place for place, each in enumerate(kind.levels) if value in (each.label, each.value)), None)
