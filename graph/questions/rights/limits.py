"""From a setting to a limit: fixed and derived values in their wire form, checked against the type's list and pattern.

What a type does not allow is left out; where nothing is left, there is no limit but a failure, and the right is lost
(kombit_access.md §3 rules 1, 2, 5, 12, 20).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from graph.model.derived_kinds import GIVEN_WITH_GRANT, Derivation, NotDerivable, derivation
from graph.patterns import PatternRejected, compiled
from graph.questions.rights.approvals import Approvals
from graph.questions.rights.derive import (
    OF_UNIT,
    Deriving,
    Holding,
    Values,
    collapsed,
    of_person,
    of_unit,
    place_of,
    up_to,
)
from graph.questions.rights.held import ConstraintType, Limit, LimitValue, OmittedBecause, Reason
from graph.questions.rights.organisation import Grant, Setting
from graph.time import first_of
from graph.writing.fixed_values import refused_value

_UNITS = ("unit", "payout")


class Failure(NamedTuple):
    """Why a right has no limit of a type that it must have. ``text``: with what would help. ``lacking``: what a limit
    that comes to nothing needs."""

    type: ConstraintType
    reason: OmittedBecause
    text: str
    lacking: str = ""


class Derived(NamedTuple):
    """A limit that follows from the organisation. ``until``: the day on which its setting or its type ends."""

    type: ConstraintType
    setting: Setting
    how: Derivation
    until: date | None


Checked = tuple[LimitValue, ...] | Failure


@dataclass(slots=True)
class Limits:
    """Makes limits. ``given``: for each grant, the settings that came with it, by system role (None: all) and type."""

    deriving: Deriving
    given: Mapping[str, Mapping[tuple[str | None, str], Setting]]
    approvals: Approvals
    _derivations: dict[str, Derivation | NotDerivable] = field(default_factory=dict)
    _of_unit: dict[tuple[object, ...], Checked] = field(default_factory=dict)
    _of_person: dict[tuple[object, ...], Checked] = field(default_factory=dict)

    def begin(self) -> None:
        """Forget what was worked out for the person before."""
        self._of_person.clear()

    def is_of_unit(self, setting: Setting) -> bool:
        """Its values only depend on the unit that they count from."""
        how = None if setting.derived is None else self._derivation(setting.derived)
        return how is None or (isinstance(how, Derivation) and how.kind.name in OF_UNIT)

    def _derivation(self, text: str) -> Derivation | NotDerivable:
        kept = self._derivations.get(text)
        if kept is None:
            try:
                kept = derivation(text)
            except NotDerivable as wrong:
                kept = wrong
            self._derivations[text] = kept
        return kept

    def limit(
        self, type_: ConstraintType, setting: Setting | None, grant: Grant, system_role: str, *, required: bool
    ) -> Limit | Failure | Derived | None:
        """The limit of one type in a system role, or how it follows from a holding (``derived``). None: an optional
        type for which nothing is set, so that it limits nothing.

        ``setting``: that of the job-function role, None where it has none or the right is a system role.
        """
        with_grant = self.given.get(grant.uuid, {})
        given = with_grant.get((system_role, type_.uuid)) or with_grant.get((None, type_.uuid))
        if setting is None and given is not None:
            # KOMBIT knows the limits of roles only: it would drop a parameter of the grant, and with it the limit.
            setting, given = replace(given, parameter=None), None
        if setting is None:
            text = f"{type_.title or type_.key} is required, and no limit is set for it"
            return Failure(type_, "mandatory_not_configured", text) if required else None
        if (setting.unlimited, bool(setting.fixed), setting.derived is not None).count(True) > 1:
            text = f"{type_.title or type_.key}: two of fixed, derived and unlimited are set; keep one"
            return Failure(type_, "invalid_value", text)
        if setting.unlimited:
            if required:
                text = f"{type_.title or type_.key} is required and can't be left open"
                return Failure(type_, "mandatory_not_configured", text)
            if (lacking := self.approvals.lacking_of_open(setting)) is not None:
                return Failure(type_, "not_approved", f"{type_.title or type_.key}: {lacking}")
            until = first_of(setting.days.until, type_.until, setting.approved.until)
            return Limit(type_, unlimited=True, approved_by=setting.approved_by, until=until)
        if setting.derived is None:
            if given is not None:
                text = f"{type_.title or type_.key} is fixed by the role, and the grant can't set it"
                return Failure(type_, "invalid_value", text)
            if not setting.fixed:
                return Failure(type_, "mandatory_not_configured", f"{type_.title or type_.key}: the setting is empty")
            checked = _checked(type_, self._fixed(type_, setting), "a fixed value that is allowed")
            found = _limit(type_, checked, setting, dynamic=setting.of == grant.uuid)
            return found if isinstance(found, Failure) else replace(found, stated=self._stated(type_, setting))
        how = self._derivation(setting.derived)
        if isinstance(how, NotDerivable):
            return Failure(type_, "invalid_value", str(how))
        if how.kind.name == GIVEN_WITH_GRANT:
            values = {} if given is None else self._fixed(type_, given)
            limit = _limit(type_, _checked(type_, values, how.kind.lacking), setting)
            if given is None or isinstance(limit, Failure):
                return limit
            return replace(limit, until=first_of(limit.until, given.days.until))
        if given is not None:
            text = f"{type_.title or type_.key} follows from the organisation, and the grant can't set it"
            return Failure(type_, "invalid_value", text)
        if not how.kind.suits(type_.content):
            return Failure(type_, "invalid_value", f"{how.kind.name} is not for {type_.title or type_.key}")
        return Derived(type_, setting, how, first_of(setting.days.until, type_.until))

    def derived(self, what: Derived, holding: Holding) -> Limit | Failure:
        """The limit of a holding."""
        type_, setting, how, until = what
        unit = of_unit(how, holding)
        key = (type_.uuid, setting.derived, setting.below, setting.excluded, unit or of_person(how, setting, holding))
        kept = self._of_person if unit is None else self._of_unit
        found = kept.get(key)
        if found is None:
            values = self.deriving.values(how, setting, type_, holding)
            found = kept[key] = _checked(type_, values, how.kind.lacking)
        if isinstance(found, Failure):
            return found
        return Limit(type_, found, dynamic=True, parameter=setting.parameter, until=until)

    def _fixed(self, type_: ConstraintType, setting: Setting) -> Values:
        """Fixed values in their wire form; those of closed units and retired KLE numbers are left out."""
        why = (Reason("ConstraintSetting", setting.uuid, "a fixed value"),)

        def until(day: date | None) -> tuple[Reason, ...]:
            return why if day is None else (why[0]._replace(until=day),)

        if type_.content == "kle":
            ends = self.deriving.organisation.kle_ends
            found = [(each, until(ends.get(each.removesuffix(".*")))) for each in setting.fixed]
            return collapsed(self.deriving.current(found))
        if type_.content in _UNITS:
            opened = (self.deriving.tree.open(each.lower()) for each in setting.fixed)
            units: Values = {each.uuid.lower(): until(each.until) for each in opened if each is not None}
            return self.deriving.without_excluded(units, setting, below=True)
        if type_.levels:
            places = [place for each in setting.fixed if (place := place_of(type_, each)) is not None]
            return dict.fromkeys(up_to(type_, max(places)), why) if places else {}
        return dict.fromkeys(setting.fixed, why)

    def _stated(self, type_: ConstraintType, setting: Setting) -> tuple[str, ...]:
        """Fixed values as they are set, without the units that are left out."""
        if type_.content not in _UNITS or not setting.excluded:
            return setting.fixed
        tree, out = self.deriving.tree, frozenset(setting.excluded)
        return tuple(each for each in setting.fixed if not tree.lies_in(each.lower(), out, below=True))

    def fits(self, type_: ConstraintType, fixed: str) -> bool:
        """Whether a fixed value still is one: its unit is open, its KLE number in force, its level known, …"""
        try:
            return bool(permitted(type_, self._fixed(type_, Setting("", "", type_.uuid, fixed=(fixed,)))))
        except PatternRejected:
            return False


def _checked(type_: ConstraintType, values: Values, lacking: str) -> Checked:
    title = type_.title or type_.key
    if not values:
        return Failure(type_, "empty", f"{title} comes to nothing; it needs {lacking}", lacking)
    try:
        allowed = permitted(type_, values)
    except PatternRejected as rejected:
        return Failure(type_, "invalid_value", f"{title}: {rejected}")
    if not allowed:
        return Failure(type_, "invalid_value", f"{title}: {', '.join(sorted(values))} is not allowed for it")
    if len(allowed) > 1 and not type_.takes_several:
        return Failure(type_, "invalid_value", f"{title} takes one value, and there are {', '.join(sorted(allowed))}")
    return tuple(LimitValue(each, values[each]) for each in sorted(allowed))


def _limit(type_: ConstraintType, checked: Checked, setting: Setting, *, dynamic: bool = True) -> Limit | Failure:
    """``dynamic``: its values follow from the organisation or come with the grant."""
    if isinstance(checked, Failure):
        return checked
    until = first_of(setting.days.until, type_.until)
    parameter = setting.parameter if dynamic else None
    return Limit(type_, checked, dynamic, parameter, until=until)


def permitted(type_: ConstraintType, values: Iterable[str]) -> list[str]:
    """Those that the type's list and pattern allow, and that its form can carry.

    Raises:
        PatternRejected: the type's pattern is not usable, or took too long.
    """
    return [each for each in values if _is_permitted(type_, each)]


@lru_cache(maxsize=100_000)
def _is_permitted(type_: ConstraintType, value: str) -> bool:
    if not value.strip() or (type_.takes_several and "," in value):
        return False
    if type_.values and value not in {each for each, _ in type_.values}:
        return False
    return type_.pattern is None or compiled(type_.pattern).fits(value)


def refused(type_: ConstraintType, fixed: Collection[str]) -> str | None:
    """What is wrong with fixed values of a type, with what is allowed; None where they are all allowed.

    Raises:
        PatternRejected: the type's pattern is not usable.
    """
    values = {
        "content": type_.content,
        "form": type_.form,
        "pattern": type_.pattern,
        "values": [f"{value}={title}" for value, title in type_.values],
        "levels": [f"{each.label}={each.value}" for each in type_.levels],
    }
    return refused_value(values, type_.title or type_.key, fixed)
