"""The source: one reading of everything, and the differences between our own roles and KOMBIT's."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial

from graph.questions.rights.held import ConstraintType
from graph.questions.rights.kombit_content import ContentAtKombit
from graph.statements.statement import Problem, Statement
from graph.time import today
from importers.fk_adm import mapping
from importers.fk_adm.answers import JobRole
from importers.fk_adm.client import FkAdmClient
from importers.fk_adm.comparison import Comparison
from importers.fk_adm.lookup import KnownRole, Lookup
from importers.fk_adm.reading import Answers, read
from importers.fk_adm.settings import FkAdmSettings
from importers.fk_adm.types import meant
from importers.source import Known, Mapped, RawRecord, Reading
from importers.timelines import closed
from protocols.http.pauses import Sleep

KINDS = frozenset({"ItSystem", "ConstraintType", "SystemRole", "JobFunctionRole", "ConstraintSetting"})
NOT_TAKEN = "not taken"  # equal to no fingerprint
_Make = Callable[[Statement | None], Statement]


class FkAdm:
    """FK-adm. ``day`` and ``sleep`` are for tests."""

    name = "fk_adm"

    def __init__(
        self,
        settings: FkAdmSettings,
        lookup: Lookup,
        *,
        day: Callable[[], date] = today,
        sleep: Sleep | None = None,
    ) -> None:
        self._settings = settings
        self._lookup = lookup
        self._day = day
        self._sleep = sleep

    def readings(self, known: Known) -> Iterator[Reading]:
        """One reading. Raises SourceError."""
        day = self._day()
        of_systems = {each.key: _system_of(each) for each in known.statements("SystemRole") if _is_there(each, day)}
        with FkAdmClient(self._settings, *([] if self._sleep is None else [self._sleep])) as client:
            answers = read(client, lambda system: system in of_systems.values(), self._settings.cvr, known.progress)
        ours = {(each.cvr, each.uri): each for each in self._lookup.roles(self._settings.cvr)}
        meaning = _Meaning(self._settings, self._lookup, known, answers, day, ours)
        records = [*meaning.records()]
        records += meaning.left_as_they_are({(each.kind, each.key) for each in records}, of_systems)
        yield Reading(
            label=f"FK-adm on {day}",
            day=day,
            records=records,
            complete_kinds=KINDS,
            absent=lambda previous: Mapped(closed(previous, day)),
            problems=(*answers.problems, *meaning.comparison()),
            recheck_kinds=KINDS,
            incomplete_because=tuple(answers.doubts),
        )


@dataclass(frozen=True)
class _Meaning:
    """One reading's answers to records. ``ours``: job-function roles that others state, by CVR and URI."""

    settings: FkAdmSettings
    lookup: Lookup
    known: Known
    answers: Answers
    day: date
    ours: Mapping[tuple[str, str], KnownRole]

    def records(self) -> Iterator[RawRecord]:
        answers = self.answers
        for each in answers.systems.values():
            key = self.settings.systems.get(each.uuid, each.uuid)
            make = partial(mapping.system, each, key, self.settings.environment, day=self.day)
            yield self._record("ItSystem", each.uuid, make, repr(each), key)
        type_keys, role_keys = self.lookup.keys("ConstraintType"), self.lookup.keys("SystemRole")
        for told in answers.types.values():
            users = answers.users[told.uuid]
            system = None if told.common or len(users) > 1 else min(users)
            kind = meant(told, type_keys.get(told.uri, told.uri))
            typed = partial(mapping.constraint_type, kind, system, day=self.day)
            yield self._record("ConstraintType", told.uuid, typed, repr(kind), system or "")
        for system, role in answers.roles.values():
            key = role_keys.get(role.uri, role.uri)
            taken = partial(mapping.system_role, role, key, system, day=self.day)
            yield self._record("SystemRole", role.uuid, taken, repr(role), key, system)
        kinds = answers.kinds()
        for job_role in answers.job_roles.values():
            ours = self.ours.get((job_role.cvr, job_role.uri))
            if ours is None:
                yield from self._job_role(job_role, kinds)
            else:
                key = f"{job_role.uuid} {ours.uuid}"  # another role of ours with its URI is another record
                content = answers.content(job_role) if job_role.cvr == self.settings.cvr else None
                seen = partial(mapping.seen, key, ours.uuid, content, day=self.day)
                yield self._record("JobFunctionRole", key, seen, ours.uuid, repr(content and content.lines()))

    def _job_role(self, told: JobRole, kinds: Mapping[str, ConstraintType]) -> Iterator[RawRecord]:
        own = told.cvr == self.settings.cvr
        key = told.uri if own else f"{told.cvr} {told.uri}"
        content = self.answers.content(told) if own else ContentAtKombit(frozenset())
        make = partial(mapping.job_role, told, content, key, self.settings.cvr, day=self.day)
        yield self._record("JobFunctionRole", told.uuid, make, repr(told), repr(content.lines()))
        for system_role, constraints in told.parts if own else ():
            for each in constraints:
                kind = kinds[each.type_uri]
                made = partial(mapping.setting, told.uuid, system_role, each, kind, day=self.day)
                of = mapping.setting_key(told.uuid, system_role, each.type_uri)
                yield self._record("ConstraintSetting", of, made, repr(each), repr(kind))

    def left_as_they_are(self, told: set[tuple[str, str]], of_systems: Mapping[str, str]) -> Iterator[RawRecord]:
        """The kept statements of things that were not read, and of roles that have become our own: they neither change
        nor end. ``of_systems``: system role → its system, as kept."""
        answers = self.answers
        own = {each.uuid for each in answers.job_roles.values() if (each.cvr, each.uri) in self.ours}
        for kind in sorted(KINDS):
            for key in list(self.known.keys(kind)):
                if (kind, key) not in told and self._is_left(kind, key, own, of_systems):
                    yield RawRecord(kind, key, NOT_TAKEN, _nothing)

    def _is_left(self, kind: str, key: str, own: set[str], of_systems: Mapping[str, str]) -> bool:
        answers = self.answers
        if kind in ("JobFunctionRole", "ConstraintSetting"):
            role = key.partition(" ")[0]
            unread = role in answers.unread_job_roles or answers.unread_job_role_list
            return unread or (role in own and (kind == "ConstraintSetting" or key == role))
        if kind == "ItSystem":
            return key in answers.unread_systems or answers.unread_system_list
        if kind == "SystemRole":
            system = of_systems.get(key, "")
            return key in answers.unread_roles or system in answers.unread_systems or answers.unread_system_list
        return not answers.everything_of_systems

    def comparison(self) -> Iterator[Problem]:
        """Differences, and invalid parts, of our own roles and of those that KOMBIT has."""
        answers = self.answers
        if answers.unread_job_role_list or answers.unread_system_list:
            return
        at_kombit = {(each.cvr, each.uri): answers.known(each) for each in self._own_job_roles()}
        delegated = {(each.cvr, each.uri) for each in answers.job_roles.values() if each.cvr != self.settings.cvr}
        compared = Comparison(answers.system_roles())
        for place, ours in sorted(self.ours.items()):
            theirs = at_kombit.get(place)
            if theirs is not None:
                yield from compared.differences(ours, theirs)
            elif place in delegated:
                continue
            elif not answers.unread_job_roles and (compared.is_at_kombit(ours) or ours.cvr != self.settings.cvr):
                yield compared.missing(ours, delegated=ours.cvr != self.settings.cvr)
            yield from compared.invalid(ours)
        for place, theirs in sorted(at_kombit.items()):
            if place not in self.ours:
                yield from compared.invalid(theirs)
                yield from self._not_derived(theirs)

    def _own_job_roles(self) -> Iterator[JobRole]:
        return (each for each in self.answers.job_roles.values() if each.cvr == self.settings.cvr)

    def _not_derived(self, role: KnownRole) -> Iterator[Problem]:
        """KOMBIT knows the parameter of a dynamic value, but not how it is derived from the organisation."""
        for (system_role, type_uri), setting in sorted(role.settings.items()):
            if setting.dynamic:
                text = (
                    f"{role.title}: {type_uri} is sent as {setting.parameter}; set how it is derived, on its "
                    "setting. Until then the role is left out."
                )
                place = f"{system_role} {type_uri}"
                yield Problem("JobFunctionRole", f"{role.cvr} {role.uri}", place, "not_derived", text, "notice")

    def _record(self, kind: str, key: str, make: _Make, *depends: str) -> RawRecord:
        print_of = self.known.fingerprint(mapping.MAPPING, self.settings.digest(), *(each.encode() for each in depends))
        return RawRecord(kind, key, print_of, lambda previous: Mapped(make(previous)))


def _nothing(previous: Statement | None) -> Mapped:
    return Mapped(None)


def _system_of(role: Statement) -> str:
    links = role.links.get("system", ())
    return links[-1].to.key if links else ""


def _is_there(role: Statement, day: date) -> bool:
    return any(each.holds(day) for each in role.exists or ())
