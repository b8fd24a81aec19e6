"""From a mutation's arguments to statements by hand."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

import anyio.to_thread
import neo4j
from graphql import GraphQLError
from strawberry import ID, UNSET

from api.access.cpr_readings import looked_up
from api.access.rights import OWN, WHERE, WRITE
from api.context import Context
from api.enums import word_of
from api.mutations import giving, oneself
from api.mutations.guarding import Guarding, makes_common
from api.mutations.inputs import AssignedUnitInput, HolderInput, PlaceInput, ResponsibilityInput, Written
from api.mutations.part import Part
from api.named_arguments import extensions_of, in_argument
from api.reads.filters import camel
from graph.as_of import exists_or_will, not_over
from graph.change_log import Origin
from graph.cpr.keyring import NOT_A_NUMBER, number_in
from graph.errors import ChangeRejected, Conflict, GraphError, Unknown
from graph.identity.lookup import canonical, find, responsibility_kind
from graph.model import KINDS, Property
from graph.model.rights import prefixed
from graph.questions.preview.sizes import SIZED, refuse_too_large
from graph.questions.rights.steady import newest_change
from graph.rehearsal import Rehearsal
from graph.statements import normal_text
from graph.statements.precedence import MANUAL
from graph.statements.statement import DatedLink, DatedValue, Ref, Scalar, Statement, Value
from graph.statements.written_numbers import decimal, integer
from graph.time import EmptyPeriod, Period, period, today, without, written_day
from graph.writing.amending import Amendment, Guard
from graph.writing.graph_writer import GraphWriter
from graph.writing.graph_writer import Written as Changed
from graph.writing.retrying import Stale

Edit = Callable[[Statement], Statement]
DatedLinks = tuple[Period, Sequence[DatedLink]]
"""The days of a change of links, and what there is on them."""
T = TypeVar("T")


class Editing(Guarding):
    """One mutation of one request. ``do`` runs it in a thread, and turns refusals into GraphQL errors."""

    def __init__(
        self,
        context: Context,
        mutation: str,
        reason: str,
        roles: frozenset[str] | None = None,
        *,
        checks_itself: bool = False,
    ) -> None:
        """``roles``: those that may make the change, where not all may that may make the mutation. ``checks_itself``:
        whether the mutation itself checks who may do it, since it depends on what it is about."""
        if not checks_itself:
            context.access.require_write(mutation)
        may = WRITE[mutation] if roles is None else WRITE[mutation] & roles
        is_own = WHERE[mutation] == OWN
        is_whole = checks_itself or is_own or bool(may & context.access.everywhere) or not context.access.within
        self._part = None if is_whole else Part(context.driver, context.access, mutation, may)
        if not reason.strip():
            raise GraphQLError("reason: say why, for the change log", extensions={"code": "reason"})
        try:
            normal_text.refuse(reason, "reason", words=True)
        except ChangeRejected as refused:
            raise as_graphql(refused, context.driver) from refused
        self._context, self._mutation = context, mutation
        self.reason = normal_text.normal(reason)
        self.origin = Origin(MANUAL, user=context.access.name, reason=self.reason)

    @property
    def driver(self) -> neo4j.Driver:
        """The graph that is changed; in a preview the rehearsal's."""
        return self._context.driver

    async def do(self, work: Callable[["Editing"], T]) -> T:
        try:
            return await anyio.to_thread.run_sync(lambda: work(self))
        except Stale as error:
            text = "There is one with this key already, or it was changed meanwhile. Read it again, then decide."
            raise GraphQLError(text, extensions={"code": "conflict"}) from error
        except (GraphError, EmptyPeriod) as error:
            if self._part is not None and isinstance(error, ChangeRejected):
                error = self._part.shown(error)
            raise as_graphql(error, self._context.driver) from error

    # -- finding ------------------------------------------------------------------------------------------------

    def uuid(self, kind: str, name: str) -> str:
        """Raises Unknown, Ambiguous; GraphQLError (forbidden) for what does not lie where the caller may change it."""
        part = self._part
        if part is not None:
            return self.read(lambda session: part.find(session, kind, name))
        return self.read(lambda session: find(session, kind, name).uuid)

    def require_parents(self, unit: str) -> None:
        """Raises GraphQLError (forbidden) unless the units above a unit, now and later, lie where the caller may change
        them: what moves, moves away from somewhere."""
        part = self._part
        if part is None:
            return

        def check(session: neo4j.Session) -> None:
            for parent in session.run(_PARENTS, unit=unit, today=today()).value():
                part.require(session, "Unit", parent, wholly=True)

        self.read(check)

    def ref(self, kind: str, name: str) -> Ref:
        return Ref(kind, self.uuid(kind, name), "uuid")

    def responsibility(self, text: str) -> Ref:
        kind, key = responsibility_kind(text)
        try:
            return self.ref(kind, key)
        except Unknown as unknown:
            raise unknown.of("unknown_responsibility", text) from unknown

    def prefixed(self, kind: str, link: str, text: str) -> Ref:
        """``unit:jobcenter``: a thing with its kind in front. Raises ChangeRejected (reference), Unknown."""
        try:
            target, name = prefixed(KINDS[kind].link(link), text)
        except ValueError as wrong:
            raise ChangeRejected("reference", f"{link}: {wrong}", field=link) from wrong
        return self.ref(target, name)

    def holder(self, holder: HolderInput) -> Ref:
        given = {
            kind: name
            for kind, name in (
                ("Employment", holder.employment), ("Affiliation", holder.affiliation), ("Person", holder.person)
            )
            if name is not None
        }  # fmt: skip
        if len(given) != 1:
            raise ChangeRejected("holder", "give exactly one of employment, affiliation, person")
        ((kind, name),) = given.items()
        return self.ref(kind, name)

    def places(self, places: Sequence[PlaceInput | AssignedUnitInput]) -> tuple[DatedLink, ...]:
        return tuple(DatedLink(days(each.from_, each.to), self.ref("Unit", each.unit)) for each in places)

    def looked_up(self, cpr: str) -> str:
        """The ten digits of a CPR number that no person has yet. The look-up is logged in any case.

        Raises ChangeRejected (wrong_value, same_person).
        """
        if isinstance(self._context.driver, Rehearsal):
            text = "a preview looks up no CPR number, since nothing of it would be logged: leave it out"
            raise ChangeRejected("wrong_value", text, field="cpr")
        digits = number_in(cpr)
        if digits is None:
            raise ChangeRejected("wrong_value", NOT_A_NUMBER, field="cpr")
        person = looked_up(self._context.driver, self._context.keyring, digits, self._context.access.name)
        if person is not None:
            raise ChangeRejected(
                "same_person",
                f"the CPR number belongs to the Person {person}: change that person, or omit the number",
                field="cpr",
                things=(("Person", person),),
            )
        return digits

    def responsibilities(self, given: Sequence[ResponsibilityInput]) -> tuple[DatedLink, ...]:
        return tuple(DatedLink(days(each.from_, each.to), self.responsibility(each.responsibility)) for each in given)

    # -- writing ------------------------------------------------------------------------------------------------

    def write(
        self,
        kind: str,
        uuid: str | None,
        edit: Edit,
        expected: int | None = None,
        about: Period | None = None,
        guard: Guard | None = None,
    ) -> Written:
        """``about``: the period that the change is about; it is refused where the thing exists on none of its days."""
        return self.write_all([Amendment(kind, uuid, edit, expected, days=about)], guard)[0]

    def write_all(self, amendments: Sequence[Amendment], guard: Guard | None = None) -> list[Written]:
        self.refuse_out_of_reach(amendments)
        if any(each.kind in SIZED for each in amendments):
            guard = self._with_sizes(guard)
        return [self.told(each) for each in self.writer().amend_all(amendments, self.origin, guard)]

    def refuse_out_of_reach(self, amendments: Sequence[Amendment]) -> None:
        """Raises GraphQLError (forbidden) where a change is outside of the caller's part, or for the caller. Whatever
        needs two people asks this before it notes who is the first."""
        part = self._part
        if part is not None:
            self.read(lambda session: part.require_written(session, amendments))
        self._refuse_for_oneself(amendments)

    def _with_sizes(self, guard: Guard | None) -> Guard:
        """Refuses as well what would give somebody more than a login carries."""
        number = self.read(newest_change) or 0

        def both(tx: neo4j.ManagedTransaction) -> None:
            if guard is not None:
                guard(tx)
            refuse_too_large(tx, number)

        return both

    def changed_with(self, kind: str, thing: str, name: str) -> list[str]:
        """UUID of the thing, and of those that get the same value: system roles of one URI are equally sensitive.

        Raises Unknown, Ambiguous.
        """
        uuid = self.uuid(kind, thing)
        if (kind, name) != ("SystemRole", "sensitive"):
            return [uuid]
        return [uuid, *self.read(lambda session: session.run(_SAME_ROLES, uuid=uuid, today=today()).value())]

    def _refuse_for_oneself(self, amendments: Sequence[Amendment]) -> None:
        self.read(lambda session: giving.refuse(session, self._context.access, self._mutation, amendments))
        self.read(lambda session: oneself.refuse_written(session, self._context.access, self._mutation, amendments))

    def require_may(self, amendments: Sequence[Amendment]) -> None:
        """Before changes are made that another statement than a mutation's has made: as if each were made by hand.

        Raises GraphQLError (forbidden, second_person).
        """
        self._refuse_for_oneself(amendments)
        common = []
        for each in amendments:
            thing = each.uuid or ""
            stated = each.edit(Statement(each.kind, thing))
            for name, values in stated.values.items():
                self.require_other_than_stopper(each.kind, thing, name)
                if makes_common(each.kind, name, values[-1].value if values else None):
                    common.append(thing)
        self.require_second_for_common(common, Period())

    def writer(self) -> GraphWriter:
        return GraphWriter(self._context.driver, self._context.keyring, self._context.order)

    @staticmethod
    def told(written: Changed) -> Written:
        uuid = ID(written.uuid)
        return Written(uuid=uuid, version=written.version, change=written.change, notice=_notice(written))

    def read(self, work: Callable[[neo4j.Session], T]) -> T:
        with self._context.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            return work(session)


_SAME_ROLES = f"""
MATCH (role:SystemRole {{uuid: $uuid}})
MATCH (other:SystemRole {{uri: role.uri}})
WHERE other <> role AND {exists_or_will("other")}
RETURN other.uuid
ORDER BY other.uuid
"""
_PARENTS = f"""
MATCH (:Unit {{uuid: $unit}})-[part:PART_OF]->(above:Unit)
WHERE {not_over("part")}
RETURN above.uuid
"""


_BY_MUTATION = {
    ("Grant", "approved_on"): "approveGrant",
    ("ConstraintSetting", "approved_on"): "approveUnlimited",
}
"""(kind, property) → the mutation of its own that sets it; a file may state it."""


def _notice(written: Changed) -> str | None:
    if written.change is not None:
        return None
    if written.recorded:
        return (
            "Nothing in force has changed: it already had this value. The statement is kept, and outranks the "
            "sources from now on."
        )
    return "No change: it already had this value."


_FROM_IS_MISSING = "give the first day, or null for no beginning, which rewrites history"


def days(start: date | None, end: date | None) -> Period:
    """Raises ChangeRejected (empty_period; wrong_value if it is left open whether there is a first day)."""
    if start is UNSET:
        raise ChangeRejected("wrong_value", f"from: {_FROM_IS_MISSING}", field="from")
    try:
        return period(start, end)
    except EmptyPeriod as empty:
        raise ChangeRejected("empty_period", str(empty), start=start, end=end) from empty


def always(ref: Ref) -> tuple[DatedLink, ...]:
    return (DatedLink(Period(), ref),)


def new(
    life: Period,
    values: Mapping[str, Value | None],
    links: Mapping[str, tuple[DatedLink, ...]],
    cpr: str | None = None,
) -> Edit:
    """A statement of a new thing. Raises ChangeRejected (wrong_value) for a blank one."""
    for name, value in values.items():
        if isinstance(value, str):
            _refuse_blank(name, value)
    dated = {name: (DatedValue(life, value),) for name, value in values.items() if value is not None}
    return lambda kept: replace(kept, exists=(life,), values=dated, links=dict(links), cpr=cpr)


def with_value(name: str, value: Value | None, life: Period) -> Edit:
    """Set a value in a period, instead of what was set by hand for these days. None: it has no value."""

    def edit(kept: Statement) -> Statement:
        values = [*_outside(kept, name, life), DatedValue(life, value)]
        return replace(kept, values={**kept.values, name: tuple(sorted(values, key=lambda each: each.period.start))})

    return edit


def released(name: str, life: Period) -> Edit:
    """Remove what was set by hand of a value in a period."""
    return lambda kept: replace(kept, values={**kept.values, name: tuple(_outside(kept, name, life))})


def _outside(kept: Statement, name: str, life: Period) -> list[DatedValue]:
    return [
        DatedValue(left, each.value) for each in kept.values.get(name, ()) for left in without((each.period,), (life,))
    ]


def with_link(name: str, to: Ref | None, life: Period, **properties: Scalar) -> Edit:
    """Set a link of which one is in force at a time, in a period, instead of what was set by hand for these days; None
    removes it."""

    def edit(kept: Statement) -> Statement:
        links = [
            replace(each, period=left) for each in kept.links.get(name, ()) for left in without((each.period,), (life,))
        ]
        if to is not None:
            links.append(DatedLink(life, to, tuple(properties.items())))
        links.sort(key=lambda each: each.period.start)
        return replace(kept, links={**kept.links, name: tuple(links)})

    return edit


def with_links_in(life: Period, links: Mapping[str, Sequence[Ref]]) -> Edit:
    """Set links of which several are in force at a time, in a period; those set by hand for other days stay."""
    return with_dated_links({name: (life, [DatedLink(life, each) for each in refs]) for name, refs in links.items()})


def with_dated_links(links: Mapping[str, DatedLinks]) -> Edit:
    """Set links, each name's in a period; those set by hand for other days stay."""

    def edit(kept: Statement) -> Statement:
        set_ = dict(kept.links)
        for name, (life, dated) in links.items():
            others = [
                replace(each, period=left)
                for each in kept.links.get(name, ())
                for left in without((each.period,), (life,))
            ]
            new = [replace(each, period=inside) for each in dated if (inside := each.period.overlap(life)) is not None]
            set_[name] = tuple(sorted((*others, *new), key=lambda each: each.period.start))
        return replace(kept, links=set_)

    return edit


def changed_from(day: date | None, dated: Sequence[DatedLink], field: str) -> DatedLinks:
    """Links from the day that is given (changeFrom), else from the first day of the new ones on.

    Raises ChangeRejected (wrong_value): what was before stays for the days before, so the first day must be known.
    """
    first = min((each.period.start for each in dated), default=None)
    start = first if day is None else day
    if start is None:
        text = f"changeFrom: {field} names no day: give the first day of the change; 0001-01-01 = always so far"
        raise ChangeRejected("wrong_value", text, field="changeFrom")
    if day is not None and first is not None and first < day:
        text = (
            f"{field}: {first} is before the first day of the change ({day}); give changeFrom as early, or leave it out"
        )
        raise ChangeRejected("wrong_value", text, field=field)
    return Period(start), dated


def as_kept(name: str) -> str:
    """An id as the graph has it: a UUID in lower case."""
    return canonical(name) or name


def property_of(kind: str, name: str) -> Property:
    """Raises ChangeRejected (unknown_property)."""
    found = next((each for each in KINDS[kind].properties if each.name == name), None)
    if found is None:
        known = [camel(each.name) for each in KINDS[kind].properties if not each.own]
        text = f"{kind} has no property {camel(name)!r}; it has {', '.join(known)}"
        unknown = ChangeRejected("unknown_property", text, field=name)
        unknown.value, unknown.allowed, unknown.argument = camel(name), known, "property"
        raise unknown
    if found.own or (kind, name) in _BY_MUTATION:
        by = _BY_MUTATION.get((kind, name))
        text = "REConnect writes it itself" if by is None else f"{by} sets it"
        raise ChangeRejected("wrong_value", f"{name}: {text}", field=name)
    return found


def parsed(kind: str, name: str, value: str | None) -> Value | None:
    """A property's value from its text; None = no value. Raises ChangeRejected (unknown_property, wrong_value)."""
    found = property_of(kind, name)
    if value is None:
        if name == KINDS[kind].natural:
            raise ChangeRejected("wrong_value", f"{name}: it identifies a {kind} and can't be null", field=name)
        return None
    _refuse_blank(name, value.replace("|", " ") if found.type == "texts" else value)
    try:
        match found.type:
            case "yes_no":
                return {"true": True, "false": False}[value]
            case "integer":
                return integer(value)
            case "decimal":
                return decimal(value)
            case "date":
                return written_day(value).isoformat()
            case "texts":
                return tuple(each.strip() for each in value.split("|"))
    except (KeyError, ValueError) as error:
        text = str(error) if found.type == "date" else f"{value!r} is not a {found.type}"
        raise ChangeRejected("wrong_value", f"{name}: {text}", field=name) from error
    return value if found.one_of is None else word_of(found.one_of, value)


def parsed_texts(kind: str, name: str, values: Sequence[str]) -> Value:
    """The value of a property that is a list of texts. Raises as ``parsed``."""
    found = property_of(kind, name)
    if found.type != "texts":
        raise ChangeRejected("wrong_value", f"{name}: it is one {found.type}; give it as value", field=name)
    if not values:
        raise ChangeRejected("wrong_value", f"{name}: no text is given; value: null clears it", field=name)
    for each in values:
        _refuse_blank(name, each)
    return tuple(each.strip() for each in values)


def _refuse_blank(name: str, value: str) -> None:
    if not normal_text.normal(value):
        raise ChangeRejected(
            "wrong_value", f"{name}: the value is blank; give null if it has no value, or omit it", field=name
        )


def as_graphql(error: Exception, driver: neo4j.Driver) -> GraphQLError:
    """A refusal in GraphQL's form: ``extensions.code``, and for units and days what nearest.yaml's refusals name.
    Properties have the names of the schema."""
    extensions: dict[str, Any] = {"code": "empty_period"}
    if isinstance(error, GraphError):
        extensions = extensions_of(error)
    text = str(error)
    if isinstance(error, ChangeRejected):
        extensions |= {
            "units": list(error.units),
            "unitKeys": _keys(driver, error.units),
            "from": error.start.isoformat() if error.start and error.start != date.min else None,
            "to": error.end.isoformat() if error.end else None,
            "field": camel(error.field) or None,
        }
        text = text.replace(error.field, camel(error.field)) if "_" in error.field else text
        if error.things:
            extensions["things"] = [{"kind": kind, "uuid": uuid} for kind, uuid in error.things]
    elif isinstance(error, Conflict):
        extensions |= {
            "uuid": error.uuid,
            "expectedVersion": error.expected,
            "version": error.found,
            "by": error.by,
            "at": error.at.isoformat() if error.at else None,
            "what": error.what,
        }
    if isinstance(error, GraphError):
        text, extensions = in_argument(text, extensions, error.argument)
    return GraphQLError(text, extensions=extensions)


def _keys(driver: neo4j.Driver, units: Sequence[str]) -> list[str]:
    """What a source calls the units (the first by name), sorted."""
    if not units:
        return []
    rows, _, _ = driver.execute_query(
        """
        UNWIND $units AS uuid
        MATCH (:Unit {uuid: uuid})<-[:TELLS]-(r:SourceRecord)
        WHERE r.source <> $manual
        WITH uuid, r ORDER BY r.source
        RETURN uuid, head(collect(r.key)) AS key
        """,
        units=list(units),
        manual=MANUAL,
    )
    return sorted(row["key"] for row in rows)
