"""Settings of a domain: its controllers, where REConnect may write, what accounts get, and what happens to leavers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from exporters.active_directory.names import EXPRESSION_NAMES, LIMITS, USUAL
from exporters.files.shape import phone
from exporters.objects.brake import KindBrake, ObjectBrake
from graph.expressions import ExpressionRejected, compile_expression
from protocols.addresses import SecretAddress
from protocols.ldap.names import is_within

Attribute = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]*$", examples=["employeeID"])]
Text = Annotated[str, Field(min_length=1)]
GroupKind = Literal["unit", "role", "position", "right"]


_NOT_WRITABLE = frozenset({
    "name", "distinguishedname", "memberof", "objectguid", "objectsid", "objectclass", "whenchanged", "whencreated",
    "useraccountcontrol", "unicodepwd", "pwdlastset", "lockouttime", "manager", "directreports", "admincount", "place",
})  # fmt: skip
"""In lower case: the domain refuses them (67, 53, 19), or they have a setting of their own."""
_NEEDED = frozenset({"cn", "ou", "place", "sAMAccountName"})
"""An object can't be made without these."""
_SPELT = {name.lower(): name for name in (*USUAL, *LIMITS, "proxyAddresses", "manager", "member")}


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Passwords(Section):
    """First passwords: how they are made, and who gets them. They are never kept or logged."""

    length: int = Field(16, ge=12, le=64)
    symbols: str = Field("-+!#%", description="the symbols that a password may contain; one is always there")
    delivery: Literal["none", "mail", "sms", "link", "sealed"] = Field(
        "none",
        description="mail: to the nearest manager, by the mail server; sms: to that manager's mobile number "
        "that a source knows, by the gateway of [sms]; link: as mail, with a link that can be opened once; sealed: a "
        "file for printing, encrypted for certificate_file; none: a person sets another password",
    )
    recipient: str = Field(
        "",
        description="mail address (sms: mobile number) for people without a manager who has one, such as the top "
        "manager; empty: they wait",
    )
    link_address: SecretAddress | None = Field(
        None, description="link: the address of REConnect's web service in a browser, https"
    )
    link_hours: float = Field(72, gt=0, le=30 * 24, description="link: hours until it can't be opened any more")
    folder: Path | None = Field(None, description="where sealed files are put")
    certificate_file: Path | None = Field(None, description="PEM of the certificate for which files are encrypted")
    on_return: bool = Field(True, description="a new password when an account is enabled again")

    @model_validator(mode="after")
    def _can_be_delivered(self) -> Self:
        if self.delivery == "link" and self.link_address is None:
            raise ValueError("link_address is needed if delivery is link")
        if self.delivery == "sms" and self.recipient and not phone(self.recipient, "e164"):
            raise ValueError("recipient is not a phone number, and delivery is sms")
        return self


class Command(Section):
    """A program that gets the event as JSON on standard input, and answers with JSON on standard output."""

    kind: Literal["command"] = "command"
    program: tuple[Text, ...] = Field(min_length=1, description="the program and its arguments")
    seconds: float = Field(60, gt=0)


class Webhook(Section):
    """An address that gets the event by POST, signed with HMAC-SHA256 in X-REConnect-Signature."""

    kind: Literal["webhook"] = "webhook"
    url: SecretAddress
    secret: SecretStr = Field(min_length=16)
    ca_file: Path | None = None
    own_machine: bool = Field(False, description="allow an address of this machine, or a link-local one")
    seconds: float = Field(30, gt=0)


Hooks = Annotated[Command | Webhook, Field(discriminator="kind")]


class Groups(Section):
    """Groups that REConnect makes, and their members."""

    kinds: tuple[GroupKind, ...] = ()
    ou: str = Field("", description="DN of the OU in which they are made; needed if there are any")
    roles: frozenset[str] = Field(frozenset(), description="keys of the roles that are groups; empty: all")
    rights: frozenset[str] = Field(
        frozenset(), description="kind right: keys or uuids of the job-function roles and system roles that are groups"
    )
    with_below: bool = Field(False, description="a unit's group also has the people of the units below")
    nested: bool = Field(
        False,
        description="a unit's group has the groups of the units below as members, a right's group those of the rights "
        "that include it",
    )
    prefixes: Mapping[GroupKind, str] = Field(
        default={"unit": "Enhed ", "role": "Rolle ", "position": "Stilling ", "right": "Rettighed "},
        description="put before a group's name",
    )
    type: Literal["global", "universal", "domain_local"] = "global"

    @model_validator(mode="after")
    def _rights_are_named(self) -> Self:
        if "right" in self.kinds and not self.rights:
            raise ValueError("rights: name the rights that are groups; kind right makes a group of each of these")
        return self


class Units(Section):
    """OUs from the tree of units."""

    below: str = Field("", description="DN of the OU below which each unit gets an OU; empty: no OU is made")
    closed: str = Field("", description="DN of the OU to which OUs of closed units are moved; empty: they stay")
    roots: frozenset[str] = Field(frozenset(), description="uuids or numbers of the top units; empty: every top unit")
    excluded: frozenset[str] = Field(frozenset(), description="uuids or numbers; the units below them are excluded too")


class ActiveDirectorySettings(Section):
    """One domain."""

    controllers: tuple[Text, ...] = Field(
        min_length=1, description="host names, or host:port; one run uses the first that answers, to its end"
    )
    encryption: Literal["ldaps", "starttls"] = "ldaps"
    ca_file: Path | None = Field(
        None, description="PEM of the CA of the controllers' certificates; empty: the system's"
    )
    user: Text = Field(description="service account: user@domain, DOMAIN\\user or a DN")
    password: SecretStr = Field(min_length=1)
    base: Text = Field(description="the domain, DC=kommune,DC=dk")
    timeout_s: float = Field(60, gt=0)
    page_size: int = Field(500, ge=1, le=1000)
    pauses: tuple[float, ...] = Field(
        (1, 4, 15), description="seconds before the second, third … try of a request without an answer"
    )

    system: Text = Field("active_directory", description="key of the ItSystem whose planned accounts these are")
    within: tuple[Text, ...] = Field(min_length=1, description="OUs (DN) in which REConnect may write; nowhere else")
    excluded: tuple[Text, ...] = Field((), description="OUs (DN) below those in which nothing is written")
    users_ou: Text = Field(description="OU (DN) of users, if units have no OUs, or for a user without one")
    places: Mapping[str, str] = Field(
        default_factory=dict, description="OU (DN) → CEL condition; the first that holds is the place of the user"
    )
    closed_ou: str = Field("", description="OU (DN) to which disabled users are moved; empty: they stay")
    units: Units = Field(default_factory=lambda: Units.model_validate({}))
    groups: Groups = Field(default_factory=lambda: Groups.model_validate({}))

    key_attribute: Attribute = Field(
        "msDS-cloudExtensionAttribute1", description="attribute of users with REConnect's uuid of the planned account"
    )
    other_key_attribute: Attribute = Field(
        "adminDescription", description="attribute of groups and OUs with REConnect's uuid; not every one fits them"
    )
    attributes: Mapping[Attribute, str] = Field(
        default_factory=dict,
        description="attribute → CEL expression of its value, in place of or beside the usual ones",
    )
    excluded_attributes: frozenset[str] = Field(frozenset(), description="attributes that others write")
    limits: Mapping[Attribute, int] = Field(
        default_factory=dict, description="attribute → characters of its longest value, where the domain differs"
    )
    cut: frozenset[str] = Field(
        frozenset({"title", "department", "company", "physicalDeliveryOfficeName", "description"}),
        description="attributes whose values are cut to their limit; others are omitted and listed",
    )
    manager: bool = True
    aliases: bool = Field(
        False, description="proxyAddresses: the mail address (SMTP:) and those that the person had before (smtp:)"
    )
    adopt_by: tuple[Attribute, ...] = Field(
        (), description="attributes that identify a user's account for adoption, such as employeeID"
    )

    first_beside_others: Literal["match", "stop"] = Field(
        "match",
        description="first run in a domain with accounts: match, only people like one of them wait for a decision; "
        "stop, everyone waits for an approval",
    )
    passwords: Passwords = Field(default_factory=lambda: Passwords.model_validate({}))
    hook: Hooks | None = Field(None, description="called after each change: kind command or webhook")

    retention_days: int = Field(180, ge=0, description="days from disabling to deletion, where the rule has none")
    delete: bool = Field(False, description="delete disabled users when their retention is over")
    drift: Literal["report", "correct"] = Field("report", description="what a full comparison does")
    deleted_by_others: Literal["ask", "make_again"] = Field(
        "ask", description="an account that is wanted, and that others have deleted: a person decides, or a new one"
    )
    verify_every: int = Field(25, ge=0, description="one in this many written objects is read again; 0: none")
    brake: ObjectBrake = ObjectBrake(kinds={"group": KindBrake(share=0.2, count=200)})

    def key_of(self, kind: str) -> str:
        """The attribute with our key."""
        return self.key_attribute if kind == "user" else self.other_key_attribute

    @field_validator("attributes", "limits")
    @classmethod
    def _as_usual(cls, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """As the shape spells them: the domain takes Mail and mail for one attribute."""
        if len({name.lower() for name in given}) < len(given):
            raise ValueError("an attribute is listed twice, in upper or lower case")
        return {_spelt(name): each for name, each in given.items()}

    @field_validator("excluded_attributes", "cut")
    @classmethod
    def _all_as_usual(cls, given: frozenset[str]) -> frozenset[str]:
        return frozenset(map(_spelt, given))

    @field_validator("excluded_attributes")
    @classmethod
    def _are_not_needed(cls, given: frozenset[str]) -> frozenset[str]:
        if needed := sorted(given & _NEEDED):
            raise ValueError(f"{', '.join(needed)}: no object can be made without it")
        return given

    @field_validator("attributes", "places")
    @classmethod
    def _are_expressions(cls, given: Mapping[str, str]) -> Mapping[str, str]:
        for name, text in given.items():
            try:
                compile_expression(text, EXPRESSION_NAMES)
            except ExpressionRejected as wrong:
                raise ValueError(f"{name}: {wrong}") from wrong
        return given

    @field_validator("attributes")
    @classmethod
    def _may_be_written(cls, given: Mapping[str, str]) -> Mapping[str, str]:
        if refused := sorted(name for name in given if name.lower() in _NOT_WRITABLE):
            raise ValueError(
                f"{', '.join(refused)}: the domain or REConnect itself sets this; it can't have an expression"
            )
        return given

    @model_validator(mode="after")
    def _excluded_are_sent_otherwise(self) -> Self:
        """One that is misspelt would be sent."""
        known = {*USUAL, *self.attributes, "proxyAddresses", "manager", "member"}
        if unknown := sorted(self.excluded_attributes - known):
            names = ", ".join(sorted(known))
            raise ValueError(f"excluded_attributes: {', '.join(unknown)}: no such attribute is sent. Those are {names}")
        return self

    @model_validator(mode="after")
    def _keys_are_ours(self) -> Self:
        users = {name.lower() for name in (*USUAL, *self.attributes, "proxyAddresses")}
        others = {"cn", "ou", "samaccountname", "grouptype"}
        for name, own, written in (
            ("key_attribute", self.key_attribute, users),
            ("other_key_attribute", self.other_key_attribute, others),
        ):
            if own.lower() in written | _NOT_WRITABLE:
                raise ValueError(f"{name}: {own} has another value; REConnect's uuid needs an attribute of its own")
        return self

    @model_validator(mode="after")
    def _places_are_ours(self) -> Self:
        given = {
            "users_ou": self.users_ou, "closed_ou": self.closed_ou, "groups.ou": self.groups.ou,
            "units.below": self.units.below, "units.closed": self.units.closed, **{each: each for each in self.places},
        }  # fmt: skip
        for name, dn in given.items():
            if dn and not any(is_within(dn, each) for each in self.within):
                raise ValueError(f"{name}: {dn} is not in any OU of within, so nothing may be written there")
        if self.groups.kinds and not self.groups.ou:
            raise ValueError("groups.ou is needed if there are groups")
        needed = (self.passwords.folder, self.passwords.certificate_file)
        if self.passwords.delivery == "sealed" and None in needed:
            raise ValueError("sealed files need passwords.folder and passwords.certificate_file")
        return self


def _spelt(name: str) -> str:
    return _SPELT.get(name.lower(), name)
