"""The flow of a described process: a sentence, and what it draws between the tasks.

``start → approve; yes → report and keys beside each other → end; no → end``. Its parts are paths with a semicolon
between them. The first begins with ``start``; each of the others with a decision (``yes → …``, ``approve yes → …``), or
with a task that goes on whatever comes of it (``report → end``). Tasks with "beside each other" behind them are open at
once, and what follows waits for all of them. Paths may lead to the same task, and go on together from there.

A decision without its task's name belongs to a task at which a path has stopped: to the one that has the other of yes
and no; else to one that has neither of these yet. If several fit, it is the one that was decided last, or refused.
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from processes.play.names import Ids

START: Final = "start"
END: Final = "end"
_ARROW = re.compile(r"\s*(?:→|->)\s*")
_BESIDE = re.compile(r"(.+?)\s+beside\s+each\s+other")
_AND = re.compile(r"\s*,\s*(?:and\s+)?|\s+and\s+")
_DECISION = re.compile(r"""(?!(?:if|when|on)\s)[\w-]+(?:\s[\w-]+)*|"[^"]+"|'[^']+'""")
_OTHER: Final = {"yes": "no", "no": "yes", "ja": "nej", "nej": "ja"}
"""Decisions of which a task has both, or neither."""


@dataclass
class Flow:
    """What is drawn between the tasks.

    ``elements``: BPMN elements by id. ``flows``: from, to, and the decision; empty = always. ``decisions``: of each
    task that is decided. ``start``: the id of the start event.
    """

    start: str
    elements: dict[str, str] = field(default_factory=dict)
    flows: list[tuple[str, str, str]] = field(default_factory=list)
    decisions: dict[str, list[str]] = field(default_factory=dict)


def read_flow(text: str, tasks: Collection[str], ids: Ids, wrong: Callable[[str, str], None]) -> Flow:
    """``ids``: those that are free, ``tasks`` taken. ``wrong`` gets the place and reason of each fault."""
    reading = _Reading(tasks, ids, wrong)
    reading.sentence(text)
    return reading.flow


class _Reading:
    """``on``: what follows a task or a gateway, whatever is decided."""

    def __init__(self, tasks: Collection[str], ids: Ids, wrong: Callable[[str, str], None]) -> None:
        self._tasks, self._ids, self._wrong = tasks, ids, wrong
        self.flow = Flow(ids.free(START))
        self._on: dict[str, str] = {}
        self._stopped: dict[str, None] = {}  # tasks at which a path has stopped, in this order
        self._gateways: dict[str, str] = {}  # of tasks that are decided
        self._groups: dict[frozenset[str], tuple[str, str]] = {}  # tasks beside each other, their first and last node
        self._decided_last = ""
        self._passed: set[str] = set()  # tasks that some path goes on from, whatever is decided

    def sentence(self, text: str) -> None:
        clauses = [each.strip() for each in text.strip().rstrip(" .;").split(";")]
        self._passed = {station for clause in clauses for station in _ARROW.split(clause)[:-1]}
        for place, clause in enumerate(clauses):
            where = f"flow, {clause!r}"
            first, *stations = _ARROW.split(clause)
            if not first or not stations or not all(stations):
                self._wrong(where, "a path leads from one thing to another: a → b")
            elif place == 0 and first != START:
                self._wrong(where, "the first path begins with start")
                return
            elif (source := (self.flow.start, "") if place == 0 else self._source(where, first)) is not None:
                self._path(where, *source, stations)
        self._check()

    def _path(self, where: str, at: str, decision: str, stations: Sequence[str]) -> None:
        for station in stations:
            if at == END:
                self._wrong(where, "nothing comes after end")
                return
            entry, end = self._station(where, station)
            if not entry or not self._lead(where, at, entry, decision):
                return
            at, decision = end, ""
        if at in self._tasks:
            self._stopped.setdefault(at)

    def _station(self, where: str, station: str) -> tuple[str, str]:
        """Where a flow to it leads, and from where it goes on; empty if it is refused."""
        beside = _BESIDE.fullmatch(station)
        names = _AND.split(beside[1]) if beside else [station]
        unknown = [each for each in names if each not in self._tasks and (beside or each != END)]
        if unknown:
            self._wrong(where, f"{unknown[0]!r} is not one of its tasks")
            return "", ""
        return self._group(where, names) if beside else (station, station)

    def _group(self, where: str, names: list[str]) -> tuple[str, str]:
        """Tasks that are open at once. The gateway before them lets several paths lead to them."""
        tasks = frozenset(names)
        if tasks in self._groups:
            return self._groups[tasks]
        if len(names) < 2 or len(tasks) < len(names):
            self._wrong(where, "several tasks are beside each other, each once")
            return "", ""
        for each in names:
            if each in self._on:
                self._wrong(where, f"{each} leads somewhere else already; what follows these waits for all of them")
                return "", ""
        begin, split, join = (self._ids.free(f"{names[0]}_{each}") for each in ("begin", "split", "joined"))
        self.flow.elements[begin] = f'<exclusiveGateway id="{begin}"/>'
        self.flow.elements |= {each: f'<parallelGateway id="{each}"/>' for each in (split, join)}
        self.flow.flows += [(begin, split, ""), *((split, each, "") for each in names)]
        self.flow.flows += [(each, join, "") for each in names]
        self._on |= dict.fromkeys(names, join)
        self._groups[tasks] = begin, join
        return begin, join

    def _lead(self, where: str, source: str, target: str, decision: str) -> bool:
        """Draw a flow, if it isn't there; whether it can be."""
        if not decision and source in self._on:
            if self._on[source] == target:
                return True
            if source in self._gateways:
                self._wrong(where, f"{source} is decided; a path from it begins with a decision: {source} … → {target}")
            else:
                goes_on = source if source in self._tasks else "what follows them"
                self._wrong(where, f"{goes_on} leads somewhere else already, whatever is decided")
            return False
        if not decision:
            self._on[source] = target
        if target == END:
            target = self._ids.free(END)
            self.flow.elements[target] = f'<endEvent id="{target}"/>'
        self.flow.flows.append((source, target, decision))
        return True

    # -- where a path begins --------------------------------------------------------------------------------------

    def _source(self, where: str, text: str) -> tuple[str, str] | None:
        """Where a path begins that is not the first one, and by which decision; None if it is refused."""
        task, _, rest = text.partition(" ")
        task = task.removesuffix(":")
        if task not in self._tasks:
            task, rest = "", text
        elif not rest.strip():
            return task, ""
        value = rest.strip()
        if not _DECISION.fullmatch(value):
            text = "write the decision alone, as in yes → … or approve yes → …; in quotes, if it is not a word"
            self._wrong(where, f"{value!r} is not read: {text}")
            return None
        value = value.strip("\"'")
        task = task or self._whose(where, value)
        return (self._gateway(where, task, value), value) if task and self._takes(where, task, value) else None

    def _whose(self, where: str, value: str) -> str:
        """The task that a decision without its name belongs to; empty if that is not certain."""
        known = self.flow.decisions
        stopped = [each for each in self._stopped if each in known or each not in self._on]
        stopped = [each for each in stopped if each not in self._passed] or stopped
        free = [each for each in stopped if value not in known.get(each, ())]
        waiting = [each for each in free if _OTHER.get(value) in known.get(each, ())]
        fresh = [each for each in free if not _OTHER.keys() & set(known.get(each, ()))]
        fits = waiting or fresh or free
        if self._decided_last in fits:
            return self._decided_last
        if len(fits) > 1:
            either = " or ".join(fits)
            text = f"{value!r} may be a decision of {either}: write its name before it, as in {fits[0]} {value} → …"
            self._wrong(where, text)
        elif stopped and not fits:
            self._wrong(where, f"{value!r} of {stopped[-1]} leads somewhere already")
        elif not fits:
            self._wrong(where, f"{value!r} is a decision of no task: no path before it has stopped at one")
        return fits[0] if len(fits) == 1 else ""

    def _takes(self, where: str, task: str, value: str) -> bool:
        if task in self._on and task not in self._gateways:
            self._wrong(where, f"{task} goes on already, whatever is decided")
        elif value in self.flow.decisions.get(task, ()):
            self._wrong(where, f"{value!r} of {task} leads somewhere already")
        else:
            return True
        return False

    def _gateway(self, where: str, task: str, value: str) -> str:
        """The gateway behind a task, with one more decision."""
        if task not in self._gateways:
            gateway = self._gateways[task] = self._on[task] = self._ids.free(f"{task}_decided")
            self.flow.elements[gateway] = f'<exclusiveGateway id="{gateway}"/>'
            self.flow.flows.append((task, gateway, ""))
        self.flow.decisions.setdefault(task, []).append(value)
        self._decided_last = task
        return self._gateways[task]

    # -- at the end -----------------------------------------------------------------------------------------------

    def _check(self) -> None:
        reached = {target for _, target, _ in self.flow.flows}
        for each in self._tasks:
            if each not in reached:
                self._wrong(f"task {each}", "the flow does not lead to it")
        for each in self._stopped:
            if each not in self._on:
                text = f"the path stops at {each}: let it go on to end, or by a decision of {each} ({each} yes → …)"
                self._wrong("flow", text)
        for tasks, (_, join) in self._groups.items():
            if join not in self._on:
                self._wrong("flow", f"after {' and '.join(sorted(tasks))} comes a task or end")
        for task, decisions in self.flow.decisions.items():
            if len(decisions) == 1:
                only = f"{decisions[0]!r} is the only decision of {task}"
                self._wrong("flow", f"{only}: let another one lead somewhere, or leave it out")
