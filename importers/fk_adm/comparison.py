"""Compares our job-function roles with KOMBIT's: their differences, and roles that a vendor's change has made invalid.

Every finding is a notice that stays on the list until it is corrected at either end. Nothing is overwritten.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graph.patterns import PatternRejected
from graph.questions.rights.derive import place_of, up_to
from graph.questions.rights.held import ConstraintType
from graph.questions.rights.kle import NotKle, collapse
from graph.questions.rights.limits import refused
from graph.statements.statement import Problem
from importers.fk_adm.lookup import KnownRole, Setting


@dataclass(frozen=True, slots=True)
class KnownSystemRole:
    """A system role at KOMBIT. ``types``: by URI; ``required``: URIs of those that it requires."""

    uri: str
    title: str
    system: str
    types: Mapping[str, ConstraintType]
    required: frozenset[str]


@dataclass(frozen=True)
class Comparison:
    """Compares with what FK-adm has. ``system_roles``: by URI."""

    system_roles: Mapping[str, KnownSystemRole]

    def differences(self, ours: KnownRole, theirs: KnownRole) -> Iterator[Problem]:
        """The differences, field by field."""
        for field, own, other in (
            ("title", ours.title, theirs.title),
            ("description", ours.description, theirs.description),
            ("delegated_to_cvr", ours.delegated_to, theirs.delegated_to),
        ):
            if own != other:
                yield _differs(ours, field, own, other)
        if ours.cvr != theirs.cvr:
            yield _differs(ours, "delegated_from_cvr", ours.cvr, theirs.cvr)
            return
        for uri in sorted(ours.includes ^ theirs.includes):
            here, there = ("included", "") if uri in ours.includes else ("", "included")
            yield _differs(ours, f"includes {uri}", here, there)
        for uri in sorted(ours.includes & theirs.includes):
            yield from self._settings(ours, theirs, uri)

    def missing(self, ours: KnownRole, *, delegated: bool) -> Problem:
        """A role that FK-adm does not have: not created yet, or no longer delegated to us."""
        why = f"{ours.cvr} does not delegate it (any longer)" if delegated else "logins leave it out until it is made"
        return _notice(ours, "uri", "missing_at_kombit", f"{ours.title} is not at KOMBIT: {why}")

    def invalid(self, role: KnownRole) -> Iterator[Problem]:
        """The parts of a role that the vendors' system roles and types do not allow, or no longer."""
        for uri in sorted(role.includes):
            system_role = self.system_roles.get(uri)
            if system_role is not None:
                yield from self._invalid_in(role, system_role)

    def is_at_kombit(self, role: KnownRole) -> bool:
        """Whether it includes a system role of FK-adm, so that KOMBIT needs it."""
        return any(each in self.system_roles for each in role.includes)

    def _invalid_in(self, role: KnownRole, system_role: KnownSystemRole) -> Iterator[Problem]:
        within = f"{role.title}: {system_role.title}"
        for uri in sorted(system_role.required):
            setting = role.settings.get((system_role.uri, uri))
            if setting is None or setting.unlimited or not (setting.fixed or setting.dynamic or setting.parameter):
                text = f"{within} requires {system_role.types[uri].title}, and the role sets nothing for it"
                yield _notice(role, f"{system_role.uri} {uri}", "mandatory_not_configured", text)
        for (of, uri), setting in sorted(role.settings.items()):
            if of != system_role.uri:
                continue
            if uri not in system_role.types:
                text = f"{within} takes no {uri}, which the role sets"
                yield _notice(role, f"{of} {uri}", "type_not_taken", text)
                continue
            try:
                problem = refused(system_role.types[uri], setting.fixed)
            except PatternRejected as wrong:
                problem = str(wrong)
            if problem is not None:
                yield _notice(role, f"{of} {uri}", "invalid_value", f"{within}: {problem}")

    def _settings(self, ours: KnownRole, theirs: KnownRole, uri: str) -> Iterator[Problem]:
        system_role = self.system_roles.get(uri)
        for of, type_uri in sorted({*ours.settings, *theirs.settings}):
            if of != uri:
                continue
            kind = None if system_role is None else system_role.types.get(type_uri)
            own, other = (_shown(each.settings.get((of, type_uri)), kind) for each in (ours, theirs))
            if own != other:
                yield _differs(ours, f"{of} {type_uri}", own, other)


def _shown(setting: Setting | None, kind: ConstraintType | None) -> str:
    """A setting as a text that is the same at both ends if its meaning is."""
    if setting is None or setting.unlimited:
        return ""
    if setting.dynamic or setting.parameter:
        return f"dynamic, as {setting.parameter}" if setting.parameter else "dynamic"
    return ", ".join(sorted(_canonical(setting.fixed, kind)))


def _canonical(values: tuple[str, ...], kind: ConstraintType | None) -> tuple[str, ...]:
    if kind is not None and kind.content == "kle":
        try:
            return collapse(values)
        except NotKle:
            return values
    if kind is not None and kind.levels:
        places = [place for each in values if (place := place_of(kind, each)) is not None]
        return tuple(up_to(kind, max(places))) if places else values
    if kind is not None and kind.content in ("unit", "payout"):
        return tuple(each.lower() for each in values)
    return values


def _differs(role: KnownRole, field: str, ours: str, theirs: str) -> Problem:
    text = f"{role.title}: {field} is {ours or 'nothing'} here, and {theirs or 'nothing'} at KOMBIT"
    return _notice(role, field, "differs_at_kombit", text)


def _notice(role: KnownRole, field: str, rule: str, text: str) -> Problem:
    return Problem("JobFunctionRole", f"{role.cvr} {role.uri}", field, rule, text, "notice")
