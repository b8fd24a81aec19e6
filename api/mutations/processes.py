"""Mutations of definitions of processes, and of cases that can't go on.

What a definition is: ``processes.package``; who may deploy one: ``require_rights``.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial
from typing import Annotated, Any

import neo4j
import strawberry
from graphql import GraphQLError
from strawberry import ID
from strawberry.types import Info

from api.access.processes import require_delivery, require_rights
from api.access.tasks import names
from api.context import Context
from api.json_argument import json_object
from api.mutations import services
from api.mutations.editing import Editing
from api.mutations.tasks import CaseEnded, refusing
from graph.time import copenhagen_now
from processes.cases import by_itself, definitions, ending, incidents, kept, messages, moving, owners
from processes.package import read_package
from processes.services import OWN

CONTEXT = Info[Context, None]


@strawberry.input(description="A file of a definition")
class ProcessFileInput:
    name: str = strawberry.field(
        description=(
            "Its name: hire.bpmn is a diagram, pay.dmn a decision table, request.json the form request, told.da.mail "
            "the Danish text of the mail told (contract.en.letter: of a letter)"
        )
    )
    content: str = strawberry.field(description="The text of the file")


@strawberry.type(description="A definition that was deployed")
class ProcessDeployed:
    process: ID = strawberry.field(description="Id of the process")
    version: int = strawberry.field(description="The version with which its cases start from now on")
    is_new: bool = strawberry.field(description="Whether it differs from the version before")
    older_cases: int = strawberry.field(description="How many open cases stay on another version")


Files = Annotated[
    list[ProcessFileInput], strawberry.argument(description="All files of the definition, with what it calls")
]
Main = Annotated[
    ID | None,
    strawberry.argument(description="Id of the process that cases run; by default the one that no other one calls"),
]

Drawn = Annotated[
    int | None,
    strawberry.argument(
        description="The version that was changed, 0 for none; refused (conflict) if another was deployed since"
    ),
]


@strawberry.type(description="An incident of a case, after what was decided about it")
class IncidentDecided:
    case: ID = strawberry.field(description="Id of the case")
    incidents: int = strawberry.field(description="How many incidents the case has now")


@strawberry.type(description="A message that was delivered to a case")
class MessageDelivered:
    case: ID = strawberry.field(description="Id of the case")


@strawberry.type(description="Whether cases of a process start by themselves, after it was switched")
class AutomaticStartsSwitched:
    process: ID = strawberry.field(description="Id of the process")
    is_on: bool = strawberry.field(description="Whether its cases start by themselves from now on")
    next: datetime | None = strawberry.field(description="When the first starts by time; null = none does")


@strawberry.type(description="A case that stays on its version")
class CaseStays:
    case: ID = strawberry.field(description="Id of the case")
    text: str = strawberry.field(description="Why it can't be moved")


@strawberry.type(description="Cases that were moved to the current version of their process")
class CasesMoved:
    version: int = strawberry.field(description="The version that they run on now")
    moved: list[ID] = strawberry.field(description="Ids of the cases that were moved")
    stays: list[CaseStays] = strawberry.field(description="Those that stay on their version")


Cases = Annotated[
    list[ID] | None, strawberry.argument(description="Only these cases; by default all that run on another version")
]


@strawberry.type
class Deploying:
    """The part of ``Mutation`` for definitions of processes, and for cases that can't go on."""

    @strawberry.mutation(
        description=(
            "Check a definition and let new cases start with it; others stay on their version. A preview checks only"
        )
    )
    async def deploy_process(
        self, info: CONTEXT, files: Files, reason: str, process: Main = None, expected_version: Drawn = None
    ) -> ProcessDeployed:
        def work(editing: Editing) -> ProcessDeployed:
            read = read_package({each.name: each.content.encode() for each in _once(files)}, process)
            wanted = {**services.wanted(), **OWN}
            with editing.driver.session(default_access_mode="READ") as session:
                checked = definitions.check(session, read.process, read.documents, read.schemas, wanted, read.texts)
            require_rights(checked.definition.services, info.context.access)
            done = definitions.deploy(
                editing.driver, read.process, read.documents, read.schemas, info.context.access.name,
                copenhagen_now(), wanted, expected_version, info.context.access.everywhere, read.texts,
            )  # fmt: skip
            return ProcessDeployed(
                process=ID(read.process), version=done.version.number, is_new=done.is_new, older_cases=done.older
            )

        return await Editing(info.context, "deployProcess", reason).do(refusing(work))

    @strawberry.mutation(
        description=(
            "Make a step of a case again that could not be made; a service is tried soon. The process's owner may, too"
        )
    )
    async def retry_incident(self, info: CONTEXT, case: ID, incident: ID, reason: str) -> IncidentDecided:
        return await _decided(info, "retryIncident", case, incident, reason, incidents.retry, or_owner=True)

    @strawberry.mutation(
        description="Let a case go on without the answer of a service that failed. The owner of the process may, too"
    )
    async def skip_incident(self, info: CONTEXT, case: ID, incident: ID, reason: str) -> IncidentDecided:
        return await _decided(info, "skipIncident", case, incident, reason, incidents.skip, or_owner=True)

    @strawberry.mutation(
        description=(
            "Set variables of a case at a step that could not be made, and make it again. Nobody repairs a case about "
            "themselves, nor one of whose tasks excludes them; an author of what the case writes, they don't approve it"
        )
    )
    async def repair_incident(
        self, info: CONTEXT, case: ID, incident: ID, reason: str,
        values: Annotated[str, strawberry.argument(description="The values by variable, as JSON")],
    ) -> IncidentDecided:  # fmt: skip
        access = info.context.access

        def require(version: definitions.Version) -> None:
            require_rights(version.definition.services, access, "repair")

        repair = partial(
            incidents.repair, user=access.name, named=names(info.context.driver, access), require=require,
        )  # fmt: skip

        def decide(driver: neo4j.Driver, case: str, incident: str, *more: Any) -> None:
            repair(driver, case, incident, json_object(values, "values"), *more)

        return await _decided(info, "repairIncident", case, incident, reason, decide)

    @strawberry.mutation(
        description="Deliver a message to a case that waits for it. Nobody does so in a case about themselves"
    )
    async def deliver_message(
        self, info: CONTEXT, case: ID, message: ID, reason: str,
        values: Annotated[str, strawberry.argument(description="What it brings, as JSON: {} = nothing")] = "{}",
    ) -> MessageDelivered:  # fmt: skip
        def work(editing: Editing) -> MessageDelivered:
            access = info.context.access
            given, named = json_object(values, "values"), names(info.context.driver, access)
            messages.deliver(
                editing.driver, case, message, given, access.person, copenhagen_now(), editing.reason,
                user=access.name, named=named, require=partial(require_delivery, access),
            )  # fmt: skip
            return MessageDelivered(case=case)

        return await Editing(info.context, "deliverMessage", reason).do(refusing(work))

    @strawberry.mutation(
        description="End a case before its process does: open tasks lapse, and what was done stays. Not one's own"
    )
    async def end_case(self, info: CONTEXT, case: ID, reason: str) -> CaseEnded:
        def work(editing: Editing) -> CaseEnded:
            access = info.context.access
            why = editing.reason if access.person is not None else f"{editing.reason} ({access.name})"
            ending.end(editing.driver, case, access.person, copenhagen_now(), why)
            return CaseEnded(case=case)

        return await Editing(info.context, "endCase", reason).do(refusing(work))

    @strawberry.mutation(
        description="Let cases of a process start by themselves, as it states (trigger), from now on, or no longer"
    )
    async def switch_automatic_starts(
        self, info: CONTEXT, process: ID, reason: str,
        is_on: Annotated[bool, strawberry.argument(description="false = only people and systems start them")],
        first: Annotated[
            date | None, strawberry.argument(description="The day on which the first one starts by time")
        ] = None,
    ) -> AutomaticStartsSwitched:  # fmt: skip
        def work(editing: Editing) -> AutomaticStartsSwitched:
            access, now = info.context.access, copenhagen_now()
            if is_on:
                with editing.driver.session(default_access_mode="READ") as session:
                    unattended = definitions.current(session, process).definition.unattended
                require_rights(unattended, access, "start")
            due = by_itself.switch(
                editing.driver, process, access.name, editing.reason, now, on=is_on, first=first
            )  # fmt: skip
            return AutomaticStartsSwitched(process=process, is_on=is_on, next=due)

        return await Editing(info.context, "switchAutomaticStarts", reason).do(refusing(work))

    @strawberry.mutation(
        description="Move open cases to the version with which new ones start; what can't be moved stays, with a reason"
    )
    async def move_cases(self, info: CONTEXT, process: ID, reason: str, cases: Cases = None) -> CasesMoved:
        def work(editing: Editing) -> CasesMoved:
            access = info.context.access
            why = editing.reason if access.person is not None else f"{editing.reason} ({access.name})"
            done = moving.move(editing.driver, process, cases, access.person, copenhagen_now(), why)
            stays = [CaseStays(case=ID(case), text=text) for case, text in done.stays.items()]
            return CasesMoved(version=done.version, moved=[ID(each) for each in done.moved], stays=stays)

        return await Editing(info.context, "moveCases", reason).do(refusing(work))


async def _decided(
    info: CONTEXT,
    mutation: str,
    case: ID,
    incident: ID,
    reason: str,
    decide: Callable[..., None],
    *,
    or_owner: bool = False,
) -> IncidentDecided:
    """``decide``: driver, case, incident, person, moment, reason. ``or_owner``: the owner of the process may, too."""

    def work(editing: Editing) -> IncidentDecided:
        access, now = info.context.access, copenhagen_now()
        do = decide
        if or_owner and not access.may_write(mutation):
            if access.person is None or not _owns(editing, case, incident, access.person, now):
                access.require_write(mutation)
            do = partial(decide, as_owner=True)
        why = editing.reason if access.person is not None else f"{editing.reason} ({access.name})"
        do(editing.driver, case, incident, access.person, now, why)
        with editing.driver.session(default_access_mode="READ") as session:
            return IncidentDecided(case=case, incidents=len(kept.case(session, case).incidents))

    return await Editing(info.context, mutation, reason, checks_itself=or_owner).do(refusing(work))


def _owns(editing: Editing, case: str, incident: str, person: str, now: datetime) -> bool:
    with editing.driver.session(default_access_mode="READ") as session:
        return owners.owns(session, case, incident, person, now)


def _once(files: Sequence[ProcessFileInput]) -> Sequence[ProcessFileInput]:
    """Raises GraphQLError where two files have one name: which one counts is not guessed."""
    names = [each.name for each in files]
    for place, name in enumerate(names):
        if name in names[:place]:
            field = f"files[{place}].name"
            raise GraphQLError(f"{field}: another file is called {name}", extensions={"code": "taken", "field": field})
    return files
