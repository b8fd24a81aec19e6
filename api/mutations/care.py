"""Mutations of care: conflicts of rights, approvals of sensitive rights, requests and their decisions."""

from datetime import date
from typing import Annotated

import neo4j
import strawberry
from strawberry import ID, UNSET
from strawberry.types import Info

from api.access.four_eyes import refuse_nobody_known
from api.context import Context
from api.enums import ConflictMode, ConflictScope
from api.mutations.editing import Editing
from api.mutations.edits import Edit, always, days, new, with_link, with_value
from api.mutations.inputs import From_, NewFrom, NewTo, To_, Written
from api.mutations.lives import relive
from api.mutations.rights import Granting
from graph.approved_content import SEAL
from graph.errors import ChangeRejected
from graph.identity.user_names import names_of_same
from graph.model.rights import APPROVED, REFUSED, WAITING, WITHDRAWN
from graph.questions.preview.approving import refuse_changed, to_approve
from graph.questions.rights.asking import evaluation
from graph.questions.rights.authors import authors
from graph.statements.statement import DatedLink, Ref, Statement, Value
from graph.time import Period, today

CONTEXT = Info[Context, None]
_REFUSE, _PERSON = ConflictMode("refuse"), ConflictScope("person")
ApprovedTo = Annotated[
    date | None, strawberry.argument(description="The day after the last one that is approved; by default no end")
]
WantedFrom = Annotated[date, strawberry.argument(name="from", description="The first day on which it is wanted")]


@strawberry.type
class Caring(Granting):
    # -- conflicts ----------------------------------------------------------------------------------------------

    @strawberry.mutation(
        description="Keep two rights apart: refuse leaves both out, approve allows both with an approved exception"
    )
    async def create_rights_conflict(
        self, info: CONTEXT, key: str, title: str, first: str, second: str, reason: str, from_: From_ = UNSET,
        mode: ConflictMode = _REFUSE, scope: ConflictScope = _PERSON, to: To_ = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            properties: dict[str, Value | None] = {
                "key": key, "title": title, "mode": mode.value, "scope": scope.value, "reason": editing.reason,
            }  # fmt: skip
            links = {
                name: always(editing.prefixed("RightsConflict", name, side))
                for name, side in (("first", first), ("second", second))
            }
            return editing.write("RightsConflict", None, new(days(from_, to), properties, links))

        return await Editing(info.context, "createRightsConflict", reason).do(work)

    @strawberry.mutation(description="Change the period of a conflict of rights; what is omitted is unchanged")
    async def change_rights_conflict(
        self, info: CONTEXT, conflict: ID, reason: str, from_: NewFrom = UNSET, to: NewTo = UNSET,
        expected_version: int | None = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            return relive(editing, "RightsConflict", conflict, from_, to, {}, expected_version)

        return await Editing(info.context, "changeRightsConflict", reason).do(work)

    # -- sensitive rights ---------------------------------------------------------------------------------------

    @strawberry.mutation(
        description="Approve a sensitive grant as approvalPreview shows it; neither its author may, nor whom it reaches"
    )
    async def approve_grant(
        self, info: CONTEXT, grant: ID, digest: str, reason: str, approved_by: ID | None = None,
        expected_version: int | None = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            uuid = editing.uuid("Grant", grant)
            approver = editing.own_name(approved_by, "approved_by")
            user, since = info.context.access.name, Period(today())
            editing.read(lambda session: _refuse_own(session, uuid, approver.key, user))

            def guard(tx: neo4j.ManagedTransaction) -> None:
                _refuse_author(tx, uuid, user, "grant")
                refuse_changed(tx, "Grant", uuid, digest)

            return editing.write("Grant", uuid, _approved(approver, since), expected_version, since, guard=guard)

        return await Editing(info.context, "approveGrant", reason).do(work)

    @strawberry.mutation(
        description="Approve, as approvalPreview shows it, that a setting limits nothing; not its author or holders"
    )
    async def approve_unlimited(
        self, info: CONTEXT, setting: ID, digest: str, reason: str, approved_by: ID | None = None,
        to: ApprovedTo = None, expected_version: int | None = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            uuid = editing.uuid("ConstraintSetting", setting)
            approver = editing.own_name(approved_by, "approved_by")
            user, approved = info.context.access.name, days(today(), to)
            editing.read(lambda session: _refuse_own_open(session, uuid, approver.key, user))

            def guard(tx: neo4j.ManagedTransaction) -> None:
                _refuse_author(tx, uuid, user, "setting")
                refuse_changed(tx, "ConstraintSetting", uuid, digest)

            edit = _approved(approver, approved)
            return editing.write("ConstraintSetting", uuid, edit, expected_version, approved, guard=guard)

        return await Editing(info.context, "approveUnlimited", reason).do(work)

    # -- requests -----------------------------------------------------------------------------------------------

    @strawberry.mutation(
        description="Ask for a right, for an exception to a conflict of rights, or both; an exception has an end"
    )
    async def request_right(
        self, info: CONTEXT, given_to: str, reason: str, from_: WantedFrom, requested_by: ID | None = None,
        gives: str | None = None, exception_to: ID | None = None, to: To_ = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            days(from_, to)
            life = days(today(), to)
            properties: dict[str, Value | None] = {
                "state": WAITING, "wanted_from": from_.isoformat(), "reason": editing.reason,
            }  # fmt: skip
            wanted = days(max(from_, life.start), to)
            links = {
                "given_to": (DatedLink(wanted, editing.prefixed("RightsRequest", "given_to", given_to)),),
                "requested_by": always(editing.own_name(requested_by, "requested_by")),
            }
            if gives is not None:
                links["gives"] = always(editing.prefixed("RightsRequest", "gives", gives))
            if exception_to is not None:
                links["exception_to"] = always(editing.ref("RightsConflict", exception_to))
            return editing.write("RightsRequest", None, new(life, properties, links))

        return await Editing(info.context, "requestRight", reason).do(work)

    @strawberry.mutation(
        description="Approve a request, which gives the right; neither who asked nor the one it is for can do so"
    )
    async def approve_request(
        self, info: CONTEXT, request: ID, reason: str, decided_by: ID | None = None,
        expected_version: int | None = None, digest: str | None = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            uuid = editing.uuid("RightsRequest", request)
            decider = editing.own_name(decided_by, "decided_by")
            editing.read(lambda session: _refuse_meeting(session, uuid))
            edit, user = _decided(APPROVED, decider, editing.reason), info.context.access.name

            def guard(tx: neo4j.ManagedTransaction) -> None:
                _refuse_author(tx, uuid, user, "right since it was asked for", "decided_by")
                if digest is not None:
                    refuse_changed(tx, "RightsRequest", uuid, digest)

            return editing.write("RightsRequest", uuid, edit, expected_version, Period(today()), guard=guard)

        return await Editing(info.context, "approveRequest", reason).do(work)

    @strawberry.mutation(description="Refuse a request; the reason is kept with it")
    async def refuse_request(
        self, info: CONTEXT, request: ID, reason: str, decided_by: ID | None = None, expected_version: int | None = None
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            edit = _decided(REFUSED, editing.own_name(decided_by, "decided_by"), editing.reason)
            uuid = editing.uuid("RightsRequest", request)
            return editing.write("RightsRequest", uuid, edit, expected_version, about=Period(today()))

        return await Editing(info.context, "refuseRequest", reason).do(work)

    @strawberry.mutation(description="Withdraw a request; what it gives ends today")
    async def withdraw_request(
        self, info: CONTEXT, request: ID, reason: str, expected_version: int | None = None
    ) -> Written:
        def work(editing: Editing) -> Written:
            edit = with_value("state", WITHDRAWN, Period(today()))
            uuid = editing.uuid("RightsRequest", request)
            return editing.write("RightsRequest", uuid, edit, expected_version, about=Period(today()))

        return await Editing(info.context, "withdrawRequest", reason).do(work)


def _approved(approver: Ref, since: Period) -> Edit:
    """What is approved is filled in when it is written (``graph.writing.approval_seal``)."""

    def edit(kept: Statement) -> Statement:
        properties = with_link("approved_by", approver, since)(kept)
        properties = with_value("approved_on", since.start.isoformat(), since)(properties)
        return with_value("approved_content", SEAL, since)(properties)

    return edit


def _decided(state: str, decider: Ref, reason: str) -> Edit:
    """From today on."""
    since = Period(today())

    def edit(kept: Statement) -> Statement:
        for name, value in (("state", state), ("decided_on", since.start.isoformat()), ("decided_because", reason)):
            kept = with_value(name, value, since)(kept)
        return with_link("decided_by", decider, since)(kept)

    return edit


def _refuse_own(session: neo4j.Session, grant: str, approver: str, user: str) -> None:
    """Raises ChangeRejected (own_approval) for a grant's author, and for a person whom it reaches."""
    _refuse_author(session, grant, user, "grant")
    begins = session.run("MATCH (g:Grant {uuid: $uuid}) RETURN g.from AS day", uuid=grant).single(strict=True)["day"]
    day = today() if begins is None else max(today(), begins.to_native())
    if grant in evaluation(session, approver, day).of(approver).grants():
        text = "approved_by: the grant gives the right to this person, who can't approve it"
        raise ChangeRejected("own_approval", text, field="approved_by")


def _refuse_author(
    session: neo4j.Session | neo4j.ManagedTransaction, thing: str, user: str, what: str, field: str = "approved_by"
) -> None:
    """Raises ChangeRejected (own_approval). Asked again while it is written: the change log is locked then."""
    written_by = authors(session, thing)
    refuse_nobody_known(written_by, field)
    if not names_of_same(session, user).isdisjoint(written_by):
        text = f"{field}: who has made or changed the {what} can't approve it: another user must"
        raise ChangeRejected("own_approval", text, field=field)


_OPEN = """
MATCH (c:ConstraintSetting {uuid: $uuid})-[:SETS]->(of)
RETURN of.uuid AS of, c.unlimited AS unlimited, c.from AS from
"""


def _refuse_own_open(session: neo4j.Session, setting: str, approver: str, user: str) -> None:
    """Raises ChangeRejected: wrong_value where nothing is left open, own_approval for the author of a setting and for a
    person who holds what it leaves open."""
    row = session.run(_OPEN, uuid=setting).single()
    if row is None or not row["unlimited"]:
        raise ChangeRejected("wrong_value", "setting: it leaves nothing open, so it needs no approval", field="setting")
    _refuse_author(session, setting, user, "setting")
    work = evaluation(session, approver, max(today(), row["from"].to_native()))
    rights, of = work.of(approver), row["of"]
    reached = any(each.grant.uuid == of or of in work.bundles.rights_of(each) for each in rights.held)
    if reached or any(each.grant.uuid == of or work.bundles.is_in(of, each) for each in rights.omitted):
        text = "approved_by: this person would hold what is left open, and can't approve it"
        raise ChangeRejected("own_approval", text, field="approved_by")


def _refuse_meeting(session: neo4j.Session, request: str) -> None:
    """Raises ChangeRejected (conflict) where the right would be left out for another that the person holds."""
    if not _waits(session, request):
        return  # what was decided stays as it is (``graph.writing.care_rules``)
    try:
        left_out = to_approve(session, "RightsRequest", request).left_out
    except ChangeRejected:
        if not _waits(session, request):
            return  # somebody has decided it meanwhile
        raise
    for each in left_out:
        if each.grant.uuid == request and each.reason == "conflict":
            raise ChangeRejected("conflict", f"gives: {each.text}", field="gives")


def _waits(session: neo4j.Session, request: str) -> bool:
    rows = session.run("MATCH (q:RightsRequest {uuid: $uuid}) RETURN q.state", uuid=request)
    return rows.value() == [WAITING]
