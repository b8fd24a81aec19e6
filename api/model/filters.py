"""The filters of lists: each one's argument and type, and its condition in Cypher."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from api.access.field_groups import group_of_changes
from api.model.cursors import uuids_of
from api.model.variables import plain
from graph.collation import SORT_KEY, caption, in_cypher, words
from graph.identity.lookup import canonical
from graph.model import KINDS
from graph.model.accounts import ACCOUNT_REQUEST_STATES
from graph.model.kind import WordSet
from graph.model.rights import ATTESTATION_STATES, REQUEST_STATES, STEP_STATES
from graph.statements.normal_text import normal

FILTERED = ("name", "title", "number", "code", "type", "key", "login", "position_code", "institution")
SEARCHED = ("name", "title", "login")
_PLAIN = {"integer": "Int"}
"""The types of filters by values other than texts."""


@dataclass(frozen=True, slots=True)
class Linked:
    """How a condition follows links. ``in_force``: the condition that a relationship is in force on the day.

    ``inside``: (kinds, variable) → the condition that the caller may read what it leads to, after AND; "" if there is
    none: a filter must not reveal what can't be read.
    """

    in_force: Callable[[str], str]
    inside: Callable[[Sequence[str], str], str]
    exists_from: Callable[[str], str]
    """The first day of a thing, as Cypher."""
    exists_to: Callable[[str], str]
    """The day after its last, as Cypher."""

    def thing(self, kind: str, name: str) -> tuple[str, str]:
        """(a thing of the kind in a pattern, the condition that the caller may read it)."""
        condition = self.inside((kind,), name)
        return f"({name if condition else ''}:{kind})", condition


def step_between_units(part: str, inside: Callable[[Sequence[str], str], str]) -> str:
    """The condition that both units of a step in the tree may be read, after AND; "" if there is none."""
    return inside(("Unit",), f"startNode({part})") + inside(("Unit",), f"endNode({part})")


Condition = Callable[[str, str, str, Linked], str]
"""(identity node, node of the day's values, parameter, how links are followed) → Cypher."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One argument of a list."""

    name: str
    type: str
    condition: Condition
    doc: str = ""
    empty: Callable[[str], str] | None = None
    """The meaning of null, if it is allowed: (node of the day's values) → Cypher."""
    names: str = ""
    """What the value names, if it must be known (``api.model.known_names``)."""
    form: Callable[[Any], Any] | None = None
    """Converts the value, for example to the form in which texts are kept. Raises GraphQLError."""
    only_now: str = ""
    """Why it can't filter by what was known on another day; empty if it can."""
    group: str = ""
    """The field group that a reader's role may lack."""


def camel(name: str) -> str:
    """snake_case of the model → camelCase of GraphQL."""
    first, *rest = name.split("_")
    return first + "".join(each.capitalize() for each in rest)


def snake(name: str) -> str:
    """camelCase of GraphQL → snake_case of the model; what is snake_case already stays."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def of_kind(kind: str) -> dict[str, Filter]:
    """The filters of a kind's list, by argument."""
    of_any_name = "Only those with one of these names: UUIDs, keys in a source, or natural keys"
    found = [*_every(kind), Filter("keys", "[ID!]", _keys(kind), of_any_name, form=_names_of)]
    for prop in KINDS[kind].properties:
        if prop.name in FILTERED:
            doc = f"Only those with this {_words_of(prop.name)}; null = those without one"
            names = "employment type" if (kind, prop.name) == ("Employment", "type") else ""
            is_text = prop.type == "text"
            type_, form = ("String", normal) if is_text else (_PLAIN[prop.type], None)
            found.append(Filter(camel(prop.name), type_, _equals(prop.name), doc, _empty(prop.name), names, form))
        if prop.name in SEARCHED:
            found.append(
                Filter(
                    f"{camel(prop.name)}Contains",
                    "String",
                    _like(prop.name, "CONTAINS"),
                    f"Only those whose {_words_of(prop.name)} contains this, in upper or lower case",
                    form=normal,
                )
            )
            found.append(
                Filter(
                    f"{camel(prop.name)}Starts",
                    "String",
                    _like(prop.name, "STARTS WITH"),
                    f"Only those whose {_words_of(prop.name)} begins with this, in upper or lower case",
                    form=normal,
                )
            )
    named_by = caption(kind)
    if named_by in SEARCHED:
        doc = (
            f"Only those whose {_words_of(named_by)} contains these words, in any order and case. The beginning of "
            "each word is enough, for a search as you type"
        )
        found.append(Filter("search", "String", _words(named_by), doc, form=words))
    found += _BY_KIND.get(kind, ())
    return {each.name: each for each in found}


def _words_of(name: str) -> str:
    """A property's name in words."""
    return name.replace("_", " ")


def _equals(name: str) -> Condition:
    return lambda n, v, p, by: f"{v}.{name} = {p}"


def _empty(name: str) -> Callable[[str], str]:
    return lambda v: f"{v}.{name} IS NULL"


def _like(name: str, operator: str) -> Condition:
    return lambda n, v, p, by: f"toLower({v}.{name}) {operator} toLower({p})"


def _words(name: str) -> Condition:
    def condition(n: str, v: str, p: str, by: Linked) -> str:
        # The node's own key is already in the form that is compared.
        key = f"{n}.{SORT_KEY}" if v == n else in_cypher(f"{v}.{name}")
        return f"all(word IN {p} WHERE {key} STARTS WITH word OR {key} CONTAINS ' ' + word)"

    return condition


def _uuids(n: str, v: str, p: str, by: Linked) -> str:
    return f"{n}.uuid IN {p}"


def _keys(kind: str) -> Condition:
    """By any name, also by the UUID of a person who was joined into this one."""
    natural = KINDS[kind].natural

    def condition(n: str, v: str, p: str, by: Linked) -> str:
        of_source = f"EXISTS {{ MATCH (record:SourceRecord)-[:TELLS]->({n}) WHERE record.key IN {p} }}"
        also = f" OR {n}.{natural} IN {p}" if natural else ""
        if kind == "Person":
            former = f"MATCH (former:Person)-[:JOINED_INTO*1..]->({n}) WHERE former.uuid IN {p}"
            also = f"{also} OR EXISTS {{ {former} }}"
        return f"{n}.uuid IN {p}{also} OR {of_source}"

    return condition


def _names_of(asked: list[str]) -> list[str]:
    """The names, and those of them that are UUIDs in the form in which the graph has them."""
    return [*asked, *(uuid for each in asked if (uuid := canonical(each)) is not None)]


def _changed_since(n: str, v: str, p: str, by: Linked) -> str:
    return f"EXISTS {{ MATCH ({n})<-[:CONCERNS]-(c:Change) WHERE c.number > {p} }}"


def _changed_after(n: str, v: str, p: str, by: Linked) -> str:
    return f"EXISTS {{ MATCH ({n})<-[:CONCERNS]-(c:Change) WHERE c.at > datetime({p}) }}"


def _source(n: str, v: str, p: str, by: Linked) -> str:
    return f"EXISTS {{ MATCH (record:SourceRecord {{source: {p}}})-[:TELLS]->({n}) }}"


def _below(way: str, ties: tuple[str, ...] = ()) -> Condition:
    """``way``: from the thing to a unit, over the relationship ``at``; empty for a unit itself. ``ties``: the kinds of
    what {tie} stands for in it."""

    def condition(n: str, v: str, p: str, by: Linked) -> str:
        lies = by.inside(ties, "tie") if ties else ""
        start = f"({n}){way}(place:Unit)" if way else f"(place:Unit {{uuid: {n}.uuid}})"
        start = start.replace("{tie}", "tie" if lies else "")
        at = f"AND {by.in_force('at')}{lies}" if way else ""
        return f"""EXISTS {{
            MATCH {start}
            MATCH (place)-[parts:PART_OF*0..]->(top:Unit)
            WHERE all(part IN parts WHERE {by.in_force("part")}{step_between_units("part", by.inside)}) {at}
              AND top.uuid = {p}
        }}"""

    return condition


def _kle(way: str) -> Condition:
    def condition(n: str, v: str, p: str, by: Linked) -> str:
        return f"""EXISTS {{
            MATCH ({n})-[does:{way}]->(:KleNode)-[:WITHIN*0..]->(:KleNode {{number: {p}}})
            WHERE {by.in_force("does")}
        }}"""

    return condition


def _role_held(n: str, v: str, p: str, by: Linked) -> str:
    assignment, lies = by.thing("Assignment", "assignment")
    return f"""EXISTS {{
        MATCH ({n})-[holds:HOLDS]->{assignment}-[of:OF]->(:Role {{key: {p}}})
        WHERE {by.in_force("holds")} AND {by.in_force("of")}{lies}
    }}"""


def _role_of_person(n: str, v: str, p: str, by: Linked) -> str:
    assignment, lies = by.thing("Assignment", "assignment")
    of_tie = by.inside(("Employment", "Affiliation"), "tie").removeprefix(" AND ")
    tie = f" AND (tie = {n} OR {of_tie})" if of_tie else ""
    return f"""EXISTS {{
        MATCH ({n})-[has:HAS*0..1]->(tie)-[holds:HOLDS]->{assignment}-[of:OF]->(:Role {{key: {p}}})
        WHERE all(each IN has WHERE {by.in_force("each")}) AND {by.in_force("holds")}
          AND {by.in_force("of")}{lies}{tie}
    }}"""


def _role_of_assignment(n: str, v: str, p: str, by: Linked) -> str:
    return f"EXISTS {{ MATCH ({n})-[of:OF]->(:Role {{key: {p}}}) WHERE {by.in_force('of')} }}"


def _position(n: str, v: str, p: str, by: Linked) -> str:
    return f"""EXISTS {{
        MATCH ({n})-[as:AS]->(position:Position)
        WHERE {by.in_force("as")} AND (position.uuid = {p} OR position.code = {p})
    }}"""


def _root(n: str, v: str, p: str, by: Linked) -> str:
    above, lies = by.thing("Unit", "above")
    return f"NOT EXISTS {{ MATCH ({n})-[up:PART_OF]->{above} WHERE {by.in_force('up')}{lies} }} = {p}"


def _is(name: str) -> Condition:
    """By a yes/no property; without a value it is no."""
    return lambda n, v, p, by: f"coalesce({v}.{name}, false) = {p}"


def _begins_after(n: str, v: str, p: str, by: Linked) -> str:
    return f"{by.exists_from(n)} > {p}"


def _ends_before(n: str, v: str, p: str, by: Linked) -> str:
    return f"{by.exists_to(n)} <= {p}"


def _linked(*types: str) -> Condition:
    """To the thing with this uuid."""
    return lambda n, v, p, by: (
        f"""EXISTS {{
        MATCH ({n})-[of:{"|".join(types)}]->(linked {{uuid: {p}}})
        WHERE {by.in_force("of")}
    }}"""
    )


def _for_person(n: str, v: str, p: str, by: Linked) -> str:
    """For the person, or an employment or affiliation of the person's. It counts before it is wanted as well."""
    return f"""EXISTS {{
        MATCH ({n})-[:GIVEN_TO]->(whose)
        WHERE whose.uuid = {p} OR EXISTS {{ MATCH (:Person {{uuid: {p}}})-[:HAS]->(whose) }}
    }}"""


def _state(allowed: WordSet) -> Filter:
    return Filter("state", allowed.name, _equals("state"), "Only those in this state", form=plain)


def _every(kind: str) -> tuple[Filter, ...]:
    """Those of every kind."""
    since = "Only what has changed after this number of the change log"
    after = "Only what has changed after this moment or day"
    begins = "Only those whose first day is after this day; read them of a period"
    group = group_of_changes(kind)
    return (
        Filter("uuids", "[ID!]", _uuids, "Only those with one of these UUIDs", form=uuids_of),
        Filter("changedSince", "Int", _changed_since, since, group=group),
        Filter("changedAfter", "Moment", _changed_after, after, group=group),
        Filter("beginsAfter", "Date", _begins_after, begins),
        Filter("endsBefore", "Date", _ends_before, "Only those whose last day is before this day"),
        Filter(
            "source",
            "String",
            _source,
            "Only things with a record in this source",
            names="source",
            only_now="the records of sources are kept as they are now",
        ),
    )


_UNDER = "uuid or a source's key of a unit: in it or anywhere below"
_ON_LEAVE = Filter("onLeave", "Boolean", _is("on_leave"), "Only those on leave on the day; false: only the others")
_BY_KIND: dict[str, tuple[Filter, ...]] = {
    "Unit": (
        Filter("below", "ID", _below(""), "uuid or a source's key of a unit: it and all below it", names="Unit"),
        Filter(
            "kle",
            "ID",
            _kle("PERFORMS|RESPONSIBLE_FOR|INTERESTED_IN"),
            "KLE number, and all within it",
            names="KleNode",
        ),
        Filter("root", "Boolean", _root, "Has no unit above it"),
    ),
    "Employment": (
        Filter("below", "ID", _below("-[at:IN]->"), _UNDER, names="Unit"),
        Filter("role", "ID", _role_held, "Holds this role: its key or UUID", names="Role"),
        Filter("position", "ID", _position, "Its position: code or UUID", names="Position"),
        _ON_LEAVE,
    ),
    "Affiliation": (
        Filter("below", "ID", _below("-[at:IN]->"), _UNDER, names="Unit"),
        Filter("role", "ID", _role_held, "Holds this role: its key or UUID", names="Role"),
        _ON_LEAVE,
    ),
    "Person": (
        Filter(
            "below", "ID", _below("-[:HAS]->({tie})-[at:IN]->", ("Employment", "Affiliation")), _UNDER, names="Unit"
        ),
        Filter("role", "ID", _role_of_person, "Holds this role: its key or UUID", names="Role"),
        Filter("stopped", "Boolean", _is("stopped"), "All rights are stopped on the day; false: they are not"),
    ),
    "Assignment": (
        Filter("below", "ID", _below("-[at:FOR]->"), "Counts for a unit that is this one or below it", names="Unit"),
        Filter("role", "ID", _role_of_assignment, "Of this role: its key or UUID", names="Role"),
        Filter("kle", "ID", _kle("ABOUT"), "About this KLE number or one within it", names="KleNode"),
    ),
    "RightsRequest": (
        _state(REQUEST_STATES),
        Filter("person", "ID", _for_person, "uuid or a source's key of the person for whom it is", names="Person"),
    ),
    "AccountRequest": (
        _state(ACCOUNT_REQUEST_STATES),
        Filter("person", "ID", _linked("OF_PERSON"), "uuid or a source's key of the person", names="Person"),
    ),
    "Attestation": (
        _state(ATTESTATION_STATES),
        Filter("person", "ID", _linked("OF_PERSON"), "uuid or a source's key of the holder", names="Person"),
    ),
    "ManualStep": (
        _state(STEP_STATES),
        Filter("person", "ID", _linked("OF_PERSON"), "uuid or a source's key of the person", names="Person"),
        Filter("system", "ID", _linked("AT"), "uuid or key of the system", names="ItSystem"),
    ),
}
