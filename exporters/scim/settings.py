"""Settings of a SCIM server: where it is, what it gets, and how it differs from the standard (scim.md §2)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator, model_validator

from exporters.objects.brake import ObjectBrake
from exporters.scim.paths import FIELDS, MANAGER, MEMBERS
from protocols.addresses import WebAddress

GroupKind = Literal["unit", "role", "position"]
UserName = Literal["principal_name", "login", "work_email"]
_SPELT = {path.lower(): path for path in (*FIELDS, MANAGER, MEMBERS)}
_NOT_TO_ADD = frozenset(
    {"schemas", "id", "externalid", "meta", "active", "groups", MEMBERS, MANAGER.lower(), f"{MANAGER}.value".lower()}
)
"""Paths, in lower case, that the server or REConnect itself sets."""


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BearerLogin(Section):
    """A token from the server's administrator."""

    kind: Literal["bearer"] = "bearer"
    token: SecretStr = Field(min_length=1)


class BasicLogin(Section):
    kind: Literal["basic"] = "basic"
    user: str = Field(min_length=1)
    password: SecretStr


class ClientLogin(Section):
    """OAuth 2.0 client credentials: they fetch a token, and a new one before it expires."""

    kind: Literal["client"] = "client"
    token_url: WebAddress
    client_id: str = Field(min_length=1)
    client_secret: SecretStr
    scope: str = ""


class CertificateLogin(Section):
    """Only our certificate (mutual TLS)."""

    kind: Literal["certificate"] = "certificate"


ScimLogin = Annotated[BearerLogin | BasicLogin | ClientLogin | CertificateLogin, Field(discriminator="kind")]


class Image(Section):
    """The part of the organisation that the server gets, and its data."""

    roots: tuple[str, ...] = Field(default=(), description="uuids or numbers of units; empty: every top unit")
    excluded_units: frozenset[str] = Field(
        default=frozenset(), description="uuids or numbers; the units below them are excluded too"
    )
    employment_types: frozenset[str] = Field(
        default=frozenset({"monthly_full", "monthly_part", "hourly"}), description="empty: all"
    )
    affiliations: bool = Field(default=False, description="also people without payroll: consultants, substitutes …")
    days_ahead: int = Field(
        default=0, ge=0, description="how early a user is created; it is disabled until the first day"
    )
    user_name: tuple[UserName, ...] = Field(
        default=("principal_name", "work_email"), min_length=1, description="the first of these that the person has"
    )
    system: str = Field(default="active_directory", description="key of the ItSystem whose accounts count")
    groups: tuple[GroupKind, ...] = Field(default=("unit",), description="what gets a group")
    roles: frozenset[str] = Field(default=frozenset(), description="keys of the roles that are groups; empty: all")
    managers: bool = True
    division_level: int = Field(
        default=0, ge=0, description="the unit above at this depth is the division; 0: no division"
    )
    organization: str = Field(default="", description="the municipality's name")


class ScimSettings(Section):
    """One server."""

    base_url: WebAddress
    login: ScimLogin
    ca_file: Path | None = Field(default=None, description="PEM of the CA of its certificate; empty: the system's")
    certificate_file: Path | None = Field(default=None, description="PEM of our own certificate (mutual TLS)")
    private_key_file: Path | None = None
    own_machine: bool = Field(default=False, description="allow an address of this machine, or a link-local one")
    timeout_s: float = Field(default=30, gt=0)
    rate_per_s: float = Field(default=10, ge=0, description="requests a second; 0: no limit")
    longest_wait_s: float = Field(default=120, gt=0, description="a run that must wait longer ends and is postponed")
    pauses: tuple[float, ...] = Field(
        default=(1, 4, 15, 60), description="seconds before the second, third … try of a request without an answer"
    )

    image: Image = Image()
    prefixes: Mapping[GroupKind, str] = Field(
        default={"unit": "", "role": "Rolle: ", "position": "Stilling: "},
        description="put before a group's name, so that two kinds don't share names",
    )
    add: Mapping[str, Any] = Field(
        default_factory=dict, description="additional attributes of every user: path → value"
    )
    excluded_attributes: frozenset[str] = Field(
        default=frozenset(), description="paths of attributes that are not sent"
    )

    discovery: bool = Field(default=True, description="read the server's description of itself; false if it is wrong")
    content_type: Literal["application/scim+json", "application/json"] = "application/scim+json"
    patch: Literal["auto", "on", "off"] = Field(default="auto", description="auto: if the server announces support")
    patch_style: Literal["rfc", "entra", "pathless"] = "rfc"
    put_merge: bool = Field(default=True, description="without PATCH: keep the values that others have set")
    id_lookup: tuple[Literal["externalId", "userName"], ...] = ("externalId", "userName")
    search_by_post: bool = Field(
        default=False, description="search with POST .search, so that addresses contain no personal data"
    )
    boolean_as_string: bool = False
    member_batch: int = Field(default=100, ge=1, description="members in one request")
    member_remove: Literal["filter", "value"] = "filter"
    clear_with: Literal["remove", "null", "empty"] = "remove"
    page_size: int = Field(default=100, ge=1)

    on_close: Literal["disable", "delete", "disable_then_delete"] = "disable"
    retention_days: int = Field(default=180, ge=0, description="days from disabling to deletion")
    adopt: bool = Field(default=False, description="take over users with the same userName that others have created")
    drift: Literal["report", "correct"] = Field(default="report", description="what a full comparison does")
    deleted_by_others: Literal["ask", "make_again"] = Field(
        default="make_again",
        description="an account that is wanted, and that others have deleted: a person decides, or a new one",
    )
    verify_every: int = Field(default=25, ge=0, description="one in this many written objects is read again; 0: none")
    brake: ObjectBrake = ObjectBrake()

    @field_validator("add")
    @classmethod
    def _as_usual(cls, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """As the shape spells them: names count in any upper or lower case (RFC 7643 §2.1)."""
        if len({path.lower() for path in given}) < len(given):
            raise ValueError("an attribute is listed twice, in upper or lower case")
        if refused := sorted(path for path in given if path.lower() in _NOT_TO_ADD):
            raise ValueError(f"{', '.join(refused)}: the server or REConnect itself sets this")
        return {_SPELT.get(path.lower(), path): value for path, value in given.items()}

    @field_validator("excluded_attributes")
    @classmethod
    def _are_sent_otherwise(cls, given: frozenset[str], info: ValidationInfo) -> frozenset[str]:
        """One that is misspelt would be sent."""
        known = _SPELT | {path.lower(): path for path in info.data.get("add", ())}
        if unknown := sorted(path for path in given if path.lower() not in known):
            raise ValueError(f"{', '.join(unknown)}: no such attribute is sent. Those are {', '.join(known.values())}")
        if "username" in {path.lower() for path in given}:
            raise ValueError("userName: no user can be made without it")
        return frozenset(known[path.lower()] for path in given)

    @model_validator(mode="after")
    def _login_is_safe(self) -> Self:
        for address in (self.base_url, self.login.token_url if isinstance(self.login, ClientLogin) else ""):
            if urlsplit(address).scheme == "http" and not self.own_machine:
                raise ValueError(f"{address} would send the login unencrypted; use https")
        if (self.certificate_file is None) != (self.private_key_file is None):
            raise ValueError("certificate_file and private_key_file go together")
        if isinstance(self.login, CertificateLogin) and self.certificate_file is None:
            raise ValueError("a login by certificate needs certificate_file and private_key_file")
        return self
