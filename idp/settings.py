"""The settings of the identity provider."""

from pathlib import Path
from typing import Annotated, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from graph.expressions import ExpressionRejected, Names, compile_expression
from idp.attribute_names import LOGIN_NAMES, NAMES
from idp.claims.oio_bpp import Profile as BppProfile
from idp.saml.names import ASSURANCE_LEVEL, PERSISTENT, PRIVILEGES, X509_SUBJECT
from idp.saml.profiles import PROFILES, Profile, ProfileName
from idp.saml.service_providers import LONGEST_ENTITY_ID
from idp.sealing import SHORTEST_SECRET
from protocols.addresses import SecretAddress, WebAddress, web_address


def _entity_id(text: str) -> str:
    if not text or len(text) > LONGEST_ENTITY_ID or not text.isprintable() or any(each.isspace() for each in text):
        raise ValueError(f"is not an entity ID: an address or a URN of 1 to {LONGEST_ENTITY_ID} characters, no blanks")
    return text


def _public_address(text: str) -> str:
    parts = urlsplit(web_address(text))
    if parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("has more than https:// and a host (and a port): the pages of login are at its root")
    return text


def _sealing_key(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < SHORTEST_SECRET:
        raise ValueError(f"is too short: give at least {SHORTEST_SECRET} random characters, as `openssl rand -hex 32`")
    return secret


_LEVEL = "login.assurance_level"
EntityId = Annotated[str, AfterValidator(_entity_id)]
PublicAddress = Annotated[str, AfterValidator(_public_address)]
SealingKey = Annotated[SecretStr, AfterValidator(_sealing_key)]


class AttributeSettings(BaseModel):
    """What is stated of a person who logs in."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    names: ClassVar[Names] = NAMES

    attributes: dict[str, str] = Field(default_factory=dict, description='name → CEL, e.g. email = "account.email"')
    cpr: bool = Field(default=False, description="true: its attributes may use person.cpr")

    @field_validator("attributes")
    @classmethod
    def _expressions(cls, given: dict[str, str]) -> dict[str, str]:
        for name, text in given.items():
            if not name.strip() or not name.isprintable():
                raise ValueError(f"{name!r} is not the name of an attribute")
            try:
                references = compile_expression(text, cls.names).references
            except ExpressionRejected as wrong:
                raise ValueError(f"{name}: {wrong}") from wrong
            if name == ASSURANCE_LEVEL and _LEVEL not in references:
                if "login" not in cls.names:
                    raise ValueError(f"{name} follows from how a person has logged in, which only ADFS knows")
                raise ValueError(f"{name} follows from how a person has logged in here: only {_LEVEL} tells it")
        return given

    @model_validator(mode="after")
    def _cpr_only_by_consent(self) -> "AttributeSettings":
        for name, text in self.attributes.items():
            if not self.cpr and "person.cpr" in compile_expression(text, self.names).references:
                raise ValueError(f"attribute {name} uses person.cpr; set cpr = true to allow it")
        return self


class ServiceProviderSettings(AttributeSettings):
    """One service provider: an application, or ADFS in front of many."""

    names: ClassVar[Names] = LOGIN_NAMES

    metadata_url: SecretAddress | None = Field(default=None, description="where its metadata is read, https")
    metadata_file: Path | None = Field(default=None, description="or the file with it")
    entity_id: EntityId | None = Field(default=None, description="needed if the metadata describes several")
    metadata_signed_by: Path | None = Field(default=None, description="PEM of the keys that must have signed it")
    profile: ProfileName = "modern"
    encrypt: bool = Field(default=True, description="false: assertions are sent in clear (signed)")
    unsigned_requests: bool = Field(default=False, description="true: requests without a signature are accepted")
    name_id: Literal["persistent", "x509_subject"] = Field(
        default="persistent", description=f"x509_subject: as KOMBIT asks, with the attribute {ASSURANCE_LEVEL}"
    )
    rights: str | None = Field(
        default=None, description="what it gets as OIO-BPP: KOMBIT, the key of an IT system, or a name of idp.receivers"
    )
    rights_as: EntityId = Field(default=PRIVILEGES, description="the attribute that has them")
    session_minutes: int = Field(
        default=30,
        ge=5,
        le=600,
        description="how long it may keep a session before it asks again, which nobody notices who is logged in here",
    )

    @model_validator(mode="after")
    def _one_origin(self) -> "ServiceProviderSettings":
        if (self.metadata_url is None) == (self.metadata_file is None):
            raise ValueError("set either metadata_url or metadata_file")
        return self

    @model_validator(mode="after")
    def _one_attribute_of_rights(self) -> "ServiceProviderSettings":
        if self.rights is not None and self.rights_as in self.attributes:
            raise ValueError(f"{self.rights_as} has the rights already (rights_as); name another attribute otherwise")
        return self

    @property
    def offered(self) -> tuple[str, ...]:
        """The names of what it may get."""
        return (*self.expressions, *((self.rights_as,) if self.rights is not None else ()))

    @property
    def expressions(self) -> dict[str, str]:
        """With the attribute that KOMBIT's name ID comes with."""
        always = {ASSURANCE_LEVEL: _LEVEL} if self.name_id == "x509_subject" else {}
        return {**always, **self.attributes}

    @property
    def crypto(self) -> Profile:
        return PROFILES[self.profile]

    @property
    def name_id_format(self) -> str:
        return X509_SUBJECT if self.name_id == "x509_subject" else PERSISTENT


class ReceiverSettings(BaseModel):
    """How a receiver gets rights as OIO-BPP (kombit_access.md §2)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    profile: BppProfile = Field(
        default="system",
        description="kombit: job-function roles; system: the system's own roles; system_bpp12: the same for NemLog-in",
    )
    namespace: EntityId | None = Field(default=None, description="of the document; empty: that of the profile")
    systems: list[str] = Field(
        default_factory=list, description="with kombit: keys of the systems whose roles it gets; empty: all"
    )

    units_of: str | None = Field(
        default=None, description="the target that exports units to where it looks them up; others are not sent to it"
    )

    attributes: list[EntityId] = Field(
        default_factory=list,
        description="with kombit: parameters (URIs) that it gets as an attribute each instead of in the document",
    )

    @model_validator(mode="after")
    def _systems_of_kombit(self) -> "ReceiverSettings":
        if self.systems and self.profile != "kombit":
            raise ValueError(
                f"systems are for profile kombit; with {self.profile} it gets the roles of the system itself"
            )
        if self.attributes and self.profile != "kombit":
            raise ValueError(f"attributes are for profile kombit; {self.profile} has no parameters")
        return self


class IdpSettings(BaseModel):
    """The identity provider, and login by local accounts. Without ``system`` there is none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    system: str | None = Field(default=None, description="key of the IT system whose planned accounts log in here")
    address: PublicAddress | None = Field(
        default=None, description="public address of this service, e.g. https://login.kommune.dk; empty: where it runs"
    )
    entity_id: EntityId | None = Field(default=None, description="empty: ADDRESS/saml/metadata")
    elsewhere: WebAddress | None = Field(
        default=None, description="where people with an account in AD log in: a link on the login page"
    )
    name: str = Field(default="REConnect", description="shown on the login page and in authenticator apps")
    cvr: str | None = Field(
        default=None,
        pattern=r"^\d{8}$",
        examples=["29189846"],
        description="the municipality's CVR number, for name_id x509_subject and rights",
    )
    claims: AttributeSettings = Field(
        default_factory=AttributeSettings, description="what ADFS gets of a person beside name and rights"
    )
    receivers: dict[str, ReceiverSettings] = Field(
        default_factory=dict,
        description="how systems that ask for claims get rights, by the system's key; KOMBIT = its Context Handler",
    )
    domains: dict[str, str] = Field(
        default_factory=dict,
        description='NetBIOS name → key of the IT system whose accounts are in it, e.g. { KOMMUNE = "ad" }',
    )
    key: SealingKey | None = Field(default=None, description="seals secrets in the graph; empty: made once and kept")
    self_service: bool = Field(
        default=True, description="whether people who forgot their password get a code by mail or SMS"
    )
    providers: dict[str, ServiceProviderSettings] = Field(
        default_factory=dict, description="service providers by a short name"
    )

    @field_validator("providers")
    @classmethod
    def _short_names(cls, given: dict[str, ServiceProviderSettings]) -> dict[str, ServiceProviderSettings]:
        for name in given:
            if not name or "." in name or not name.isprintable():
                raise ValueError(f"{name!r} is not a short name: it is empty, or has a dot or a control character")
        return given

    @model_validator(mode="after")
    def _one_meaning(self) -> "IdpSettings":
        for name, each in self.receivers.items():
            for taken in each.attributes:
                if taken in self.claims.attributes:
                    raise ValueError(f"receiver {name}: {taken} is an attribute of idp.claims already; name it once")
        return self

    @model_validator(mode="after")
    def _cvr_for_subjects(self) -> "IdpSettings":
        for name, each in self.providers.items():
            if each.name_id == "x509_subject" and self.cvr is None:
                raise ValueError(f"provider {name} has name_id x509_subject, which needs idp.cvr")
            if each.rights is not None and self.cvr is None:
                raise ValueError(f"provider {name} gets rights, whose scope is idp.cvr: set it")
        return self
