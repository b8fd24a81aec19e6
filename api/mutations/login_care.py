"""Mutations of people's login: inviting them, resetting and unlocking it.

A machine does it with a system role. A person does too, or as the one who is nearest: the manager invites and unlocks,
the administrator of the login's IT system resets (``idp.local_accounts.caring``).
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from enum import Enum
from typing import Annotated, TypeVar

import strawberry
from graphql import GraphQLError
from strawberry import ID
from strawberry.types import Info

from api.access.held import held_by
from api.access.rights import WRITE
from api.context import Context
from api.mutations.editing import Editing
from graph.errors import Unknown
from graph.rehearsal import Rehearsal
from graph.time import COPENHAGEN, today
from idp.local_account import LocalAccount, account_of
from idp.local_accounts.caring import Care, carers
from idp.local_accounts.handing_over import HandedOver, HandingOver, NotHandedOver, Way

CONTEXT = Info[Context, None]
T = TypeVar("T")
_WHO: dict[Care, str] = {
    "invite": "its owner's nearest manager",
    "unlock": "its owner's nearest manager",
    "reset": "the nearest administrator of the login's IT system",
}


class LoginWay(Enum):
    MAIL = strawberry.enum_value("mail", description="A mail to the private address")
    SMS = strawberry.enum_value("sms", description="A text message to the private telephone")
    PAPER = strawberry.enum_value("paper", description="The code is in the answer, with a sheet to print")


strawberry.enum(
    LoginWay,
    description="How a code reaches the owner of an account: by mail or SMS to the private address or telephone that a "
    "source knows, or on paper, with a sheet to print in the answer",
)


@strawberry.type(description="A code that was handed over to the owner of an account")
class LoginCode:
    account: ID = strawberry.field(description="UUID of the planned account")
    login: str = strawberry.field(description="Its user name")
    last: date = strawberry.field(description="The last day on which the code can be used")
    code: str | None = strawberry.field(description="The code; for paper only. It can't be shown again")
    sheet: str | None = strawberry.field(description="What to print for the owner; for paper only")


@strawberry.type(description="An account without locks")
class LoginUnlocked:
    account: ID = strawberry.field(description="UUID of the planned account")
    was_locked: bool = strawberry.field(description="false = there were no failed attempts to forget")


class Silent:
    """Sends nothing: what is previewed is not done."""

    def mail(self, address: str, subject: str, text: str) -> None:
        """Nothing."""

    def sms(self, number: str, text: str) -> None:
        """Nothing."""


Reaching = Annotated[LoginWay, strawberry.argument(name="by")]


@strawberry.type
class LoginCare:
    @strawberry.mutation(
        description="Invite the owner of a planned account to choose a password or a passkey; an earlier code ends. "
        "Also the owner's nearest manager may"
    )
    async def invite_to_login(self, info: CONTEXT, account: ID, way: Reaching, reason: str) -> LoginCode:
        editing = Editing(info.context, "inviteToLogin", reason, checks_itself=True)

        def work(handing: HandingOver, found: LocalAccount) -> LoginCode:
            return _told(handing.invite(found, _way(way), datetime.now(UTC), by=info.context.access.name))

        return await editing.do(lambda _: _cared(info.context, editing, "invite", account, work, way))

    @strawberry.mutation(
        description="Take the password, the passkeys and the second factor of an account away, end its sessions, and "
        "invite its owner anew. Also the nearest administrator of the login's IT system may"
    )
    async def reset_login(self, info: CONTEXT, account: ID, way: Reaching, reason: str) -> LoginCode:
        editing = Editing(info.context, "resetLogin", reason, checks_itself=True)

        def work(handing: HandingOver, found: LocalAccount) -> LoginCode:
            return _told(handing.reset(found, _way(way), datetime.now(UTC), by=info.context.access.name))

        return await editing.do(lambda _: _cared(info.context, editing, "reset", account, work, way))

    @strawberry.mutation(
        description="Forget the failed attempts at an account, so that it is locked nowhere. Also the owner's nearest "
        "manager may"
    )
    async def unlock_login(self, info: CONTEXT, account: ID, reason: str) -> LoginUnlocked:
        editing = Editing(info.context, "unlockLogin", reason, checks_itself=True)

        def work(handing: HandingOver, found: LocalAccount) -> LoginUnlocked:
            ended = handing.unlock(found, datetime.now(UTC), by=info.context.access.name)
            return LoginUnlocked(account=ID(found.uuid), was_locked=ended)

        return await editing.do(lambda _: _cared(info.context, editing, "unlock", account, work))


def _cared(
    context: Context,
    editing: Editing,
    care: Care,
    name: str,
    work: Callable[[HandingOver, LocalAccount], T],
    way: LoginWay | None = None,
) -> T:
    """Do it for an account, if the caller may. Raises GraphQLError: no_login, unknown_account, forbidden, and the rules
    of NotHandedOver."""
    handing, driver = context.handing, context.driver
    if handing is None:
        raise GraphQLError("No one logs in here: idp.system is not set.", extensions={"code": "no_login"})
    if isinstance(driver, Rehearsal):
        handing = handing.over(driver, Silent())
    system, day = handing.system, today()
    mutation = f"{care}ToLogin" if care == "invite" else f"{care}Login"
    try:
        uuid = editing.uuid("PlannedAccount", name)
    except Unknown:
        uuid = ""
    with driver.session() as session:
        found = session.execute_read(account_of, system, uuid, day)
    access = context.access
    is_nearest = (
        found is not None
        and access.person is not None
        and access.person in carers(driver, care, found.person, system, day)
    )
    if not is_nearest and not access.may_write(mutation):
        roles = ", ".join(sorted(WRITE[mutation]))
        raise GraphQLError(
            f"{mutation} needs one of the system roles {roles}; a person who is logged in may also do it as "
            f"{_WHO[care]}",
            extensions={"code": "forbidden"},
        )
    if found is None:
        text = f"account: there is no planned account {name} in the system {system}, whose accounts log in here"
        raise GraphQLError(text, extensions={"code": "unknown_account"})
    if way is LoginWay.PAPER:
        _refuse_rights_of(context, mutation, found)
    try:
        return work(handing, found)
    except NotHandedOver as wrong:
        raise GraphQLError(str(wrong), extensions={"code": wrong.rule}) from wrong


def _refuse_rights_of(context: Context, mutation: str, account: LocalAccount) -> None:
    """Whoever has a code on paper can log in as the account's owner. Raises GraphQLError (forbidden) where the owner
    may do more in REConnect than the caller."""
    owner = held_by(context.driver, account.person, account.person)
    if owner is not None and not context.access.covers(owner):
        text = (
            f"{mutation}: the owner of {account.login} has rights in REConnect that you do not have, and a code on "
            "paper opens them to whoever reads it. Send the code by MAIL or SMS, or ask someone who has these rights"
        )
        raise GraphQLError(text, extensions={"code": "forbidden"})


def _way(way: LoginWay) -> Way:
    ways: dict[LoginWay, Way] = {LoginWay.MAIL: "mail", LoginWay.SMS: "sms", LoginWay.PAPER: "paper"}
    return ways[way]


def _told(handed: HandedOver) -> LoginCode:
    return LoginCode(
        account=ID(handed.account.uuid),
        login=handed.account.login,
        last=handed.until.astimezone(COPENHAGEN).date(),
        code=handed.code,
        sheet=handed.sheet,
    )
