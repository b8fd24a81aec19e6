"""Whoever has a task asks for more, and whoever was at its case answers; the task stays where it is."""

from datetime import UTC, datetime
from uuid import uuid4

import neo4j

from graph.connection import Run
from graph.errors import GraphError, Unknown
from graph.identity.lookup import find, survivors
from processes.cases import case_log, kept
from processes.cases.kept import Task
from processes.cases.tasks import by_name, mine, name_of, opened, require_not_claimed, write
from processes.errors import NotCandidate, ToOneself


def ask(driver: neo4j.Driver, task: str, by: str, of: str | None, now: datetime, question: str) -> Task:
    """Ask for more: put a question to whoever has started the case, or to ``of``, who has started it or has done a task
    of it. The task stays where it is, and has one question at a time.

    Raises Unknown (also if no person has started the case), NotCandidate, ToOneself, AlreadyDone, AlreadyClaimed,
    TaskClosed.
    """

    def work(tx: neo4j.ManagedTransaction) -> Task:
        person, seen, candidate = mine(tx, task, by, now)
        require_not_claimed(tx, seen, person)
        starter = kept.case(tx, seen.task.case).started_by
        known = [starter] if starter is not None else []
        known += [each.done.by for each in kept.tasks_of(tx, seen.task.case) if each.done is not None]
        called = survivors(tx, "Person", known)
        if of is None and starter not in called:
            text = f"no person has started the case of {seen.task.name!r}; name whom to ask"
            raise Unknown("unknown_person", text, "of")
        other = called[str(starter)] if of is None else _any_person(tx, of)
        if other == person:
            raise ToOneself(f"{name_of(tx, person)} can't ask themselves; name somebody else")
        if other not in called.values():
            text = "of: they have not been at this case; ask whoever has started it or has done one of its tasks"
            raise NotCandidate(text)
        told = {"question": question, "asked_by": person, "asked_of": other, "asked": now.astimezone(UTC)}
        told["to_tell"] = str(uuid4())
        kept.set_task(tx, task, told)
        entry = case_log.LogEntry("asked", now, person, candidate.instead_of, seen.task.element, question)
        case_log.log(tx, seen.task.case, entry)
        return kept.task(tx, task)

    return write(driver, work)


def answer(driver: neo4j.Driver, task: str, by: str, now: datetime, text: str) -> Task:
    """Answer the question that a task has for one. Raises Unknown, NotCandidate, AlreadyDone, TaskClosed."""

    def work(tx: neo4j.ManagedTransaction) -> Task:
        person = find(tx, "Person", by).uuid
        seen = opened(tx, task, now)
        question = seen.task.question
        if question is None or survivors(tx, "Person", [question.of]).get(question.of) != person:
            raise NotCandidate(f"the task {seen.task.name!r} has no question for {name_of(tx, person)}")
        kept.set_task(tx, task, dict.fromkeys(("question", "asked_by", "asked_of", "asked")))
        case_log.log(tx, seen.task.case, case_log.LogEntry("answered", now, person, None, seen.task.element, text))
        return kept.task(tx, task)

    return write(driver, work)


def _any_person(run: Run, name: str) -> str | None:
    """The person's uuid; None also where it is not certain who is meant: what is unknown is told nobody here."""
    try:
        return by_name(run, "Person", name)
    except GraphError:
        return None
