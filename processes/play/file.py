"""A file to play: facts, processes, and cases with their steps (docs/formats/processes.md §7).

The form is that of tests/acceptance/processes.yaml. It is read strictly: a step with a field that is misspelt would
hold without testing anything, so everything unknown is refused, with the case, the step and the field.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Any, Final

from graph.time import COPENHAGEN, written_day
from processes.engine.errors import DefinitionRejected, Fault
from processes.package import Package
from processes.play.described import Described, read_described
from processes.play.drawn import from_package
from processes.play.errors import PlayRejected
from processes.play.flow import START
from processes.play.names import name_of

FORMAT: Final = 1
_MOST = 200
"""Faults that are listed."""
HOWS: Final = ("holder", "substitute", "delegate", "escalated", "fallback")


@dataclass(frozen=True, slots=True)
class Verb:
    """What a step may have beside ``at``, the verb and ``error``. ``needed``: of these, what it must have."""

    names: str  # what the verb's own value names: a process, a task or a service task
    fields: frozenset[str]
    needed: frozenset[str]


_TOLD = frozenset({"error", "told"})
VERBS: Final[Mapping[str, Verb]] = {
    "start": Verb("process", frozenset({"by", "with", "error"}), frozenset()),
    "look": Verb("task", frozenset({"expect"}) | _TOLD, frozenset()),
    "claim": Verb("task", frozenset({"by", "log"}) | _TOLD, frozenset({"by"})),
    "give_back": Verb("task", frozenset({"by", "log"}) | _TOLD, frozenset({"by"})),
    "hand": Verb("task", frozenset({"by", "to", "log"}) | _TOLD, frozenset({"by", "to"})),
    "complete": Verb("task", frozenset({"by", "with", "log"}) | _TOLD, frozenset({"by"})),
    "service": Verb("service", frozenset({"expect"}), frozenset({"expect"})),
    "case": Verb("process", frozenset({"expect"}), frozenset({"expect"})),
    "delegate": Verb(
        "process", frozenset({"by", "to", "from", "until", "error"}), frozenset({"by", "to", "from", "until"})
    ),
}
_EXPECTED: Final = frozenset({"candidates", "level_unit", "steps", "closed_unit", "lapsed", "claimed", "fault"})
_PERSONS: Final = ("by", "to")
_NOT_THERE: Final = "unknown_person"
"""The error of a step whose ``by`` or ``to`` is nobody of facts."""
_YEARS: Final = range(1900, 2200)
"""In which a case may be played: a claim is looked after at each midnight."""
_FIGURES: Final = ("number", "boolean", "date")
"""Fields of a form that have no name, nor a text."""


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


def no_files(path: str) -> Package:
    """For files that name none. Raises DefinitionRejected."""
    raise DefinitionRejected((Fault(path, "", "unknown_file", "only a scenario on disk can name files"),))


def read_file(content: object, figures: object = None, files: Callable[[str], Package] = no_files) -> PlayFile:
    """Raises PlayRejected, with all that is wrong.

    ``content``: with names and codes as they are written. ``figures``: the same with numbers as numbers, for the fields
    of forms that are; None if it is no different. ``files``: reads a drawn process from the path that the file names.
    """
    return _Reading(files).file(content, content if figures is None else figures)


@dataclass
class _Reading:
    files: Callable[[str], Package]
    faults: list[str] = field(default_factory=list)
    persons: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()

    def file(self, content: object, figures: object) -> PlayFile:
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
            if isinstance(described, Mapping) and "files" in described:
                found = self._drawn(f"process {name}", name, described)
            else:
                found = read_described(name, described, self.units, self.persons, self.faults)
            if found is not None:
                processes[name] = found
        cases = tuple(self._cases(parts["cases"], _part(figures, "cases"), processes))
        self._stop()
        return PlayFile(facts, processes, cases)

    def _drawn(self, where: str, name: str, content: Mapping[str, Any]) -> Described | None:
        """A process that is drawn, in files of its own."""
        path = self._mapping(where, content, {"files"}, ("files",)).get("files")
        if not isinstance(path, str):
            self._wrong(f"{where}, files", f"{path!r} is not a path")
            return None
        try:
            package = self.files(path)
        except DefinitionRejected as wrong:
            for each in wrong.faults:
                self._wrong(where, str(each))
            return None
        if package.process != name:
            self._wrong(where, f"the process in {path} is called {package.process}")
            return None
        return from_package(package)

    def _cases(self, content: object, figures: object, processes: Mapping[str, Described]) -> Iterator[PlayedCase]:
        if not isinstance(content, list) or not content:
            self._wrong("cases", "it is not a list of cases")
            return
        met: set[str] = set()
        for place, each in enumerate(content, 1):
            id_ = name_of(each.get("id")) if isinstance(each, Mapping) else ""
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
            numbers = _part(_part(figures, place - 1), "steps")
            yield PlayedCase(id_, str(case.get("why", "")), tuple(self._steps(where, steps, numbers, processes)))

    def _steps(
        self, case: str, content: Sequence[object], figures: object, processes: Mapping[str, Described]
    ) -> Iterator[Step]:
        last: datetime | None = None
        started: list[Described] = []
        for number, each in enumerate(content, 1):
            where = f"{case}, step {number}"
            step = self._step(where, number, each, processes)
            if step is None:
                continue
            if last is not None and step.at < last:
                self._wrong(f"{where}, at", "it is before the step above; a case's clock goes forward")
            last = step.at
            process = processes.get(step.named)
            if VERBS[step.verb].names == "service":
                self._service_of(f"{where}, service", step.named, started)
            elif VERBS[step.verb].names == "task":
                process = self._process_of(f"{where}, {step.verb}", step.named, started)
            elif step.verb == "start" and process is not None and "error" not in step.fields:
                started.append(process)
            if "with" in step.fields and process is not None:
                form = process.forms[START if step.verb == "start" else step.named]
                numbers = _part(_part(figures, number - 1), "with")
                values = {key: _value(value, form.get(key, "text"), _part(numbers, key))
                          for key, value in step.fields["with"].items()}  # fmt: skip
                step = replace(step, fields={**step.fields, "with": values})
            yield step

    def _process_of(self, where: str, task: str, started: Sequence[Described]) -> Described | None:
        """The process of the case that was started last of those that have the task."""
        found = next((each for each in reversed(started) if task in each.tasks), None)
        if not started:
            self._wrong(where, "no case has been started yet")
        elif found is None:
            tasks = ", ".join(dict.fromkeys(task for each in started for task in each.tasks))
            self._wrong(where, f"the process has no task {task!r}; it has: {tasks}")
        return found

    def _service_of(self, where: str, name: str, started: Sequence[Described]) -> None:
        known = [each for process in started for each in process.services]
        if name not in known:
            self._wrong(where, f"no case has been started with a service task {name!r}; there is: {', '.join(known)}")

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
        named = name_of(content[name])
        if verb.names == "process" and named not in processes:
            known = ", ".join(processes) or "none"
            self._wrong(f"{where}, {name}", f"there is no process {content[name]!r}; there is: {known}")
        if name == "look" and not {"expect", "error"} & set(rest):
            self._wrong(where, "a look has expect or error")
        if "error" in rest and {"expect", "log"} & set(rest):
            self._wrong(where, "what is refused has no answer and no entry in the log")
        if "told" in rest and "error" not in rest:
            self._wrong(f"{where}, told", "only who is refused is told why; give the error")
        if verb.names == "task" and not named:
            self._wrong(f"{where}, {name}", f"{content[name]!r} is not the name of a task")
            return None
        given = {key: value for key, value in rest.items() if key in verb.fields}
        missing = rest.get("error") == _NOT_THERE
        reads = _READS.get(name, _Reading._field)
        fields = {key: reads(self, f"{where}, {key}", key, value, missing) for key, value in given.items()}
        return None if at is None else Step(number, at, name, named, fields)

    def _field(self, where: str, key: str, value: Any, missing: bool) -> Any:
        """``missing``: its persons may be nobody of facts."""
        if key in _PERSONS:
            return name_of(value) if missing and name_of(value) else self._person(where, value)
        if key in ("from", "until"):
            return self._day(where, value)
        if key == "error":
            return self._text(where, value)
        if key == "with":
            return self._values(where, value)
        if key == "told":
            return self._told(where, value)
        if key == "log":
            return self._each(where, value, {"by": self._person, "for": self._person_or_none})
        return self._expected(where, value)

    def _service(self, where: str, key: str, value: Any, missing: bool) -> Any:
        reads = {"state": self._text, "arguments": self._arguments}
        return self._each(where, value, reads, ("state",))

    def _case(self, where: str, key: str, value: Any, missing: bool) -> Any:
        return self._each(where, value, {"state": self._text}, ("state",))

    def _arguments(self, where: str, value: Any) -> Any:
        return {name: _as_json(each) for name, each in self._values(where, value).items()}

    def _told(self, where: str, value: Any) -> Any:
        return self._each(where, value, {"by": self._person, "at": self._moment})

    def _expected(self, where: str, value: Any) -> Any:
        return self._each(where, value, {
            "candidates": self._candidates, "level_unit": self._unit, "steps": self._count, "closed_unit": self._unit,
            "lapsed": self._person_or_none, "claimed": self._person_or_none, "fault": self._text_or_none,
        })  # fmt: skip

    def _candidates(self, where: str, value: Any) -> Any:
        if not isinstance(value, list):
            return self._wrong(where, "it is not a list")
        reads = {"person": self._person, "as": self._how, "for": self._person_or_none}
        read = [self._each(f"{where}[{place}]", each, reads, ("person", "as")) for place, each in enumerate(value, 1)]
        return [{key: part for key, part in each.items() if part is not None} for each in read]  # in nobody's place

    def _each(
        self, where: str, value: Any, reads: Mapping[str, Callable[[str, Any], Any]], needed: Sequence[str] = ()
    ) -> dict[str, Any]:
        if value == {}:  # it would hold whatever comes of the step
            self._wrong(where, f"it expects nothing; it has: {', '.join(reads)}")
            return {}
        found = self._mapping(where, value, set(reads), needed)
        return {key: reads[key](f"{where}, {key}", each) for key, each in found.items() if key in reads}

    def _person(self, where: str, value: Any) -> Any:
        name = name_of(value)
        return name if name in self.persons else self._wrong(where, f"facts have no person {value!r}")

    def _person_or_none(self, where: str, value: Any) -> Any:
        return None if value is None else self._person(where, value)

    def _unit(self, where: str, value: Any) -> Any:
        name = name_of(value)
        if value is None or name in self.units:
            return name or None
        return self._wrong(where, f"facts have no unit {value!r}")

    def _how(self, where: str, value: Any) -> Any:
        return value if value in HOWS else self._wrong(where, f"{value!r} is not one of {', '.join(HOWS)}")

    def _count(self, where: str, value: Any) -> Any:
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
            return value
        return self._wrong(where, f"{value!r} is not a number of units")

    def _text(self, where: str, value: Any) -> Any:
        return value if isinstance(value, str) and value else self._wrong(where, f"{value!r} is not a text")

    def _text_or_none(self, where: str, value: Any) -> Any:
        return None if value is None else self._text(where, value)

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
        if value.year not in _YEARS:
            self._wrong(where, f"the year {value.year} can't be played; from {_YEARS[0]} to {_YEARS[-1]} can")
            return None
        return value.replace(tzinfo=COPENHAGEN) if value.tzinfo is None else value.astimezone(COPENHAGEN)

    def _values(self, where: str, value: Any) -> dict[str, Any]:
        """Values of a form, by field; nothing after ``with`` is none."""
        if value is not None and not isinstance(value, Mapping):
            self._wrong(where, "it is not a mapping of fields to values")
        return {str(key): each for key, each in value.items()} if isinstance(value, Mapping) else {}

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


_READS: Final[Mapping[str, Callable[[_Reading, str, str, Any, bool], Any]]] = {
    "service": _Reading._service,
    "case": _Reading._case,
}
"""How the fields of a step are read, where not as most are."""


def _ids(facts: Mapping[str, Any], section: str) -> frozenset[str]:
    entries = facts.get(section)
    listed = entries if isinstance(entries, list) else []
    return frozenset(name_of(each.get("id")) for each in listed if isinstance(each, Mapping)) - {""}


def _part(content: Any, place: str | int) -> Any:
    """The part at a place of a content that has not been checked; None if it has none there."""
    if isinstance(content, Mapping):
        return content.get(place)
    return content[place] if isinstance(content, list) and isinstance(place, int) and place < len(content) else None


def _value(written: Any, type_: str, figure: Any) -> Any:
    """A value of a form: a name or text as it is written, a number as a number, a day as text."""
    return _as_json(figure) if type_ in _FIGURES else name_of(written) or _as_json(written)


def _as_json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _as_json(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_as_json(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value
