"""Rules between things of rights, kept when they are saved: what a grant, a setting or a bundle may not become.

A required type is set for everything granted; a value is in its type's list and fits its pattern; a way to derive
suits the type; no bundle includes itself; URIs and parameters stay what they were and are not used twice
(kombit_access.md §3 rules 5 and 20; kombit_access.md pitfalls 17, 18, 21). Only what is saved is looked at: what
became invalid by a change elsewhere is listed by ``graph.questions.rights.review``.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import neo4j

from graph.errors import ChangeRejected
from graph.identity.statement_matching import MatchedStatement
from graph.model import KINDS
from graph.model.derived_kinds import GIVEN_WITH_GRANT, OF_RESPONSIBILITY, derivation
from graph.model.rights import OWN_ROLE_URI, OWN_SYSTEM
from graph.time import today
from graph.writing import care_rules
from graph.writing.approval_seal import seal, seal_request
from graph.writing.fixed_values import refused_value
from graph.writing.rights_saved import DECIDED, DEFINED, Resolve, as_stated, is_same, read_kept, read_owners
from graph.writing.rights_things import Thing, bundles, included

_NARROWED = tuple(name for name, kind in KINDS.items() if any(each.narrows for each in kind.links))
CHECKED = tuple(dict.fromkeys((*DEFINED, *DECIDED, *_NARROWED)))
DEEPEST_BUNDLE = 10  # job-function roles within each other
MOST_WAYS = 1_000
_TAKEN = ("required_types", "optional_types")
_GIVING = ("gives", "includes", "given_to")
Refused = list[tuple[MatchedStatement, ChangeRejected]]


def find_refused(
    driver: neo4j.Driver, resolve: Resolve, matched: Iterable[MatchedStatement], *, lacks_limit: bool = False
) -> Refused:
    """Statements that would break a rule, each with the refusal. What is refused is not there for the others.

    An approval that is stated gets the content that it approves, as the grant is to be (``approval_seal``).
    ``lacks_limit``: a limit that was stated with them could not be read.
    """
    told = [each for each in matched if each.statement.kind in CHECKED]
    refused: Refused = []
    left = [each for each in told if not _is_over(each)]
    while found := _leading_nowhere(left, resolve, refused):
        refused += found
        left = _without(left, found)
    saved = [each for each in left if each.statement.kind in (*DEFINED, *DECIDED)]
    if not saved:
        return refused
    kept = read_kept(driver, [each.uuid for each in saved if each.statement.kind in DECIDED])
    for each in told:
        if _is_over(each) and each.uuid in kept:
            kept[each.uuid].over = True
    owners = read_owners(driver, [each for each in saved if each.statement.kind == "RightsRequest"], resolve)
    while True:
        stated = {each.uuid: as_stated(place, each, kept.get(each.uuid), resolve) for place, each in enumerate(saved)}
        things = {**kept, **stated}
        lost = {_limited_by(each, resolve) for each, _ in refused if each.statement.kind == "ConstraintSetting"}
        rules = _Rules(things, kept, owners, frozenset(lost | ({(None, None)} if lacks_limit else set())))
        changed = [each for each in saved if not is_same(stated[each.uuid], kept.get(each.uuid))]
        found = [(each, wrong) for each in changed if (wrong := rules.broken(each)) is not None]
        if not found:
            for each in saved:
                if each.statement.kind in ("Grant", "ConstraintSetting"):
                    seal(each, things, kept.get(each.uuid))
                elif each.statement.kind == "RightsRequest":
                    seal_request(each, things, kept.get(each.uuid))
            return refused
        refused += found
        saved = _without(saved, found)
        nowhere = _leading_nowhere(saved, resolve, refused)
        refused += nowhere
        saved = _without(saved, nowhere)


def _without(left: Sequence[MatchedStatement], refused: Refused) -> list[MatchedStatement]:
    out = {id(each) for each, _ in refused}
    return [each for each in left if id(each) not in out]


def _leading_nowhere(stated: Iterable[MatchedStatement], resolve: Resolve, refused: Refused) -> Refused:
    """Those in which a limit, an exception or a condition names something unknown (``Link.narrows``). ``refused``: what
    is new of these is not known either."""
    gone = {None, *(each.uuid for each, _ in refused if each.new)}
    found: Refused = []
    for each in stated:
        narrowing = [link.name for link in KINDS[each.statement.kind].links if link.narrows]
        to = ((name, one) for name in narrowing for one in each.statement.links.get(name, ()))
        for name, one in to:
            if one.period.last > today() and resolve(one.to, each.source) in gone:
                text = f"{name}: no {one.to.kind} is known as {one.to.key!r}; leaving it out would give more"
                found.append((each, ChangeRejected("unknown_reference", text, field=name)))
                break
    return found


def _limited_by(setting: MatchedStatement, resolve: Resolve) -> tuple[str | None, str | None]:
    """What a constraint setting limits, and its type; None: not known."""

    def to(name: str) -> str | None:
        links = setting.statement.links.get(name, ())
        return resolve(links[-1].to, setting.source) if links else None

    return to("of"), to("type")


def _is_over(matched: MatchedStatement) -> bool:
    """The thing ends today at the latest, or never was: it can't break a rule any more."""
    exists = matched.statement.exists
    return exists is not None and all(each.last <= today() for each in exists)


@dataclass(slots=True)
class _Rules:
    """``things``: as they are to be. ``kept``: as they are. ``owners``: tie → person. ``lost``: of each limit that was
    stated with them and is refused what it was to limit, and its type; None: not known."""

    things: Mapping[str, Thing]
    kept: Mapping[str, Thing]
    owners: Mapping[str, str]
    lost: Collection[tuple[str | None, str | None]] = ()
    too_deep: dict[str, str] | None = None

    def broken(self, matched: MatchedStatement) -> ChangeRejected | None:
        thing = self.things[matched.uuid]
        rules: Sequence[Callable[[str, Thing], Iterator[ChangeRejected]]] = _BY_KIND.get(thing.kind, ())
        wrong = next((wrong for rule in rules for wrong in rule(self, matched.uuid, thing)), None)  # type: ignore[call-arg, arg-type]
        wrong = wrong or next(self._about_narrows(matched, thing), None)
        return wrong or care_rules.broken(matched.uuid, thing, self.things, self.kept, self.owners)

    # -- job-function roles ---------------------------------------------------------------------------------------

    def _no_cycle(self, uuid: str, thing: Thing) -> Iterator[ChangeRejected]:
        path = self._way_back(uuid)
        if path is not None:
            names = " includes ".join(self.things[each].name for each in (*path, uuid))
            yield ChangeRejected("cycle", f"includes: {names}", field="includes")

    def _way_back(self, uuid: str) -> tuple[str, ...] | None:
        """From a role down to itself."""
        above: dict[str, str] = {}
        waiting = [uuid]
        while waiting:
            at = waiting.pop()
            for each in self.things[at].links.get("includes", ()):
                if each == uuid:
                    path = [at]
                    while path[-1] != uuid:
                        path.append(above[path[-1]])
                    return tuple(reversed(path))
                if each in self.things and each not in above:
                    above[each] = at
                    waiting.append(each)
        return None

    def _not_too_deep(self, uuid: str, thing: Thing) -> Iterator[ChangeRejected]:
        """Whoever is granted a role has each right in each way in which it is included, and asks why of each."""
        if self.too_deep is None:
            self.too_deep = dict(self._found_too_deep())
        for role, text in self.too_deep.items():
            if role == uuid or (self.things[role].place < 0 and uuid in included(role, self.things)):
                yield ChangeRejected("too_deep", f"includes: {text}", field="includes")

    def _found_too_deep(self) -> Iterator[tuple[str, str]]:
        for uuid, (levels, ways) in bundles(self.things).items():
            if levels > DEEPEST_BUNDLE or ways > MOST_WAYS:
                text = f"{self.things[uuid].name} would hold {levels} levels of job-function roles, in {ways} ways"
                yield uuid, f"{text}; {DEEPEST_BUNDLE} levels and {MOST_WAYS} ways are allowed"

    def _uri_stays(self, uuid: str, thing: Thing) -> Iterator[ChangeRejected]:
        yield from self._stays(uuid, thing, "uri", "KOMBIT knows the role by it; make a new role instead")

    def _role_uri_stays(self, uuid: str, thing: Thing) -> Iterator[ChangeRejected]:
        yield from self._stays(uuid, thing, "uri", "its system knows the role by it; make a new role instead")

    def _parameter_stays(self, uuid: str, thing: Thing) -> Iterator[ChangeRejected]:
        yield from self._stays(uuid, thing, "parameter", "KOMBIT holds the old one; make a new setting instead")

    def _stays(self, uuid: str, thing: Thing, name: str, why: str) -> Iterator[ChangeRejected]:
        before = self.kept[uuid].values.get(name) if uuid in self.kept else None
        told = thing.values.get(name)
        if before and told and told != before:
            yield ChangeRejected("wrong_value", f"{name}: it is {before} and never changes: {why}", field=name)

    def _unique(self, uuid: str, thing: Thing, name: str) -> Iterator[ChangeRejected]:
        told = thing.values.get(name)
        for other, each in {**self.kept, **self.things}.items():
            is_other = other != uuid and each.kind == thing.kind and each.place < thing.place
            if told and is_other and each.values.get(name) == told:
                if name == "uri" and each.values.get("delegated_from_cvr") != thing.values.get("delegated_from_cvr"):
                    continue  # identity is CVR and URI (kombit_access.md pitfall 25)
                yield ChangeRejected("taken", f"{name}: {each.name} ({other}) has {told} already", field=name)

    def _own_uri(self, uuid: str, thing: Thing) -> Iterator[ChangeRejected]:
        yield from self._unique(uuid, thing, "uri")

    def _own_uri_in_system(self, uuid: str, thing: Thing) -> Iterator[ChangeRejected]:
        """Receivers know a system role by its URI: one of a system has it, and a common one is not a sensitive one by
        another name. Systems for test and production may have the same roles, which become sensitive together."""
        uri = thing.values.get("uri")
        for other, each in {**self.kept, **self.things}.items():
            if not uri or other == uuid or each.kind != thing.kind or each.over or each.values.get("uri") != uri:
                continue
            if each.place >= thing.place:
                continue
            if each.one("system") == thing.one("system"):
                yield ChangeRejected("taken", f"uri: {each.name} ({other}) has {uri} already", field="uri")
            elif bool(each.values.get("sensitive")) != bool(thing.values.get("sensitive")):
                is_it = "is sensitive" if each.values.get("sensitive") else "is not sensitive"
                text = f"sensitive: {each.name} ({other}) of another system has the same URI, and {is_it}"
                yield ChangeRejected("wrong_value", text, field="sensitive")

    def _not_by_case_alone(self, uuid: str, thing: Thing) -> Iterator[ChangeRejected]:
        """Some systems compare URIs without regard to case, and would take one role for the other
        (kombit_access.md §3: rule 13)."""
        uri = str(thing.values.get("uri") or "")
        for other, each in {**self.kept, **self.things}.items():
            known = str(each.values.get("uri") or "")
            if other == uuid or each.kind != thing.kind or each.over or each.place >= thing.place or known == uri:
                continue
            same_authority = each.values.get("delegated_from_cvr") == thing.values.get("delegated_from_cvr")
            if same_authority and known.casefold() == uri.casefold():
                text = f"uri: {each.name} ({other}) has {known}, and some systems don't tell it from {uri}"
                yield ChangeRejected("taken", text, field="uri")

    def _not_reconnects_own(self, uuid: str, thing: Thing) -> Iterator[ChangeRejected]:
        """What is said of a URI's sensitivity is said of all roles that have it: REConnect's own have theirs alone."""
        uri = str(thing.values.get("uri") or "")
        own = f"{OWN_SYSTEM}:{uri.removeprefix(OWN_ROLE_URI)}"
        if uri.startswith(OWN_ROLE_URI) and thing.values.get("key") != own:
            text = f"uri: {OWN_ROLE_URI}… is for REConnect's own roles; choose another"
            yield ChangeRejected("taken", text, field="uri")

    def _own_parameter(self, uuid: str, thing: Thing) -> Iterator[ChangeRejected]:
        yield from self._unique(uuid, thing, "parameter")

    # -- settings -------------------------------------------------------------------------------------------------

    def _suits(self, uuid: str, thing: Thing) -> Iterator[ChangeRejected]:
        type_ = self.things.get(thing.one("type") or "")
        if type_ is None:
            return
        derived = thing.values.get("derived")
        set_ = [name for name in ("fixed", "derived", "unlimited") if thing.values.get(name)]
        if len(set_) > 1:
            text = f"{set_[1]}: {set_[0]} is set as well; of fixed, derived and unlimited a setting has one"
            yield ChangeRejected("wrong_value", text, field=set_[1])
        if derived:
            kind = derivation(derived).kind
            content = type_.values.get("content") or "other"
            if not kind.suits(content):
                text = f"derived: {kind.name} is for {' or '.join(kind.contents)}, and {type_.name} is {content}"
                yield ChangeRejected("wrong_value", text, field="derived")
        wrong = refused_value(type_.values, type_.name, thing.values.get("fixed") or ())
        if wrong is not None:
            yield ChangeRejected("wrong_value", f"fixed: {wrong}", field="fixed")
        yield from self._is_taken(thing, thing.one("type") or "", type_)
        yield from self._is_set_once(uuid, thing, type_)

    def _is_set_once(self, uuid: str, thing: Thing, type_: Thing) -> Iterator[ChangeRejected]:
        """Of two limits of one type in one place, which one holds would be left to chance."""
        for other, each in self.things.items():
            is_rival = each.kind == thing.kind and other != uuid and not each.over and _meet(each, thing)
            if not is_rival or not (thing.by_hand or 0 <= each.place < thing.place):
                continue  # what a source told before, and tells no more, ends with this import
            if all(each.one(name) == thing.one(name) for name in ("of", "system_role", "type")):
                text = f"type: {type_.name} is set there already ({other}) on some of these days; change or end that"
                yield ChangeRejected("taken", text, field="type")

    def _is_taken(self, thing: Thing, type_uuid: str, type_: Thing) -> Iterator[ChangeRejected]:
        """The system role takes the type; and what can't be left open is not."""
        owner = self.things.get(thing.one("of") or "")
        system_role = self.things.get(thing.one("system_role") or "")
        is_ours = owner is not None and not owner.values.get("delegated_from_cvr")
        if (
            owner is not None
            and is_ours
            and system_role is not None
            and thing.one("system_role") not in self._set_by(owner)
        ):
            text = (
                f"system_role: {owner.name} does not include {system_role.name} itself; set it where that is included"
            )
            yield ChangeRejected("wrong_value", text, field="system_role")
        if system_role is None:
            yield from self._is_taken_by_any(thing, type_uuid, type_)
            return
        required = system_role.links.get("required_types", [])
        taken = [*required, *system_role.links.get("optional_types", [])]
        if type_uuid not in taken:
            names = ", ".join(sorted(self.things[each].name for each in taken if each in self.things)) or "none"
            text = f"type: {system_role.name} can't be limited by {type_.name}; it takes {names}"
            yield ChangeRejected("wrong_value", text, field="type")
        elif thing.values.get("unlimited") and type_uuid in required:
            text = f"unlimited: {system_role.name} needs a limit of {type_.name}"
            yield ChangeRejected("wrong_value", text, field="unlimited")

    def _is_taken_by_any(self, thing: Thing, type_uuid: str, type_: Thing) -> Iterator[ChangeRejected]:
        owner = self.things.get(thing.one("of") or "")
        if owner is None or owner.values.get("delegated_from_cvr"):
            return
        rights = [self.things[each] for each in self._set_by(owner) if each in self.things]
        roles = [each for each in rights if each.kind == "SystemRole" and not each.over]
        taken = {uuid for each in roles for name in _TAKEN for uuid in each.links.get(name, ())}
        if rights and type_uuid not in taken:
            names = ", ".join(sorted(self.things[each].name for each in taken if each in self.things)) or "none"
            text = f"type: nothing that {owner.name} gives can be limited by {type_.name}; it takes {names}"
            yield ChangeRejected("wrong_value", text, field="type")
        needing = next((each for each in roles if type_uuid in each.links.get("required_types", ())), None)
        if thing.values.get("unlimited") and needing is not None:
            text = f"unlimited: {needing.name} needs a limit of {type_.name}; name the system role that it is for"
            yield ChangeRejected("wrong_value", text, field="unlimited")

    def _set_by(self, owner: Thing) -> Collection[str]:
        """uuids of what a setting can limit: of a grant all that it gives, of a job-function role what it includes
        itself."""
        if owner.kind == "Grant":
            return included(owner.one("gives") or "", self.things)
        return owner.links.get("includes", ())

    # -- grants ---------------------------------------------------------------------------------------------------

    def _is_set(self, uuid: str, thing: Thing) -> Iterator[ChangeRejected]:
        """Each required type of each system role that it gives is set, on the role or with the grant."""
        with_grant = self._settings(uuid)
        for role, system_role in self._given(thing.one("gives") or ""):
            on_role = self._settings(role) if role is not None else {}
            for type_ in self.things[system_role].links.get("required_types", ()):
                setting = on_role.get((system_role, type_)) or on_role.get((None, type_))
                given = with_grant.get((None, type_)) or with_grant.get((system_role, type_))
                name = self.things[type_].name if type_ in self.things else type_
                if setting is None and given is None:
                    where = f" of {self.things[role].name}" if role is not None else ""
                    text = (
                        f"gives: {self.things[system_role].name}{where} needs a limit of {name}, and none is set. "
                        "Set it on the job-function role, or with the grant"
                    )
                    yield ChangeRejected("mandatory_not_configured", text, field="gives")
                elif setting is not None and setting.values.get("derived") == GIVEN_WITH_GRANT and given is None:
                    text = f"gives: {name} is to be given with the grant, and is not"
                    yield ChangeRejected("mandatory_not_configured", text, field="gives")

    def _waits_for_limits(self, uuid: str, thing: Thing) -> Iterator[ChangeRejected]:
        """A limit that came with it is refused, so an optional type would be open: nobody gets more meanwhile."""
        before = self.kept.get(uuid)
        if not self.lost or (before and all(thing.links.get(each) == before.links.get(each) for each in _GIVING)):
            return
        with_grant = self._settings(uuid)
        is_role = thing.kind == "JobFunctionRole"
        for role, system_role in self._given(uuid if is_role else thing.one("gives") or ""):
            on_role = self._settings(role) if role is not None else {}
            for type_ in self.things[system_role].links.get("optional_types", ()):
                places = ((system_role, type_), (None, type_))
                is_set = any(each in settings for settings in (on_role, with_grant) for each in places)
                if not is_set and any(of in (None, role, uuid) and what in (None, type_) for of, what in self.lost):
                    name = self.things[type_].name if type_ in self.things else type_
                    text = (
                        f"{self.things[system_role].name} would not be limited by {name}, and a constraint setting "
                        "that came with it is refused: correct that first"
                    )
                    yield ChangeRejected("limit_refused", text, field="includes" if is_role else "gives")

    def _about_narrows(self, matched: MatchedStatement, thing: Thing) -> Iterator[ChangeRejected]:
        """What a grant is about narrows holders of a role, and limits that follow from responsibilities; nobody."""
        named = {each.to.kind for each in matched.statement.links.get("given_to", ())}
        if thing.kind != "Grant" or not thing.links.get("responsibilities") or named <= {"Role"}:
            return
        limited = {matched.uuid, *included(thing.one("gives") or "", self.things)}
        settings = (each for each in self.things.values() if each.kind == "ConstraintSetting" and not each.over)
        if not any(each.one("of") in limited and each.values.get("derived") in OF_RESPONSIBILITY for each in settings):
            text = "about: it narrows only who holds a role: name roles in givenTo, or leave about out"
            yield ChangeRejected("wrong_value", text, field="about")

    def _given(self, right: str) -> Iterator[tuple[str | None, str]]:
        """(job-function role or None, system role) of all that a right includes; of delegated roles nothing."""
        if right in self.things and self.things[right].kind == "SystemRole":
            yield None, right
            return
        met = {right}
        waiting = [right]
        while waiting:
            at = waiting.pop()
            thing = self.things.get(at)
            if thing is None or thing.values.get("delegated_from_cvr"):
                continue
            for each in thing.links.get("includes", ()):
                if each in self.things and self.things[each].kind == "SystemRole":
                    yield at, each
                elif each not in met:
                    met.add(each)
                    waiting.append(each)

    def _settings(self, of: str) -> dict[tuple[str | None, str], Thing]:
        return {
            (each.one("system_role"), type_): each
            for each in self.things.values()
            if each.kind == "ConstraintSetting"
            and not each.over
            and each.one("of") == of
            and (type_ := each.one("type")) is not None
        }


def _meet(one: Thing, other: Thing) -> bool:
    """There is a day of both."""
    return all(
        until is None or since is None or since < until
        for since, until in ((one.since, other.until), (other.since, one.until))
    )


_BY_KIND: Mapping[str, Sequence[Any]] = {
    "SystemRole": (
        _Rules._role_uri_stays, _Rules._not_reconnects_own, _Rules._own_uri_in_system, _Rules._not_by_case_alone,
    ),
    "JobFunctionRole": (
        _Rules._no_cycle, _Rules._not_too_deep, _Rules._uri_stays, _Rules._own_uri, _Rules._not_by_case_alone,
        _Rules._waits_for_limits,
    ),
    "ConstraintSetting": (_Rules._suits, _Rules._parameter_stays, _Rules._own_parameter),
    "Grant": (_Rules._is_set, _Rules._waits_for_limits),
    "RightsRequest": (_Rules._is_set, _Rules._waits_for_limits),
}  # fmt: skip
