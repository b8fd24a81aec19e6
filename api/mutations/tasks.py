"""Mutations of cases and tasks: what whoever has a task does with it. Who that is: ``processes.routing``.

A person who is logged in acts as themselves. A machine names the person, and needs a system role of ``ON_BEHALF``.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from typing import Annotated, Any, TypeVar

import neo4j
import strawberry
from graphql import GraphQLError
from strawberry import ID
from strawberry.types import Info

from api.access.processes import require_rights
from api.access.rights import ON_BEHALF, forbidden
from api.access.tasks import names, require_seen, seen_case
from api.context import Context
from api.enums import TaskState
from api.json_argument import json_object
from api.mutations.editing import Editing
from api.named_arguments import extensions_of
from graph.time import copenhagen_now
from processes.cases import claims, definitions, delegations, ending, questions, tasks
from processes.cases.filling import save_draft
from processes.cases.kept import Task
from processes.engine.errors import ProcessError
from processes.errors import CaseError, FormRejected, TemplateRejected

CONTEXT = Info[Context, None]
T = TypeVar("T")
By = Annotated[
    ID | None,
    strawberry.argument(description="Who does it: UUID, or a source's key; omitted = who is logged in"),
]
Values = Annotated[str, strawberry.argument(description="What the form takes, as JSON: {} = nothing")]
Asked = Annotated[
    ID | None, strawberry.argument(description="The person to ask; by default the one who started the case")
]


@strawberry.type(description="A case that was started")
class CaseStarted:
    id: ID = strawberry.field(description="Id of the case")


@strawberry.type(description="A case that a person has ended")
class CaseEnded:
    case: ID = strawberry.field(description="Id of the case")


@strawberry.type(description="A task, after what was done with it")
class TaskChanged:
    id: ID = strawberry.field(description="Id of the task")
    case: ID = strawberry.field(description="Id of its case")
    state: Any = strawberry.field(graphql_type=TaskState, description="Its state now")


@strawberry.type(description="A delegation of the tasks of a process")
class Delegated:
    id: ID = strawberry.field(description="Id of the delegation")


@strawberry.type
class Tasking:
    """The part of ``Mutation`` for cases and tasks."""

    @strawberry.mutation(description="Start a case of a process, on the version of its definition that is deployed now")
    async def start_case(
        self, info: CONTEXT, process: ID, reason: str, values: Values = "{}", by: By = None
    ) -> CaseStarted:
        def work(editing: Editing) -> CaseStarted:
            who = _actor(info, editing, by)
            given, named = json_object(values, "values"), _named(info)
            with editing.driver.session(default_access_mode="READ") as session:
                started = definitions.current(session, process).definition
            require_rights(started.unattended, info.context.access, "start")
            id_ = tasks.start(editing.driver, process, given, who, copenhagen_now(), editing.reason, named)
            return CaseStarted(id=ID(id_))

        return await _refusing(Editing(info.context, "startCase", reason), work)

    @strawberry.mutation(
        description="End a case that one has started: its open tasks lapse, and what was done stays. The log says why"
    )
    async def withdraw_case(self, info: CONTEXT, case: ID, reason: str, by: By = None) -> CaseEnded:
        def work(editing: Editing) -> CaseEnded:
            who, now = _actor(info, editing, by), copenhagen_now()
            with editing.driver.session(default_access_mode="READ") as session:
                seen_case(session, info.context.access, case, now, who)
            ending.withdraw(editing.driver, case, who, now, editing.reason)
            return CaseEnded(case=case)

        return await _refusing(Editing(info.context, "withdrawCase", reason), work)

    @strawberry.mutation(description="Say to do a task: others can't complete it, as long as one has it oneself")
    async def claim_task(self, info: CONTEXT, task: ID, reason: str, by: By = None) -> TaskChanged:
        return await _changed(info, "claimTask", reason, task, by, claims.claim)

    @strawberry.mutation(description="Give a claimed task back to all who have it")
    async def give_back_task(self, info: CONTEXT, task: ID, reason: str, by: By = None) -> TaskChanged:
        return await _changed(info, "giveBackTask", reason, task, by, claims.give_back)

    @strawberry.mutation(description="Hand a task to a colleague, who does it in one's place")
    async def hand_task(self, info: CONTEXT, task: ID, to: ID, reason: str, by: By = None) -> TaskChanged:
        return await _changed(info, "handTask", reason, task, by, partial(claims.hand, named=_named(info)), to)

    @strawberry.mutation(
        description="Ask a person who took part in the case for more; the reason is the question. The task stays"
    )
    async def ask_for_more(
        self, info: CONTEXT, task: ID, reason: str,
        of: Asked = None,
        by: By = None,
    ) -> TaskChanged:  # fmt: skip
        return await _changed(info, "askForMore", reason, task, by, questions.ask, of)

    @strawberry.mutation(description="Answer the question that a task has for one; the reason is the answer")
    async def answer_question(self, info: CONTEXT, task: ID, reason: str, by: By = None) -> TaskChanged:
        return await _changed(info, "answerQuestion", reason, task, by, questions.answer)

    @strawberry.mutation(
        description="Complete a task with the values of its form. If two people do so, the second learns who was first"
    )
    async def complete_task(
        self, info: CONTEXT, task: ID, reason: str, values: Values = "{}", by: By = None
    ) -> TaskChanged:
        complete = partial(tasks.complete, named=_named(info))
        return await _changed(info, "completeTask", reason, task, by, complete, json_object(values, "values"))

    @strawberry.mutation(
        description="Keep what one has filled in so far of a task's form, until it is completed; values are not checked"
    )
    async def save_draft(self, info: CONTEXT, task: ID, values: Values, reason: str, by: By = None) -> TaskChanged:
        return await _changed(info, "saveDraft", reason, task, by, partial(_drafted, json_object(values, "values")))

    @strawberry.mutation(
        description="Let a colleague do the caller's tasks of a process in a period. It can be ended, but not passed on"
    )
    async def delegate_tasks(
        self, info: CONTEXT, process: ID, to: ID, reason: str,
        from_: Annotated[date, strawberry.argument(name="from", description="The first day")],
        until: Annotated[date, strawberry.argument(description="The day after the last")],
        by: By = None,
    ) -> Delegated:  # fmt: skip
        def work(editing: Editing) -> Delegated:
            who = _actor(info, editing, by)
            now, named = copenhagen_now(), _named(info)
            made = delegations.delegate(editing.driver, process, who, to, from_, until, now, editing.reason, named)
            return Delegated(id=ID(made.id))

        return await _refusing(Editing(info.context, "delegateTasks", reason), work)

    @strawberry.mutation(description="End one's own delegation today")
    async def end_delegation(self, info: CONTEXT, delegation: ID, reason: str, by: By = None) -> Delegated:
        def work(editing: Editing) -> Delegated:
            who = _actor(info, editing, by)
            delegations.end_delegation(editing.driver, delegation, who, copenhagen_now(), editing.reason)
            return Delegated(id=delegation)

        return await _refusing(Editing(info.context, "endDelegation", reason), work)


async def _changed(
    info: CONTEXT, mutation: str, reason: str, task: ID, by: ID | None, do: Callable[..., Task], *more: Any
) -> TaskChanged:
    """``do``: driver, task, person, ``more``, moment, reason → the task."""

    def work(editing: Editing) -> TaskChanged:
        who, now = _actor(info, editing, by), copenhagen_now()
        with editing.driver.session(default_access_mode="READ") as session:
            require_seen(session, info.context.access, tasks.look(session, task, now), who)
        found = do(editing.driver, task, who, *more, now, editing.reason)
        return TaskChanged(id=ID(found.id), case=ID(found.case), state=TaskState(found.state))

    return await _refusing(Editing(info.context, mutation, reason), work)


def _drafted(values: Mapping[str, Any], driver: neo4j.Driver, task: str, by: str, now: datetime, reason: str) -> Task:
    return save_draft(driver, task, by, values, now)


async def _refusing(editing: Editing, work: Callable[[Editing], T]) -> T:
    return await editing.do(refusing(work))


def refusing(work: Callable[[Editing], T]) -> Callable[[Editing], T]:
    """The same work. A refusal says who was first, and when, or which field of the form is wrong."""

    def told(given: Editing) -> T:
        try:
            return work(given)
        except CaseError as refused:
            extensions = extensions_of(refused)
            if refused.by is not None and refused.at is not None:
                extensions |= {"by": refused.by, "at": refused.at.isoformat()}
            if isinstance(refused, FormRejected):
                extensions["field"] = refused.field or None
            if isinstance(refused, TemplateRejected):
                extensions["faults"] = [
                    {"place": each.element, "rule": each.rule, "text": each.text} for each in refused.faults
                ]
            raise GraphQLError(str(refused), extensions=extensions) from refused
        except ProcessError as refused:  # a case, or its definition, that can't be read any more
            raise GraphQLError(str(refused), extensions=extensions_of(refused)) from refused

    return told


def _actor(info: CONTEXT, editing: Editing, by: ID | None) -> str:
    """UUID of the person who does it. Raises GraphQLError (forbidden, wrong_value), ChangeRejected, Unknown."""
    access = info.context.access
    if access.person is not None:
        return access.person if by is None else editing.own_name(by, "by").key
    if not ON_BEHALF & access.everywhere:
        raise forbidden("doing a person's tasks in their name needs", ON_BEHALF)
    if by is None:
        raise GraphQLError("by: name the person who does it", extensions={"code": "wrong_value", "field": "by"})
    return editing.own_name(by, "by").key


def _named(info: CONTEXT) -> tasks.Find:
    return names(info.context.driver, info.context.access)
