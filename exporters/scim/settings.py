"""Settings of a SCIM server: where it is, what it is given, and how it differs from the standard (scim.md §2)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from exporters.objects.brake import ObjectBrake
from protocols.addresses import WebAddress

GroupKind = Literal["unit", "role", "position"]
UserName = Literal["principal_name", "login", "work_email"]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BearerLogin(Section):
    """A token that the server's administrator has made."""

    kind: Literal["bearer"] = "bearer"
    token: SecretStr = Field(min_length=1)


class BasicLogin(Section):
    kind: Literal["basic"] = "basic"
    user: str = Field(min_length=1)
    password: SecretStr


class ClientLogin(Section):
    """OAuth 2.0 client credentials: a token is fetched with them, and again before it ends."""

    kind: Literal["client"] = "client"
    token_url: WebAddress
    client_id: str = Field(min_length=1)
    client_secret: SecretStr
    scope: str = ""


class CertificateLogin(Section):
    """Nothing but the certificate that we show (mutual TLS)."""

    kind: Literal["certificate"] = "certificate"


ScimLogin = Annotated[BearerLogin | BasicLogin | ClientLogin | CertificateLogin, Field(discriminator="kind")]


class Image(Section):
    """Which part of the organisation, and what of it."""

    roots: tuple[str, ...] = Field(default=(), description="uuids or numbers of units; empty: every top unit")
    excluded_units: frozenset[str] = Field(default=frozenset(), description="uuids or numbers, with what is below them")
    employment_types: frozenset[str] = Field(
        default=frozenset({"monthly_full", "monthly_part", "hourly"}), description="empty: all"
    )
    affiliations: bool = Field(default=False, description="also people without payroll: consultants, substitutes …")
    days_ahead: int = Field(default=0, ge=0, description="how early a user is made, disabled until the first day")
    user_name: tuple[UserName, ...] = Field(
        default=("principal_name", "work_email"), min_length=1, description="the first that the person has"
    )
    system: str = Field(default="active_directory", description="key of the ItSystem whose accounts count")
    groups: tuple[GroupKind, ...] = Field(default=("unit",), description="of what groups are made")
    roles: frozenset[str] = Field(default=frozenset(), description="keys of the roles that are groups; empty: all")
    managers: bool = True
    division_level: int = Field(default=0, ge=0, description="the unit above at this depth is the division; 0: none")
    organization: str = Field(default="", description="the municipality's name")


class ScimSettings(Section):
    """One server."""

    base_url: WebAddress
    login: ScimLogin
    ca_file: Path | None = Field(default=None, description="PEM of who signs its certificate; empty: the system's")
    certificate_file: Path | None = Field(default=None, description="PEM of our own certificate (mutual TLS)")
    private_key_file: Path | None = None
    own_machine: bool = Field(default=False, description="allow an address of this machine or without a router")
    timeout_s: float = Field(default=30, gt=0)
    rate_per_s: float = Field(default=10, ge=0, description="requests a second; 0: no limit")
    longest_wait_s: float = Field(default=120, gt=0, description="for more than this the run ends and is put off")
    pauses: tuple[float, ...] = Field(
        default=(1, 4, 15, 60), description="seconds before the second, third … try of what was not answered"
    )

    image: Image = Image()
    prefixes: Mapping[GroupKind, str] = Field(
        default={"unit": "", "role": "Rolle: ", "position": "Stilling: "},
        description="before a group's name, so that two kinds don't have the same names",
    )
    add: Mapping[str, Any] = Field(
        default_factory=dict, description="attributes that every user gets as well: path → value"
    )
    left_out: frozenset[str] = Field(default=frozenset(), description="paths of attributes that are not sent")

    discovery: bool = Field(default=True, description="read what the server offers; false if its description is wrong")
    content_type: Literal["application/scim+json", "application/json"] = "application/scim+json"
    patch: Literal["auto", "on", "off"] = Field(default="auto", description="auto: if the server announces it")
    patch_style: Literal["rfc", "entra", "pathless"] = "rfc"
    put_merge: bool = Field(default=True, description="where PATCH is not used: keep what others have put there")
    id_lookup: tuple[Literal["externalId", "userName"], ...] = ("externalId", "userName")
    search_by_post: bool = Field(default=False, description="no personal data in addresses: POST .search")
    boolean_as_string: bool = False
    member_batch: int = Field(default=100, ge=1, description="members in one request")
    member_remove: Literal["filter", "value"] = "filter"
    clear_with: Literal["remove", "null", "empty"] = "remove"
    page_size: int = Field(default=100, ge=1)

    on_close: Literal["disable", "delete", "disable_then_delete"] = "disable"
    retention_days: int = Field(default=180, ge=0, description="from disabling to deletion")
    adopt: bool = Field(default=False, description="users that others made and that have the same userName become ours")
    drift: Literal["report", "correct"] = Field(default="report", description="what a full comparison does")
    verify_every: int = Field(default=25, ge=0, description="so many are written for one that is read again; 0: none")
    brake: ObjectBrake = ObjectBrake()

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
