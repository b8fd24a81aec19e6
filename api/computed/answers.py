"""Answers the root fields that a rule of ``graph`` answers first (``api.computed.types.RULES``)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from itertools import islice
from typing import Any

import neo4j
from graphql import GraphQLError

from api.computed.nearest import EVERYBODY, Answer, Asked, Everybody, answers
from api.reads.cursors import uuid_in, uuid_of
from api.reads.filters import camel
from api.reads.known_names import NAMED, Targets, known, one_of
from api.reads.plan import Rule
from api.reads.variables import Values, found
from graph.corrections.distinct_persons import told_apart
from graph.corrections.possible_duplicates import suspicions
from graph.cpr.keyring import Keyring
from graph.errors import GraphError
from graph.identity.lookup import find
from graph.model import KINDS
from graph.questions.disagreements import disagreements
from graph.questions.kle_changes import KleChange, kle_changes
from graph.questions.kle_endings import Ended, ended, shared
from graph.questions.provenance import Claim, Claims, provenance
from graph.questions.unlisted_positions import unmatched_positions
from graph.questions.unmatched import unmatched
from graph.statements.precedence import SourceOrder
from graph.statements.statement import Value

States = Callable[[], Sequence[Answer]]
"""How the sources are doing: maps of the form of ``SourceHealth``. The program knows schedules and runs.

Raises NotAnswering."""


class NotAnswering(GraphError):
    """What knows how the sources are doing does not answer; asking again later mends it."""

    code = "unavailable"


USUAL = 100  # of a list, where first does not say otherwise
LARGEST = 10_000


def _no_states() -> Sequence[Answer]:
    return ()


@dataclass(slots=True)
class Rules:
    """What the rules work with."""

    driver: neo4j.Driver
    keyring: Keyring
    order: SourceOrder = field(default_factory=SourceOrder)
    states: States = _no_states
    role_rules: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Name → responsibilities that it names, of the role rules in the settings."""
    targets: Targets = field(default_factory=dict)
    everybody: Everybody = field(default_factory=Everybody)

    def answer(
        self, rule: Rule, values: Values, today: date, rights: frozenset[str]
    ) -> Sequence[Answer] | Answer | str:
        """One map an answer. Raises GraphError (unknown_unit …), GraphQLError (over_limit, unknown_kind)."""
        asked = {name: found(value, values) for name, value in rule.arguments.items()}
        day: date = asked.get("at") or today
        match rule.field:
            case "said":
                return self._said(asked, day, rights)
            case "disagreements":
                return self._disagreements(asked, day, rights)
            case "suspicions":
                told = islice(suspicions(self.driver, self.keyring), _first(asked))
                return [{"persons": list(each.persons), "why": each.why} for each in told]
            case "toldApart":
                apart = islice(told_apart(self.driver), _first(asked))
                return [{**asdict(each), "persons": list(each.persons)} for each in apart]
            case "unmatched":
                one_of("kind", asked.get("kind"), KINDS)
                self._require_source(asked)
                waiting = islice(unmatched(self.driver, asked.get("kind"), asked.get("source")), _first(asked))
                return [
                    {**asdict(each), "candidates": list(each.candidates), "decide": each.decide or None}
                    for each in waiting
                ]
            case "unmatchedPositions":
                return [asdict(each) for each in islice(unmatched_positions(self.driver, day), _first(asked))]
            case "sources":
                return self.states()
            case "endedKle":
                gone = ended(self.driver, day, asked.get("since"), self.role_rules)
                used = [each for each in gone if each.is_used or asked.get("unused")]
                return [_ended_kle(each) for each in used]
            case "kleChanges":
                run = None if asked.get("run") is None else self._known("run", uuid_of(asked["run"]))
                changed = kle_changes(self.driver, run, asked.get("after") or 0)
                return [_kle_change(each) for each in islice(changed, _first(asked))]
            case "sharedKle":
                return [{"node": node, "units": units} for node, units in shared(self.driver, day)]
            case _ if rule.field == NAMED:
                return self._known(asked["what"], asked["name"])
            case _ if rule.field == EVERYBODY:
                return self.everybody.on(self.driver, day)
        for each in asked.get("types") or ():
            self._known("employment type", each)
        return answers(rule.field, asked, self.driver, day)

    def _known(self, what: str, name: str) -> str:
        return known(self.driver, self.order, self.targets, what, name)

    def _said(self, asked: Asked, day: date, rights: frozenset[str]) -> list[Answer]:
        kind = _kind(asked)
        with self.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            uuid = find(session, kind, asked["thing"]).uuid
        told = provenance(self.driver, self.order, kind, uuid, day)
        return [_form(each) for each in told if _may(each, rights)]

    def _require_source(self, asked: Asked) -> None:
        if asked.get("source") is not None:
            self._known("source", asked["source"])

    def _disagreements(self, asked: Asked, day: date, rights: frozenset[str]) -> list[Answer]:
        kind = KINDS[_kind(asked)]
        stated = [each.name for each in kind.properties] + [each.name for each in kind.links]
        names = ("exists", *map(camel, stated))
        one_of("property", camel(_snake(asked.get("property")) or "exists"), names)
        self._require_source(asked)
        told = disagreements(
            self.driver,
            self.order,
            _kind(asked),
            day,
            name=_snake(asked.get("property")),
            source=asked.get("source"),
            after="" if asked.get("after") is None else uuid_in(asked["after"]),
        )
        shown = (each for each in told if _may(each.said, rights))
        return [{"thing": each.uuid, "said": _form(each.said)} for each in islice(shown, _first(asked))]


def _kle_change(each: KleChange) -> Answer:
    return {**asdict(each), "successors": list(each.successors)}


def _ended_kle(each: Ended) -> Answer:
    return {
        "node": each.node,
        "number": each.number,
        "title": each.title,
        "ended": each.end.isoformat(),
        "how": each.how,
        "successors": list(each.successors),
        "living": list(each.living),
        "cycle": each.cycle,
        "proposal": each.proposal,
        "proposed": list(each.proposed),
        "performedBy": each.users["performed_by"],
        "responsibleUnits": each.users["responsible"],
        "interestedUnits": each.users["interested"],
        "assignments": each.users["assignments"],
        "substitutions": each.users["scopes"],
        "roleRules": list(each.rules),
    }


def _kind(asked: Asked) -> str:
    kind = str(asked["kind"])
    if kind not in KINDS:
        raise GraphQLError(f"kind: one of {', '.join(KINDS)}", extensions={"code": "unknown_kind"})
    return kind


def _first(asked: Asked) -> int:
    first = asked.get("first")
    if first is None:
        return USUAL
    if not 0 < first <= LARGEST:
        raise GraphQLError(f"first: ask for 1 to {LARGEST} at a time", extensions={"code": "over_limit"})
    return int(first)


def _snake(name: str | None) -> str | None:
    """camelCase of the API → snake_case of the model."""
    return None if name is None else "".join(f"_{each.lower()}" if each.isupper() else each for each in name)


def _may(said: Claims, rights: frozenset[str]) -> bool:
    return said.access == "open" or said.access in rights


def _form(said: Claims) -> Answer:
    return {
        "property": camel(said.name),
        "rule": said.rule,
        "disagree": said.disagree,
        "sayings": [_saying(each) for each in said.sayings],
    }


def _saying(saying: Claim) -> Answer:
    return {
        "source": saying.source,
        "key": saying.record,
        "value": _text(saying.value) if saying.key is None else saying.key,
        "thing": saying.to,
        "from": saying.period.start.isoformat(),
        "to": None if saying.period.end is None else saying.period.end.isoformat(),
        "learnt": saying.learnt or None,
        "holds": saying.holds,
    }


def _text(value: Value | None) -> Any:
    if value is None:
        return None
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
