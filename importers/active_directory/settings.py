"""The settings of a directory: address, service account, what is read, and what its attributes mean."""

import hashlib
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

Attribute = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]*$", examples=["employeeID"])]
Text = Annotated[str, Field(min_length=1)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class MatchKey(Section):
    """An attribute that identifies the owner if neither CPR nor employment number does."""

    attribute: Attribute
    property: Literal["uuid", "email", "login"] = Field(
        description="Compared with: the person's uuid, work e-mail, or login at another system"
    )
    system: Text = Field("unilogin", description="Key of the ItSystem of the login; compared exactly")


class PrimaryRule(Section):
    """Chooses one of several accounts of a person: the attribute's value matches the whole pattern."""

    attribute: Attribute = Field(description="sAMAccountName, distinguishedName (for the OU), or another")
    matches: Text = Field(description="Regular expression for the whole value; case does not matter")

    @field_validator("matches")
    @classmethod
    def _is_pattern(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as wrong:
            raise ValueError(f"is not a valid regular expression: {wrong}") from wrong
        return value


class External(Section):
    """Accounts of people who are not in payroll, placed in the organisation by an attribute."""

    unit_attribute: Attribute = Field(description="Contains the unit's id; an account without a value is not external")
    unit_source: str = Field("", description="The source whose unit key it is (sd, opus …); empty: REConnect's uuid")
    end_attribute: Attribute | None = Field(None, description="Last day, as 2026-06-30, 30-06-2026 or a FILETIME")
    type: Text = "external"


class ActiveDirectorySettings(Section):
    """Every setting of a directory."""

    controllers: tuple[Text, ...] = Field(
        min_length=1, description="Host names, or host:port for an unusual port; tried in this order"
    )
    encryption: Literal["ldaps", "starttls"] = "ldaps"
    ca_file: Path | None = Field(
        None, description="PEM file of the CA of the controllers' certificates; default: the system's"
    )
    user: Text = Field(description="Service account: user@domain, DOMAIN\\user or a DN")
    password: SecretStr = Field(min_length=1)
    base: Text = Field(description="The domain, DC=kommune,DC=dk")
    system: str = Field("active_directory", min_length=1, description="Key of the ItSystem of the accounts")
    title: str = Field("Active Directory", min_length=1)

    users_in: tuple[Text, ...] = Field((), description="OUs (DN) whose accounts are read; empty: the whole domain")
    excluded_units: tuple[Text, ...] = Field((), description="OUs (DN) that are not read, below those")
    excluded_names: tuple[Text, ...] = Field((), description="sAMAccountName of service accounts; * for any text")
    excluded_values: dict[Attribute, tuple[Text, ...]] = Field(
        default_factory=dict, description="attribute → values of accounts that are not read; * for any text"
    )
    users_filter: str = Field("", description="LDAP filter that accounts must also match")
    groups: bool = Field(True, description="Whether groups and memberships are read")
    groups_in: tuple[Text, ...] = Field((), description="OUs (DN) whose groups are read; empty: the whole domain")
    groups_filter: str = Field("", description="LDAP filter that groups must also match")

    cpr_attribute: Attribute | None = None
    employment_attribute: Attribute | None = Field(None, description="Employment number, often employeeID")
    institution: str = Field("", description="Payroll institution of these numbers; empty: they are unique without it")
    match_keys: tuple[MatchKey, ...] = Field((), description="Tried in turn for accounts without either number")
    email_attribute: Attribute | None = "mail"
    phone_attribute: Attribute | None = "telephoneNumber"
    mobile_attribute: Attribute | None = "mobile"
    photo_attribute: Attribute | None = Field(
        "thumbnailPhoto", description="Attribute of the photo, of which only a hash is kept"
    )
    institutions_attribute: Attribute | None = Field(None, description="Numbers of schools, comma-separated")
    primary: tuple[PrimaryRule, ...] = Field((), description="Tried in turn; empty: users decide")
    external: External | None = None
    unit_attribute: Attribute | None = Field(None, description="Attribute of OUs with the uuid of the unit")

    changes: Literal["auto", "dirsync", "usn", "whole"] = Field(
        "auto", description="How changes are found; auto: DirSync if it is allowed, otherwise uSNChanged"
    )
    whole_hours: float = Field(24, ge=0, description="At most this long between two whole readings")
    page_size: int = Field(500, ge=1, le=1000)
    least_share: float = Field(
        0.8, ge=0, le=1, description="Share of the accounts read before; a reading with fewer is stopped by the brake"
    )
    timeout_seconds: float = Field(60, gt=0)

    @field_validator("users_filter", "groups_filter")
    @classmethod
    def _is_filter(cls, value: str) -> str:
        if value and not (value.startswith("(") and value.endswith(")") and value.count("(") == value.count(")")):
            raise ValueError(
                "is not a valid LDAP filter: it must begin with ( and end with ), and the brackets must match"
            )
        return value

    def digest(self) -> str:
        """A digest of the settings that decide what is read or what it means; without addresses and logins."""
        said = self.model_dump_json(
            exclude={
                "controllers", "encryption", "ca_file", "user", "password", "whole_hours", "page_size",
                "least_share", "timeout_seconds",
            }
        )  # fmt: skip
        return hashlib.blake2b(said.encode(), digest_size=8).hexdigest()
