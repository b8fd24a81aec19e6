"""Mutations of what may be done in systems, and who is granted it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import uuid4

import neo4j
import strawberry
from strawberry import ID, UNSET
from strawberry.types import Info

from api.context import Context
from api.enums import ConstraintContent, ConstraintForm
from api.mutations.deciding import Deciding
from api.mutations.editing import Editing
from api.mutations.edits import DatedLinks, always, days, new, with_links_in, with_value
from api.mutations.inputs import From_, NewFrom, NewTo, To_, Written
from api.mutations.lives import relive
from graph.errors import ChangeRejected
from graph.statements.statement import DatedLink, Ref, Statement, Value
from graph.time import ALWAYS, Period
from graph.writing.amending import Amendment

CONTEXT = Info[Context, None]
ChangeFrom = Annotated[
    date | None,
    strawberry.argument(description="The first day on which it names or includes these instead; required with them"),
]
Links = dict[str, tuple[DatedLink, ...]]


@strawberry.type
class Granting(Deciding):
    @strawberry.mutation(description="A dimension that can limit rights, such as KLE or unit")
    async def create_constraint_type(
        self, info: CONTEXT, key: str, title: str, uri: str, content: ConstraintContent, form: ConstraintForm,
        reason: str, pattern: str | None = None, values: list[str] | None = None, levels: list[str] | None = None,
        cumulative: bool = False, common: bool = False, system: ID | None = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            properties: dict[str, Value | None] = {
                "key": key, "title": title, "uri": uri, "content": content.value, "form": form.value,
                "pattern": pattern, "values": _texts(values), "levels": _texts(levels),
                "cumulative": cumulative, "common": common,
            }  # fmt: skip
            links = {} if system is None else {"system": always(editing.ref("ItSystem", system))}
            return editing.write("ConstraintType", None, new(Period(), properties, links))

        return await Editing(info.context, "createConstraintType", reason).do(work)

    @strawberry.mutation(description="One right in a system, with the constraint types that it takes")
    async def create_system_role(
        self, info: CONTEXT, key: str, title: str, uri: str, system: ID, reason: str, description: str | None = None,
        sensitive: bool = False, required_types: list[ID] | None = None, optional_types: list[ID] | None = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            properties: dict[str, Value | None] = {
                "key": key, "title": title, "uri": uri, "description": description, "sensitive": sensitive,
            }  # fmt: skip
            links: Links = {
                "system": always(editing.ref("ItSystem", system)),
                "required_types": _refs(editing.ref("ConstraintType", each) for each in required_types or ()),
                "optional_types": _refs(editing.ref("ConstraintType", each) for each in optional_types or ()),
            }
            return editing.write("SystemRole", None, new(Period(), properties, links))

        return await Editing(info.context, "createSystemRole", reason).do(work)

    @strawberry.mutation(description="A bundle of system roles; its URI never changes")
    async def create_job_function_role(
        self, info: CONTEXT, key: str, title: str, uri: str, includes: list[str], reason: str,
        description: str | None = None, sensitive: bool = False, delegated_from_cvr: str | None = None,
        delegated_to_cvr: str | None = None, number: int | None = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            properties: dict[str, Value | None] = {
                "key": key, "title": title, "uri": uri, "description": description, "sensitive": sensitive,
                "delegated_from_cvr": delegated_from_cvr, "delegated_to_cvr": delegated_to_cvr, "number": number,
            }  # fmt: skip
            links: Links = {"includes": _refs(_rights(editing, includes))}
            return editing.write("JobFunctionRole", None, new(Period(), properties, links))

        return await Editing(info.context, "createJobFunctionRole", reason).do(work)

    @strawberry.mutation(description="What a job-function role includes from now on, or how long it exists")
    async def change_job_function_role(
        self, info: CONTEXT, role: ID, reason: str, includes: list[str] | None = None,
        change_from: ChangeFrom = None, from_: NewFrom = UNSET, to: NewTo = UNSET, expected_version: int | None = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            links: Links = {} if includes is None else {"includes": _refs(_rights(editing, includes))}
            return relive(editing, "JobFunctionRole", role, from_, to, _from_day(change_from, links), expected_version)

        return await Editing(info.context, "changeJobFunctionRole", reason).do(work)

    @strawberry.mutation(description="What a constraint type is limited to, in a job-function role or with a grant")
    async def create_constraint_setting(
        self, info: CONTEXT, of: str, type: ID, reason: str, from_: From_ = UNSET, system_role: ID | None = None,
        fixed: list[str] | None = None, derived: str | None = None, parameter: str | None = None,
        unlimited: bool = False, units: list[ID] | None = None, below: bool = False,
        excluded_units: list[ID] | None = None, to: To_ = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            life = days(from_, to)
            owner = editing.prefixed("ConstraintSetting", "of", of)
            properties: dict[str, Value | None] = {
                "fixed": _texts(fixed),
                "derived": derived,
                "parameter": parameter or (_new_parameter(editing, owner) if derived else None),
                "unlimited": unlimited,
                "below": below,
            }
            links: Links = {
                "of": always(owner),
                "type": always(editing.ref("ConstraintType", type)),
                "units": _refs(editing.ref("Unit", each) for each in units or ()),
                "excluded_units": _refs(editing.ref("Unit", each) for each in excluded_units or ()),
            }
            if system_role is not None:
                links["system_role"] = always(editing.ref("SystemRole", system_role))
            return editing.write("ConstraintSetting", None, new(life, properties, links))

        return await Editing(info.context, "createConstraintSetting", reason).do(work)

    @strawberry.mutation(description="Other values of a constraint setting. Its parameter, and what is left out, stays")
    async def change_constraint_setting(
        self, info: CONTEXT, setting: ID, reason: str, from_: From_ = UNSET, fixed: list[str] | None = None,
        derived: str | None = None, units: list[ID] | None = None, below: bool | None = None,
        excluded_units: list[ID] | None = None, to: To_ = None, expected_version: int | None = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            life = days(from_, to)
            properties = {"fixed": _texts(fixed), "derived": derived, "below": below}
            linked = {
                name: [editing.ref("Unit", each) for each in given]
                for name, given in (("units", units), ("excluded_units", excluded_units))
                if given is not None
            }

            def edit(kept: Statement) -> Statement:
                for name, value in properties.items():
                    kept = kept if value is None else with_value(name, value, life)(kept)
                return with_links_in(life, linked)(kept)

            uuid = editing.uuid("ConstraintSetting", setting)
            return editing.write_all([Amendment("ConstraintSetting", uuid, edit, expected_version, days=life)])[0]

        return await Editing(info.context, "changeConstraintSetting", reason).do(work)

    @strawberry.mutation(description="Another end of a constraint setting, or another beginning")
    async def end_constraint_setting(
        self, info: CONTEXT, setting: ID, reason: str, from_: NewFrom = UNSET, to: NewTo = UNSET,
        expected_version: int | None = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            return relive(editing, "ConstraintSetting", setting, from_, to, {}, expected_version)

        return await Editing(info.context, "endConstraintSetting", reason).do(work)

    @strawberry.mutation(
        description="Give a right by a role, position, category or unit, or to one employment, affiliation or person"
    )
    async def create_grant(
        self, info: CONTEXT, key: str, title: str, gives: str, given_to: list[str], reason: str, from_: From_ = UNSET,
        inherit: bool = False, condition: str | None = None, sensitivity: str | None = None,
        case_number: str | None = None, exceptions: list[str] | None = None, about: list[str] | None = None,
        within_units: list[ID] | None = None, for_unit: ID | None = None, to: To_ = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            properties: dict[str, Value | None] = {
                "key": key, "title": title, "reason": editing.reason, "inherit": inherit, "condition": condition,
                "sensitivity": sensitivity, "case_number": case_number,
            }  # fmt: skip
            links = {
                "gives": always(editing.prefixed("Grant", "gives", gives)),
                **_named(editing, given_to, exceptions),
            }
            links["responsibilities"] = _refs(editing.responsibility(each) for each in about or ())
            links["within_units"] = _refs(editing.ref("Unit", each) for each in within_units or ())
            if for_unit is not None:
                links["for_unit"] = always(editing.ref("Unit", for_unit))
            return editing.write("Grant", None, new(days(from_, to), properties, links))

        return await Editing(info.context, "createGrant", reason).do(work)

    @strawberry.mutation(description="Another period of a grant, or others whom it names; what is left out stays")
    async def change_grant(
        self, info: CONTEXT, grant: ID, reason: str, given_to: list[str] | None = None,
        exceptions: list[str] | None = None, change_from: ChangeFrom = None, from_: NewFrom = UNSET,
        to: NewTo = UNSET, expected_version: int | None = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            links = _named(editing, given_to, exceptions)
            return relive(editing, "Grant", grant, from_, to, _from_day(change_from, links), expected_version)

        return await Editing(info.context, "changeGrant", reason).do(work)


def _texts(texts: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if texts is None else tuple(texts)


def _refs(refs: Iterable[Ref]) -> tuple[DatedLink, ...]:
    return tuple(DatedLink(Period(), each) for each in refs)


def _rights(editing: Editing, names: Iterable[str]) -> list[Ref]:
    return [editing.prefixed("JobFunctionRole", "includes", each) for each in names]


def _named(editing: Editing, given_to: Sequence[str] | None, exceptions: Sequence[str] | None) -> Links:
    properties = {"given_to": given_to, "exceptions": exceptions}
    return {
        name: _refs(editing.prefixed("Grant", name, each) for each in names)
        for name, names in properties.items()
        if names is not None
    }


def _from_day(day: date | None, links: Links) -> Mapping[str, DatedLinks]:
    """Raises ChangeRejected (wrong_value): what was named before stays so for the days before the change."""
    if links and day is None:
        text = "changeFrom: give the first day of the change; null = no beginning, which rewrites history"
        raise ChangeRejected("wrong_value", text, field="changeFrom")
    return {name: (Period(day or ALWAYS), each) for name, each in links.items()}


def _new_parameter(editing: Editing, owner: Ref) -> str | None:
    """A URI that no setting has: in the domain of the job-function role, and never made of its title."""

    def uri(session: neo4j.Session) -> Any:
        row = session.run("MATCH (n:JobFunctionRole {uuid: $uuid}) RETURN n.uri AS uri", uuid=owner.key).single()
        return None if row is None else row["uri"]

    parts = urlsplit(str(editing.read(uri) or ""))
    if not (parts.scheme and parts.netloc):
        return None
    return f"{parts.scheme}://{parts.netloc}/{uuid4().hex}/1/parametric"
