"""A file to play: facts, processes, and cases with their steps (docs/formats/processes.md §7).

The form is that of tests/acceptance/processes.yaml. It is read strictly: a step with a field that is misspelt would
hold without testing anything, so everything unknown is refused, with the case, the step and the field.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Final

from graph.time import COPENHAGEN, written_day
from processes.play.described import Described, read_described
from processes.play.errors import PlayRejected

FORMAT: Final = 1
_MOST = 200
"""Faults that are listed."""
HOWS: Final = ("holder", "substitute", "delegate", "escalated", "fallback")


@dataclass(frozen=True, slots=True)
class Verb:
    """What a step may have beside ``at``, the verb and ``error``. ``needed``: of these, what it must have."""

    names: str  # what the verb's own value names: a process or a task
    fields: frozenset[str]
    needed: frozenset[str]


_TOLD = frozenset({"error", "told"})
VERBS: Final[Mapping[str, Verb]] = {
    "start": Verb("process", frozenset({"by", "with", "error"}), frozenset()),
    "look": Verb("task", frozenset({"expect"}) | _TOLD, frozenset()),
    "claim": Verb("task", frozenset({"by", "log"}) | _TOLD, frozenset({"by"})),
    "give_back": Verb("task", frozenset({"by"}) | _TOLD, frozenset({"by"})),
    "hand": Verb("task", frozenset({"by", "to"}) | _TOLD, frozenset({"by", "to"})),
    "complete": Verb("task", frozenset({"by", "with", "log"}) | _TOLD, frozenset({"by"})),
    "delegate": Verb(
        "process", frozenset({"by", "to", "from", "until", "error"}), frozenset({"by", "to", "from", "until"})
    ),
}
_EXPECTED: Final = frozenset({"candidates", "level_unit", "steps", "closed_unit", "lapsed", "claimed", "fault"})
_PERSONS: Final = ("by", "to")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a case. ``named``: the process or task that the verb is about; ``fields``: the rest of it."""

    number: int
    at: datetime
    verb: str
    named: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PlayedCase:
    id: str
    why: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class PlayFile:
    """A file that has been read. ``facts``: as a facts file has them."""

    facts: Mapping[str, Any]
    processes: Mapping[str, Described]
    cases: tuple[PlayedCase, ...]


def read_file(content: object) -> PlayFile:
    """Raises PlayRejected, with all that is wrong."""
    return _Reading().file(content)


@dataclass
class _Reading:
    faults: list[str] = field(default_factory=list)
    persons: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()

    def file(self, content: object) -> PlayFile:
        parts = self._mapping(
            "the file", content, {"format", "facts", "processes", "cases"}, ("format", "facts", "processes", "cases")
        )
        if not self.faults and parts["format"] != FORMAT:
            self._wrong("format", f"it is {parts['format']!r}, and {FORMAT} can be played")
        self._stop()
        facts = parts["facts"]
        if not isinstance(facts, Mapping):
            self._wrong("facts", "it is not a mapping of sections, as a facts file is")
            self._stop()
        self.persons, self.units = _ids(facts, "persons"), _ids(facts, "units")
        processes: dict[str, Described] = {}
        for name, described in self._named("processes", parts["processes"]).items():
            found = read_described(name, described, self.units, self.persons, self.faults)
            if found is not None:
                processes[name] = found
        cases = tuple(self._cases(parts["cases"], processes))
        self._stop()
        return PlayFile(facts, processes, cases)

    def _cases(self, content: object, processes: Mapping[str, Described]) -> Iterator[PlayedCase]:
        if not isinstance(content, list) or not content:
            self._wrong("cases", "it is not a list of cases")
            return
        met: set[str] = set()
        for place, each in enumerate(content, 1):
            id_ = str(each.get("id", "")) if isinstance(each, Mapping) else ""
            where = f"case {id_ or place}"
            case = self._mapping(where, each, {"id", "why", "steps"}, ("id", "steps"))
            if not case:
                continue
            if id_ in met:
                self._wrong(where, "another case has this id")
            met.add(id_)
            steps = case["steps"]
            if not isinstance(steps, list) or not steps:
                self._wrong(where, "steps: it is not a list of steps")
                continue
            yield PlayedCase(id_, str(case.get("why", "")), tuple(self._steps(where, steps, processes)))

    def _steps(self, case: str, content: Sequence[object], processes: Mapping[str, Described]) -> Iterator[Step]:
        last: datetime | None = None
        process: Described | None = None
        for number, each in enumerate(content, 1):
            where = f"{case}, step {number}"
            step = self._step(where, number, each, processes)
            if step is None:
                continue
            if last is not None and step.at < last:
                self._wrong(f"{where}, at", "it is before the step above; a case's clock goes forward")
            last = step.at
            if step.verb == "start":
                process = processes.get(step.named)
            elif VERBS[step.verb].names == "task":
                if process is None:
                    self._wrong(f"{where}, {step.verb}", "no case has been started yet")
                elif step.named not in process.tasks:
                    tasks = ", ".join(process.tasks)
                    self._wrong(f"{where}, {step.verb}", f"the process has no task {step.named!r}; it has: {tasks}")
            yield step

    def _step(self, where: str, number: int, content: object, processes: Mapping[str, Described]) -> Step | None:
        if not isinstance(content, Mapping):
            self._wrong(where, "it is not a mapping")
            return None
        verbs = [each for each in content if each in VERBS]
        if len(verbs) != 1:
            unknown = ", ".join(str(each) for each in content if each != "at") or "nothing"
            self._wrong(where, f"a step has one of {', '.join(VERBS)}; this one has: {unknown}")
            return None
        name = str(verbs[0])
        verb = VERBS[name]
        rest = {str(key): value for key, value in content.items() if key not in ("at", name)}
        for key in rest:
            if key not in verb.fields:
                self._wrong(f"{where}, {key}", f"{name} has no such field; it has: {', '.join(sorted(verb.fields))}")
        for key in sorted(verb.needed - set(rest)):
            self._wrong(f"{where}, {key}", f"{name} needs it")
        at = self._moment(f"{where}, at", content.get("at"))
        if verb.names == "process" and content[name] not in processes:
            known = ", ".join(processes) or "none"
            self._wrong(f"{where}, {name}", f"there is no process {content[name]!r}; there is: {known}")
        if name == "look" and not {"expect", "error"} & set(rest):
            self._wrong(where, "a look has expect or error")
        if "error" in rest and {"expect", "log"} & set(rest):
            self._wrong(where, "what is refused has no answer and no entry in the log")
        if "told" in rest and "error" not in rest:
            self._wrong(f"{where}, told", "only who is refused is told why; give the error")
        fields = {key: self._field(f"{where}, {key}", key, value) for key, value in rest.items() if key in verb.fields}
        return None if at is None else Step(number, at, name, str(content[name]), fields)

    def _field(self, where: str, key: str, value: Any) -> Any:
        if key in _PERSONS:
            return self._person(where, value)
        if key in ("from", "until"):
            return self._day(where, value)
        if key == "error":
            return self._text(where, value)
        if key == "with":
            return self._plain(where, value)
        if key == "told":
            return self._told(where, value)
        if key == "log":
            return self._each(where, value, {"by": self._person, "for": self._person_or_none})
        return self._expected(where, value)

    def _told(self, where: str, value: Any) -> Any:
        return self._each(where, value, {"by": self._person, "at": self._moment})

    def _expected(self, where: str, value: Any) -> Any:
        return self._each(where, value, {
            "candidates": self._candidates, "level_unit": self._unit, "steps": self._count, "closed_unit": self._unit,
            "lapsed": self._person, "claimed": self._person, "fault": self._text,
        })  # fmt: skip

    def _candidates(self, where: str, value: Any) -> Any:
        if not isinstance(value, list):
            return self._wrong(where, "it is not a list")
        reads = {"person": self._person, "as": self._how, "for": self._person}
        return [self._each(f"{where}[{place}]", each, reads, ("person", "as")) for place, each in enumerate(value, 1)]

    def _each(
        self, where: str, value: Any, reads: Mapping[str, Callable[[str, Any], Any]], needed: Sequence[str] = ()
    ) -> dict[str, Any]:
        if value == {}:  # it would hold whatever comes of the step
            self._wrong(where, f"it expects nothing; it has: {', '.join(reads)}")
            return {}
        found = self._mapping(where, value, set(reads), needed)
        return {key: reads[key](f"{where}, {key}", each) for key, each in found.items() if key in reads}

    def _person(self, where: str, value: Any) -> Any:
        if value not in self.persons:
            return self._wrong(where, f"facts have no person {value!r}")
        return value

    def _person_or_none(self, where: str, value: Any) -> Any:
        return None if value is None else self._person(where, value)

    def _unit(self, where: str, value: Any) -> Any:
        if value is not None and value not in self.units:
            return self._wrong(where, f"facts have no unit {value!r}")
        return value

    def _how(self, where: str, value: Any) -> Any:
        return value if value in HOWS else self._wrong(where, f"{value!r} is not one of {', '.join(HOWS)}")

    def _count(self, where: str, value: Any) -> Any:
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
            return value
        return self._wrong(where, f"{value!r} is not a number of units")

    def _text(self, where: str, value: Any) -> Any:
        return value if isinstance(value, str) and value else self._wrong(where, f"{value!r} is not a text")

    def _day(self, where: str, value: Any) -> Any:
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        try:
            return written_day(str(value))
        except ValueError:
            return self._wrong(where, f"{value!r} is not a day, as in 2027-01-31")

    def _moment(self, where: str, value: Any) -> datetime | None:
        """A moment in Copenhagen; a day is its midnight."""
        try:
            if isinstance(value, str):
                value = datetime.fromisoformat(value)
            elif isinstance(value, date) and not isinstance(value, datetime):
                value = datetime.combine(value, time())
        except ValueError:
            value = None
        if not isinstance(value, datetime):
            self._wrong(where, "it is not a moment, as in 2027-01-31T09:00")
            return None
        return value.replace(tzinfo=COPENHAGEN) if value.tzinfo is None else value.astimezone(COPENHAGEN)

    def _plain(self, where: str, value: Any) -> Any:
        """Values of a form: as JSON has them, with days as text."""
        if not isinstance(value, Mapping):
            return self._wrong(where, "it is not a mapping of fields to values")
        return {str(key): _as_json(each) for key, each in value.items()}

    def _named(self, where: str, value: object) -> Mapping[str, Any]:
        if not isinstance(value, Mapping) or not value:
            self._wrong(where, "it is not a mapping of names")
            return {}
        return {str(key): each for key, each in value.items()}

    def _mapping(self, where: str, value: object, allowed: set[str], needed: Sequence[str]) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            self._wrong(where, "it is not a mapping")
            return {}
        for key in value:
            if key not in allowed:
                self._wrong(f"{where}, {key}", f"it is not known; allowed: {', '.join(sorted(allowed))}")
        missing = [each for each in needed if each not in value]
        for each in missing:
            self._wrong(f"{where}, {each}", "it is missing")
        return {} if missing else {str(key): each for key, each in value.items()}

    def _wrong(self, where: str, text: str) -> Any:
        """Note a fault; gives None, in place of what was to be read."""
        self.faults.append(f"{where}: {text}")
        return None

    def _stop(self) -> None:
        if self.faults:
            raise PlayRejected(tuple(self.faults[:_MOST]))


def _ids(facts: Mapping[str, Any], section: str) -> frozenset[str]:
    entries = facts.get(section)
    listed = entries if isinstance(entries, list) else []
    return frozenset(str(each["id"]) for each in listed if isinstance(each, Mapping) and "id" in each)


def _as_json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _as_json(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_as_json(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value
