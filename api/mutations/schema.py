"""The Mutation type: what people maintain by hand.

Every mutation takes the period that it holds for, a reason for the change log and, where it changes a thing that
exists, the version that its caller has seen.
"""

from datetime import date
from functools import partial
from typing import Annotated

import anyio.to_thread
import strawberry
from graphql import GraphQLError
from strawberry import ID, UNSET
from strawberry.types import Info

from api.access import rights
from api.context import Context
from api.enums import Kind
from api.model.filters import snake
from api.mutations.accounts import Accounts
from api.mutations.at_targets import AtTargets
from api.mutations.editing import Editing, as_kept
from api.mutations.edits import (
    always,
    changed_from,
    days,
    new,
    released,
    with_dated_links,
    with_link,
    with_links_in,
    with_value,
)
from api.mutations.guarding import makes_common
from api.mutations.inputs import (
    AssignedUnitInput,
    Decided,
    From_,
    HolderInput,
    NewFrom,
    NewTo,
    PlacedUnitInput,
    PlaceInput,
    ResponsibilityInput,
    To_,
    Written,
)
from api.mutations.lives import end_unit, relive
from api.mutations.login_care import LoginCare
from api.mutations.logins import LoggingIn
from api.mutations.plans import Planning
from api.mutations.processes import Deploying
from api.mutations.property_values import parsed, parsed_texts, property_of
from api.mutations.starting_runs import StartingRuns
from api.mutations.tasks import Tasking
from api.mutations.templates import Templating
from graph.errors import ChangeRejected
from graph.runs.brakes import approve
from graph.statements.statement import DatedLink
from graph.time import Period
from graph.writing.amending import Amendment
from rules.accounts.following import confirm_restore

NewEnd = Annotated[date | None, strawberry.argument(description="The day after its last; omitted = unchanged")]
ChangeFrom = Annotated[
    date | None,
    strawberry.argument(
        description="The first day of other units or responsibilities; by default the first one that they name"
    ),
]
NewValue = Annotated[
    str | None,
    strawberry.argument(description="null = it has no value, whatever the sources claim; releaseValue restores theirs"),
]
NewTexts = Annotated[
    list[str] | None,
    strawberry.argument(description="Instead of value, the values of a property that is a list of texts"),
]
MoveTo = Annotated[
    ID | None,
    strawberry.argument(
        description="UUID, or a source's key, of the unit that then takes over its units, people and assignments"
    ),
]
CONTEXT = Info[Context, None]
BY_HAND = "manual"  # how a position was found (positions.md §5)


@strawberry.type(description="Changes made by hand. They outrank every source until they are released or end")
class Mutation(Accounts, AtTargets, Planning, Tasking, Deploying, Templating, LoginCare, LoggingIn, StartingRuns):
    # -- values -------------------------------------------------------------------------------------------------

    @strawberry.mutation(description="Set the value of a property in a period: names, addresses, tags (a|b), titles …")
    async def set_value(
        self, info: CONTEXT, kind: Kind, thing: ID, property: str, reason: str, from_: From_ = UNSET,
        value: NewValue = UNSET, texts: NewTexts = None,
        to: To_ = None, expected_version: int | None = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            name = snake(property)
            if (value is UNSET) == (texts is None):
                text = "give either value or texts; value: null clears it"
                raise ChangeRejected("wrong_value", text, field="value")
            life = days(from_, to)
            editing.require_other_than_stopper(kind.value, thing, name)
            told = parsed(kind.value, name, value) if texts is None else parsed_texts(kind.value, name, texts)
            uuid, *same = editing.changed_with(kind.value, thing, name)
            editing.refuse_own_system(kind.value, [uuid, *same])
            if makes_common(kind.value, name, told):
                editing.require_second_for_common([uuid, *same], life)
            edit = with_value(name, told, life)
            changed = Amendment(kind.value, uuid, edit, expected_version, days=life)
            return editing.write_all([changed, *(Amendment(kind.value, each, edit) for each in same)])[0]

        info.context.access.require_by_hand(kind.value)
        return await Editing(info.context, "setValue", reason, rights.BY_HAND[kind.value]).do(work)

    @strawberry.mutation(description="Restore the value of the sources, for a period or altogether")
    async def release_value(
        self, info: CONTEXT, kind: Kind, thing: ID, property: str, reason: str, from_: From_ = UNSET,
        to: To_ = None, expected_version: int | None = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            editing.require_other_than_stopper(kind.value, thing, snake(property))
            name, life = property_of(kind.value, snake(property)).name, days(from_, to)
            uuid, *same = editing.changed_with(kind.value, thing, name)
            editing.refuse_own_system(kind.value, [uuid, *same])
            if makes_common(kind.value, name, None):
                editing.require_second_for_common([uuid, *same], life)
            edit = released(name, life)
            changed = Amendment(kind.value, uuid, edit, expected_version)
            return editing.write_all([changed, *(Amendment(kind.value, each, edit) for each in same)])[0]

        info.context.access.require_by_hand(kind.value)
        return await Editing(info.context, "releaseValue", reason, rights.BY_HAND[kind.value]).do(work)

    # -- units --------------------------------------------------------------------------------------------------

    @strawberry.mutation(description="Create a unit that no source has")
    async def create_unit(
        self, info: CONTEXT, name: str, reason: str, from_: From_ = UNSET, parent: ID | None = None,
        number: str | None = None,
        type: str | None = None, to: To_ = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            life = days(from_, to)
            # Its place outlives it, as where a unit is closed later: a walk up the organisation goes on from there.
            links = {"parent": (DatedLink(Period(life.start), editing.ref("Unit", parent)),)} if parent else {}
            return editing.write("Unit", None, new(life, {"name": name, "number": number, "type": type}, links))

        return await Editing(info.context, "createUnit", reason).do(work)

    @strawberry.mutation(
        description=(
            "Close a unit that was created by hand, or move its end to a later day. Sources close their own units"
        )
    )
    async def end_unit(
        self, info: CONTEXT, unit: ID, to: date, reason: str, move_to: MoveTo = None,
        expected_version: int | None = None,
    ) -> Written:  # fmt: skip
        work = partial(end_unit, unit=unit, to=to, move_to=move_to, expected=expected_version)
        return await Editing(info.context, "endUnit", reason).do(work)

    @strawberry.mutation(description="Place units in the line organisation over time; several at once, all or none")
    async def place_units(self, info: CONTEXT, units: list[PlacedUnitInput], reason: str) -> list[Written]:
        def work(editing: Editing) -> list[Written]:
            for each in units:
                editing.require_parents(editing.uuid("Unit", each.unit))
            return editing.write_all(
                [
                    Amendment(
                        "Unit",
                        editing.uuid("Unit", each.unit),
                        with_dated_links(
                            {"parent": changed_from(each.change_from, editing.places(each.parents), "parents")}
                        ),
                        each.expected_version,
                    )
                    for each in units
                ]
            )

        return await Editing(info.context, "placeUnits", reason).do(work)

    @strawberry.mutation(
        description="Set the KLE numbers that a unit performs, is responsible for or is interested in, in a period"
    )
    async def tag_unit(
        self, info: CONTEXT, unit: ID, reason: str, from_: From_ = UNSET, performs: list[ID] | None = None,
        responsible_for: list[ID] | None = None, interested_in: list[ID] | None = None,
        to: To_ = None, expected_version: int | None = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            life = days(from_, to)
            tags = {"performs": performs, "responsible_for": responsible_for, "interested_in": interested_in}
            refs = {
                name: [editing.ref("KleNode", each) for each in numbers]
                for name, numbers in tags.items()
                if numbers is not None
            }
            edit = with_links_in(life, refs)
            return editing.write("Unit", editing.uuid("Unit", unit), edit, expected_version, about=life)

        return await Editing(info.context, "tagUnit", reason).do(work)

    @strawberry.mutation(description="Set the unit that pays out for a unit, and for those below it, in a period")
    async def set_paying_unit(
        self, info: CONTEXT, unit: ID, reason: str, from_: From_ = UNSET, paid_out_by: ID | None = None, to: To_ = None,
        expected_version: int | None = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            payer = None if paid_out_by is None else editing.ref("Unit", paid_out_by)
            life = days(from_, to)
            edit = with_link("paid_out_by", payer, life)
            return editing.write("Unit", editing.uuid("Unit", unit), edit, expected_version, about=life)

        return await Editing(info.context, "setPayingUnit", reason).do(work)

    # -- people -------------------------------------------------------------------------------------------------

    @strawberry.mutation(description="Create a person who is in no source, such as a council member or a consultant")
    async def create_person(self, info: CONTEXT, name: str, reason: str, cpr: str | None = None) -> Written:
        def work(editing: Editing) -> Written:
            digits = None if cpr is None else editing.looked_up(cpr)
            return editing.write("Person", None, new(Period(), {"name": name}, {}, digits))

        editing = Editing(info.context, "createPerson", reason)
        if cpr is not None:
            info.context.access.require_cpr()
        return await editing.do(work)

    @strawberry.mutation(
        description="Mark a person as absent in a period: every role of the person passes to substitutes"
    )
    async def set_absence(
        self, info: CONTEXT, person: ID, reason: str, from_: From_ = UNSET, absent: bool = True,
        to: To_ = None, expected_version: int | None = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            life = days(from_, to)
            edit = with_value("absent", absent, life)
            return editing.write("Person", editing.uuid("Person", person), edit, expected_version, about=life)

        return await Editing(info.context, "setAbsence", reason).do(work)

    @strawberry.mutation(description="Set the position of an employment, whatever payroll and the position list claim")
    async def choose_position(
        self, info: CONTEXT, employment: ID, reason: str, from_: From_ = UNSET, position: ID | None = None,
        to: To_ = None, expected_version: int | None = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            chosen = None if position is None else editing.ref("Position", position)
            life = days(from_, to)
            edit = with_link("position", chosen, life, how=BY_HAND)
            about = None if chosen is None else life
            return editing.write("Employment", editing.uuid("Employment", employment), edit, expected_version, about)

        return await Editing(info.context, "choosePosition", reason).do(work)

    @strawberry.mutation(
        description="Set the KLE numbers that an employment handles in addition to its unit, in a period"
    )
    async def tag_employment(
        self, info: CONTEXT, employment: ID, kle: list[ID], reason: str, from_: From_ = UNSET, to: To_ = None,
        expected_version: int | None = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            life = days(from_, to)
            edit = with_links_in(life, {"kle": [editing.ref("KleNode", each) for each in kle]})
            uuid = editing.uuid("Employment", employment)
            return editing.write("Employment", uuid, edit, expected_version, about=life)

        return await Editing(info.context, "tagEmployment", reason).do(work)

    @strawberry.mutation(description="Create a tie to a unit without payroll; it always has an end")
    async def create_affiliation(
        self, info: CONTEXT, person: ID, unit: ID, to: date, reason: str, from_: From_ = UNSET,
        title: str | None = None,
        type: str | None = None, supplier: str | None = None, sponsor: ID | None = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            life = days(from_, to)
            links = {
                "person": always(editing.ref("Person", person)),
                "unit": (DatedLink(life, editing.ref("Unit", unit)),),
            }
            if sponsor is not None:
                links["sponsor"] = (DatedLink(life, editing.ref("Employment", sponsor)),)
            values = {"title": title, "type": type, "supplier": supplier}
            return editing.write("Affiliation", None, new(life, values, links))

        return await Editing(info.context, "createAffiliation", reason).do(work)

    @strawberry.mutation(description="Change the period or the places of an affiliation that was created by hand")
    async def change_affiliation(
        self, info: CONTEXT, affiliation: ID, reason: str, units: list[PlaceInput] | None = None,
        change_from: ChangeFrom = None, from_: NewFrom = UNSET, to: NewEnd = UNSET,
        expected_version: int | None = None, withdraw: bool = False,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            if to is None:
                text = "to: an affiliation has an end; give the day after its last, or omit it"
                raise ChangeRejected("wrong_value", text, field="to")
            links = {} if units is None else {"unit": changed_from(change_from, editing.places(units), "units")}
            return relive(editing, "Affiliation", affiliation, from_, to, links, expected_version, withdraw=withdraw)

        return await Editing(info.context, "changeAffiliation", reason).do(work)

    # -- roles --------------------------------------------------------------------------------------------------

    @strawberry.mutation(description="Create a role; roles should be few and general")
    async def create_role(self, info: CONTEXT, key: str, title: str, reason: str, covers_all: bool = False) -> Written:
        def work(editing: Editing) -> Written:
            return editing.write(
                "Role", None, new(Period(), {"key": key, "title": title, "covers_all": covers_all}, {})
            )

        return await Editing(info.context, "createRole", reason).do(work)

    @strawberry.mutation(description="Assign a role for units, with responsibilities (kle:27.12, system:cura)")
    async def create_assignment(
        self, info: CONTEXT, holder: HolderInput, role: ID, units: list[AssignedUnitInput], reason: str,
        from_: From_ = UNSET,
        about: list[str] | None = None, primary: bool = False, to: To_ = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            links = {
                "holder": always(editing.holder(holder)),
                "role": always(editing.ref("Role", role)),
                "unit": editing.places(units),
                "responsibilities": tuple(DatedLink(Period(), editing.responsibility(each)) for each in about or ()),
            }
            return editing.write("Assignment", None, new(days(from_, to), {"primary": primary}, links))

        return await Editing(info.context, "createAssignment", reason).do(work)

    @strawberry.mutation(
        description=(
            "Change the period, the units or the responsibilities of an assignment; what is omitted is unchanged"
        )
    )
    async def change_assignment(
        self, info: CONTEXT, assignment: ID, reason: str, units: list[PlaceInput] | None = None,
        about: list[ResponsibilityInput] | None = None, change_from: ChangeFrom = None, from_: NewFrom = UNSET,
        to: NewTo = UNSET, expected_version: int | None = None, withdraw: bool = False,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            links = {} if units is None else {"unit": changed_from(change_from, editing.places(units), "units")}
            if about is not None:
                links["responsibilities"] = changed_from(change_from, editing.responsibilities(about), "about")
            return relive(editing, "Assignment", assignment, from_, to, links, expected_version, withdraw=withdraw)

        return await Editing(info.context, "changeAssignment", reason).do(work)

    @strawberry.mutation(
        description="Create a substitute for the holder of an assignment, for all of it or within a scope"
    )
    async def create_substitution(
        self, info: CONTEXT, assignment: ID, person: ID, reason: str, from_: From_ = UNSET, rank: int = 1,
        scope_units: list[ID] | None = None, scope_responsibilities: list[str] | None = None,
        to: To_ = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            links = {
                "person": always(editing.ref("Person", person)),
                "assignment": always(editing.ref("Assignment", assignment)),
                "scope_units": tuple(DatedLink(Period(), editing.ref("Unit", each)) for each in scope_units or ()),
                "scope_responsibilities": tuple(
                    DatedLink(Period(), editing.responsibility(each)) for each in scope_responsibilities or ()
                ),
            }
            return editing.write("Substitution", None, new(days(from_, to), {"rank": rank}, links))

        return await Editing(info.context, "createSubstitution", reason).do(work)

    @strawberry.mutation(description="Change the period of a substitution; what is omitted is unchanged")
    async def change_substitution(
        self, info: CONTEXT, substitution: ID, reason: str, from_: NewFrom = UNSET, to: NewTo = UNSET,
        expected_version: int | None = None, withdraw: bool = False,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            return relive(editing, "Substitution", substitution, from_, to, {}, expected_version, withdraw=withdraw)

        return await Editing(info.context, "changeSubstitution", reason).do(work)

    # -- decisions ----------------------------------------------------------------------------------------------

    @strawberry.mutation(description="Approve exactly the changes that a brake has stopped; the next run applies them")
    async def approve_brake(self, info: CONTEXT, id: ID, reason: str) -> Decided:
        context = info.context
        editing = Editing(context, "approveBrake", reason)
        await editing.do(lambda each: each.require_second("approve_brake", as_kept(id)))
        why = editing.reason
        done = await anyio.to_thread.run_sync(lambda: approve(context.driver, as_kept(id), context.access.name, why))
        if not done:
            raise GraphQLError(
                f"there is no stopped run with id {id!r} that waits for approval", extensions={"code": "unknown_brake"}
            )
        return Decided(id=id, uuid=None)

    @strawberry.mutation(
        description="Confirm that you have looked at what a restore of a back-up has brought back: from now on targets "
        "are supplied as usual"
    )
    async def confirm_restore(self, info: CONTEXT, id: ID, reason: str, leave_open: bool = False) -> Decided:
        def work(editing: Editing) -> Decided:
            by = info.context.access.name
            confirm_restore(editing.driver, as_kept(id), by, editing.reason, leave_open=leave_open)
            return Decided(id=id, uuid=None)

        return await Editing(info.context, "confirmRestore", reason).do(work)
