"""Mutations of account rules, name policies, exceptions, extra accounts and requests for them, and of STOP."""

from datetime import date
from hashlib import sha256
from typing import Annotated

import neo4j
import strawberry
from strawberry import ID, UNSET
from strawberry.types import Info

from api.context import Context
from api.enums import AccountPer, ExceptionEffect, RuleEffect
from api.mutations.editing import Editing
from api.mutations.edits import always, days, new
from api.mutations.inputs import From_, NewFrom, NewTo, To_, Written
from api.mutations.lives import relive
from api.mutations.manual_steps import ByHand
from graph.model import KINDS
from graph.model.accounts import GIVE, PER_PERSON
from graph.statements.statement import DatedLink, Ref, Value
from graph.time import Period, today
from graph.writing.amending import Amendment
from graph.writing.stopping import stopped
from rules.accounts import asking

CONTEXT = Info[Context, None]
_GIVE, _PER_PERSON = RuleEffect(GIVE), AccountPer(PER_PERSON)
Until = Annotated[date | None, strawberry.argument(description="The first day without the stop; default: none is set")]
End = Annotated[date, strawberry.argument(description="The day after its last")]
WantedFrom = Annotated[date, strawberry.argument(name="from", description="The first day on which it is wanted")]


@strawberry.type
class Accounts(ByHand):
    @strawberry.mutation(description="How user names, mail addresses and names in a directory are made")
    async def create_name_policy(
        self, info: CONTEXT, key: str, title: str, login_patterns: list[str], reason: str,
        principal_name_pattern: str | None = None, mail_pattern: str | None = None,
        common_name_pattern: str | None = None, forbidden: list[str] | None = None, reserved: list[str] | None = None,
        longest: int | None = None, keep_mail: bool = False,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            properties: dict[str, Value | None] = {
                "key": key, "title": title, "login_patterns": tuple(login_patterns),
                "principal_name_pattern": principal_name_pattern, "mail_pattern": mail_pattern,
                "common_name_pattern": common_name_pattern, "longest": longest, "keep_mail": keep_mail,
                "forbidden": None if forbidden is None else tuple(forbidden),
                "reserved": None if reserved is None else tuple(reserved),
            }  # fmt: skip
            return editing.write("NamePolicy", None, new(Period(), properties, {}))

        return await Editing(info.context, "createNamePolicy", reason).do(work)

    @strawberry.mutation(description="Who is to have an account in a system, and how long; preview it before")
    async def create_account_rule(
        self, info: CONTEXT, key: str, title: str, system: ID, reason: str, from_: From_ = UNSET,
        condition: str | None = None, effect: RuleEffect = _GIVE,
        per: AccountPer = _PER_PERSON, unit: ID | None = None,
        names: ID | None = None, licence: str | None = None, type: str | None = None, lead_days: int = 0,
        grace_days: int = 0, after_days: int = 0, retention_days: int | None = None, expiry: bool = False,
        order: int = 0, needs: ID | None = None, to: To_ = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            properties: dict[str, Value | None] = {
                "key": key, "title": title, "condition": condition, "effect": effect.value, "per": per.value,
                "licence": licence, "type": type, "lead_days": lead_days, "grace_days": grace_days,
                "after_days": after_days, "retention_days": retention_days, "expiry": expiry, "order": order,
                "reason": editing.reason,
            }  # fmt: skip
            place = editing.ref("ItSystem", system)
            links: dict[str, tuple[DatedLink, ...]] = {"system": always(place)}
            named = (("unit", "Unit", unit), ("names", "NamePolicy", names), ("needs", "ItSystem", needs))
            for name, kind, given in named:
                if given is not None:
                    links[name] = always(editing.ref(kind, given))
            if "needs" in links:
                asking.refuse_own_system(links["needs"][0].to, place)
            return editing.write("AccountRule", None, new(days(from_, to), properties, links))

        return await Editing(info.context, "createAccountRule", reason).do(work)

    @strawberry.mutation(description="Copy a rule as it is now, for another unit or other days")
    async def copy_account_rule(
        self, info: CONTEXT, rule: ID, key: str, reason: str, from_: From_ = UNSET, title: str | None = None,
        unit: ID | None = None, to: To_ = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            uuid = editing.uuid("AccountRule", rule)
            values, linked = editing.read(lambda session: _as_it_is(session, uuid))
            properties: dict[str, Value | None] = {**values, "key": key, "reason": editing.reason}
            properties |= {} if title is None else {"title": title}
            links = {name: always(Ref(kind, to_uuid, "uuid")) for name, kind, to_uuid in linked}
            if unit is not None:
                links["unit"] = always(editing.ref("Unit", unit))
            return editing.write("AccountRule", None, new(days(from_, to), properties, links))

        return await Editing(info.context, "copyAccountRule", reason).do(work)

    @strawberry.mutation(description="Change the period of an account rule; setValue changes what it says")
    async def change_account_rule(
        self, info: CONTEXT, rule: ID, reason: str, from_: NewFrom = UNSET, to: NewTo = UNSET,
        expected_version: int | None = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            return relive(editing, "AccountRule", rule, from_, to, {}, expected_version)

        return await Editing(info.context, "changeAccountRule", reason).do(work)

    @strawberry.mutation(description="Except a person from the account rules: give, withhold, or keep as it is")
    async def create_account_exception(
        self, info: CONTEXT, person: ID, effect: ExceptionEffect, reason: str, to: End, from_: From_ = UNSET,
        system: ID | None = None,
        decided_by: ID | None = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            properties: dict[str, Value | None] = {"effect": effect.value, "reason": editing.reason}
            asking.refuse_over(to)
            links: dict[str, tuple[DatedLink, ...]] = {"person": always(editing.ref("Person", person))}
            if system is not None:
                links["system"] = always(editing.ref("ItSystem", system))
            if decided_by is not None or info.context.access.decides is not None:
                links["decided_by"] = always(editing.own_name(decided_by, "decided_by"))
            return editing.write("AccountException", None, new(days(from_, to), properties, links))

        return await Editing(info.context, "createAccountException", reason).do(work)

    @strawberry.mutation(description="Change the period of an exception; to today ends it now")
    async def change_account_exception(
        self, info: CONTEXT, exception: ID, reason: str, from_: NewFrom = UNSET, to: NewTo = UNSET,
        expected_version: int | None = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            return relive(editing, "AccountException", exception, from_, to, {}, expected_version)

        return await Editing(info.context, "changeAccountException", reason).do(work)

    @strawberry.mutation(
        description="An extra account beside what rules give, with an owner and an end; two people ask for the same"
    )
    async def create_extra_account(
        self, info: CONTEXT, person: ID, system: ID, login: str, reason: str, to: End, from_: From_ = UNSET,
        type: str | None = None, common_name: str | None = None, email: str | None = None, needs: ID | None = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            asked = _extra(editing, person, system, login, type, common_name, email, needs)
            life = days(from_, to)
            edit = editing.read(lambda session: asking.stated(session, asked, life, editing.reason))
            editing.refuse_out_of_reach([Amendment("PlannedAccount", None, edit)])
            editing.require_second("extra_account", sha256(f"{asked} {life}".encode()).hexdigest())
            return editing.write("PlannedAccount", None, edit)

        return await Editing(info.context, "createExtraAccount", reason).do(work)

    @strawberry.mutation(description="Ask for an extra account, with an owner and an end; another person decides")
    async def request_extra_account(
        self, info: CONTEXT, person: ID, system: ID, login: str, reason: str, to: End, from_: WantedFrom,
        requested_by: ID | None = None, type: str | None = None, common_name: str | None = None,
        email: str | None = None, needs: ID | None = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            asked = _extra(editing, person, system, login, type, common_name, email, needs)
            by, wanted = editing.own_name(requested_by, "requested_by"), days(from_, to)
            edit = editing.read(lambda session: asking.requested(session, asked, wanted, by, editing.reason))
            return editing.write("AccountRequest", None, edit)

        return await Editing(info.context, "requestExtraAccount", reason).do(work)

    @strawberry.mutation(
        description="Approve a request for an extra account, which makes it, or refuse it; neither who asked nor the "
        "owner can do so. The reason is kept with the request"
    )
    async def decide_extra_account(
        self, info: CONTEXT, request: ID, approve: bool, reason: str, decided_by: ID | None = None,
        expected_version: int | None = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            uuid = editing.uuid("AccountRequest", request)
            editing.require_wholly("AccountRequest", uuid)
            by = editing.own_name(decided_by, "decided_by")
            amendments = editing.read(
                lambda session: asking.decided(
                    session, uuid, by, editing.reason, approve=approve, expected_version=expected_version
                )
            )
            return editing.write_all(amendments)[0]

        return await Editing(info.context, "decideExtraAccount", reason).do(work)

    @strawberry.mutation(description="Withdraw a request for an extra account that waits for a decision")
    async def withdraw_extra_account(
        self, info: CONTEXT, request: ID, reason: str, expected_version: int | None = None
    ) -> Written:
        def work(editing: Editing) -> Written:
            uuid = editing.uuid("AccountRequest", request)
            return editing.write_all([asking.withdrawn(uuid, editing.reason, expected_version)])[0]

        return await Editing(info.context, "withdrawExtraAccount", reason).do(work)

    @strawberry.mutation(
        description="Change the period of an extra account; to today ends it now. Two people ask for more days"
    )
    async def change_extra_account(
        self, info: CONTEXT, account: ID, reason: str, from_: NewFrom = UNSET, to: NewTo = UNSET,
        expected_version: int | None = None,
    ) -> Written:  # fmt: skip
        def work(editing: Editing) -> Written:
            uuid = editing.uuid("PlannedAccount", account)
            editing.require_wholly("PlannedAccount", uuid)
            given = editing.read(lambda session: asking.stated_days(session, uuid))
            first, last = (given[0].start, given[-1].end) if given else (None, None)
            wanted = days(first if from_ is UNSET else from_, last if to is UNSET else to)
            if asking.opened(given, wanted):
                editing.refuse_out_of_reach([Amendment("PlannedAccount", uuid, lambda kept: kept)])
                editing.require_second("extra_account", f"{uuid} {wanted}")
            return relive(editing, "PlannedAccount", account, from_, to, {}, expected_version)

        return await Editing(info.context, "changeExtraAccount", reason).do(work)

    @strawberry.mutation(
        description="STOP: all accounts and rights of a person, at once, above every source and rule, without a brake"
    )
    async def stop_person(self, info: CONTEXT, person: ID, reason: str, until: Until = None) -> Written:
        def work(editing: Editing) -> Written:
            edit = stopped(days(today(), until), editing.reason)
            return editing.write("Person", editing.uuid("Person", person), edit)

        return await Editing(info.context, "stopPerson", reason).do(work)

    @strawberry.mutation(description="End a person's STOP; rules and sources decide again from today on")
    async def end_stop(self, info: CONTEXT, person: ID, reason: str) -> Written:
        def work(editing: Editing) -> Written:
            editing.require_other_than_stopper("Person", person, "stopped")
            return editing.write("Person", editing.uuid("Person", person), stopped(Period(today()), None))

        return await Editing(info.context, "endStop", reason).do(work)


_RULE = """
MATCH (r:AccountRule {uuid: $uuid})
RETURN properties(r) AS values,
    COLLECT {
        MATCH (r)-[l:AT|RULES_IN|NAMED_BY|NEEDS]->(x)
        WHERE l.to IS NULL OR l.to > $today
        RETURN [type(l), x.uuid]
        ORDER BY l.from DESC
    } AS links
"""


def _as_it_is(session: neo4j.Session, uuid: str) -> tuple[dict[str, Value | None], list[tuple[str, str, str]]]:
    """What a rule says now: its values, and (link, kind, uuid) of what it leads to."""
    row = session.run(_RULE, uuid=uuid, today=today()).single(strict=True)
    kind = KINDS["AccountRule"]
    values = {each.name: row["values"].get(each.name) for each in kind.properties}
    found = dict(row["links"])  # of what holds today and later, what holds first
    return values, [(each.name, each.targets[0], found[each.type]) for each in kind.links if each.type in found]


def _extra(
    editing: Editing, person: str, system: str, login: str, type: str | None, common_name: str | None,
    email: str | None, needs: str | None,
) -> asking.ExtraAccount:  # fmt: skip
    needed = None if needs is None else editing.ref("ItSystem", needs)
    owner, place = editing.ref("Person", person), editing.ref("ItSystem", system)
    editing.require_wholly("Person", owner.key)  # whether a name is taken is said to those alone who may give it
    return asking.ExtraAccount(owner, place, login, type, common_name, email, needed)
