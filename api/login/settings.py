"""The settings of login to REConnect itself."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from idp.settings import EntityId
from protocols.addresses import SecretAddress

Matches = Literal["principal_name", "login", "uuid", "object_guid"]


class SamlLoginSettings(BaseModel):
    """The identity provider that people log in at, such as ADFS, and how its users are found here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    metadata_url: SecretAddress | None = Field(default=None, description="where its metadata is read, https")
    metadata_file: Path | None = Field(default=None, description="or the file with it")
    entity_id: EntityId | None = Field(default=None, description="needed if the metadata describes several")
    own_entity_id: EntityId | None = Field(default=None, description="of REConnect; empty: ADDRESS/login/saml/metadata")
    attribute: str | None = Field(default=None, description="name of the attribute with the user; empty: the NameID")
    matches: Matches = Field(
        default="principal_name",
        description="what it has: principal_name (UPN), login, uuid (of an account or person) or object_guid",
    )
    systems: tuple[str, ...] = Field(
        default=(),
        description="keys of the IT systems whose accounts its users have; needed for principal_name and login",
    )

    @model_validator(mode="after")
    def _names_are_of_systems(self) -> "SamlLoginSettings":
        if self.matches in ("principal_name", "login") and not self.systems:
            raise ValueError(
                f"matches = {self.matches} needs systems: the keys of the IT systems whose accounts its users have. "
                "In another system the same name may be another person's"
            )
        return self

    @model_validator(mode="after")
    def _one_origin(self) -> "SamlLoginSettings":
        if (self.metadata_url is None) == (self.metadata_file is None):
            raise ValueError("set either metadata_url or metadata_file")
        return self


class LoginSettings(BaseModel):
    """Login of people to REConnect itself. Tokens for machines need none of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    through: Literal["own", "saml"] = Field(
        default="own", description="own: local accounts (idp.system); saml: another identity provider, such as ADFS"
    )
    alarm_to: tuple[str, ...] = Field(
        default=(), description="who gets a mail at once when the break-glass account is used; empty: mail.to"
    )
    reads_kept_days: int = Field(
        default=365, ge=1, description="days for which it is kept who has seen whose personal data"
    )
    saml: SamlLoginSettings | None = Field(default=None, description="needed for through = saml")

    @model_validator(mode="after")
    def _saml_is_described(self) -> "LoginSettings":
        if self.through == "saml" and self.saml is None:
            raise ValueError("through = saml needs login.saml, with the metadata of the identity provider")
        return self
