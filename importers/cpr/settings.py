"""The settings of the access to the CPR register."""

import hashlib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from protocols.addresses import HostName, SecretAddress

LOOKUP_SERVICE = "e6be2436-bf35-4df2-83fe-925142825dc2"
SUBSCRIPTION_SERVICE = "9cdccc2f-3243-11e2-8fef-d4bed98c5934"

Uuid = Annotated[
    str,
    AfterValidator(str.lower),  # Serviceplatformen's schema refuses capitals
    Field(
        pattern=r"^[A-Fa-f0-9]{8}(-[A-Fa-f0-9]{4}){3}-[A-Fa-f0-9]{12}$",
        examples=["9cdccc2f-3243-11e2-8fef-d4bed98c5934"],
    ),
]


class Agreement(BaseModel):
    """The UUIDs of an InvocationContext, as KOMBIT's administration shows them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    service_agreement: Uuid = Field(description="serviceaftale: between municipality and service")
    user_system: Uuid = Field(description="anvendersystem: REConnect as registered with KOMBIT")
    user: Uuid = Field(description="the municipality (myndighed)")
    service: Uuid | None = Field(None, description="the service; by default the published UUID")


class SftpPlace(BaseModel):
    """The SFTP directory of the files. ``host_key``: the server's public key; a server with another key is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: HostName
    port: int = Field(22, ge=1, le=65535)
    user: str
    host_key: str = Field(
        pattern=r"^[a-z0-9@.-]+ [A-Za-z0-9+/=]+( .*)?$",
        examples=["ssh-ed25519 AAAA…"],
        description="the server's public key, as ssh-keyscan prints it",
    )
    private_key: Path = Field(description="file with an OpenSSH private key")
    folder: str = "."
    timeout: float = Field(60, gt=0, description="seconds for connecting and for login")

    def digest(self) -> str:
        """A digest of what the server checks, including the content of the key file."""
        try:
            key = self.private_key.stat()
            file = (key.st_mtime_ns, key.st_size)
        except OSError:
            file = (0, 0)
        told = (self.host, self.port, self.user, self.host_key, str(self.private_key), file)
        return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


class SubscriptionSettings(BaseModel):
    """SF6002: the subscriptions, and the directory of the files of changes (§4, §5)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: SecretAddress = "https://prod.serviceplatformen.dk/service/CPRSubscription/CPRSubscription/1/"
    agreement: Agreement = Field(description="InvocationContext; this service has no other context")
    files: SftpPlace
    counter: Literal["lines", "persons"] = Field(
        "lines",
        description="what record 999 counts: all lines between 000 and 999, or the records 001 (unverified, §5)",
    )


class CprSettings(BaseModel):
    """Every setting of the source."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: SecretAddress = Field(
        "https://prod.serviceplatformen.dk/service/CPR/PersonBaseDataExtended/4",
        description="address of PersonLookup; exttest.serviceplatformen.dk for external test",
    )
    certificate: Path = Field(description="PEM file with the system's certificate (OCES3 systemcertifikat)")
    private_key: Path = Field(description="PEM file with its private key, readable by REConnect only")
    authority: Path | None = Field(None, description="PEM file of the CA that has issued the service's certificate")
    agreement: Agreement | None = Field(None, description="calls with InvocationContext …")
    cvr: str | None = Field(
        None,
        pattern="^[0-9]{8}$",
        examples=["12345678"],
        description="… or with AuthorityContext; exactly one of the two",
    )
    subscription: SubscriptionSettings | None = Field(None, description="without it, a tenth is looked up each day")

    calls_per_second: float = Field(5, gt=0)
    timeout_seconds: float = Field(30, gt=0)
    give_up_after: int = Field(
        5, ge=1, description="after this many calls in a row without an answer, the rest waits for the next run"
    )
    persons_at_a_time: int = Field(200, ge=1, description="how many are looked up before they are written")
    warn_days: int = Field(30, ge=0, description="how long before the certificate expires a notice is listed")

    addresses: bool = Field(False, description="import home addresses; never those of protected persons")
    guardianship: bool = Field(
        False, description="report guardianship (umyndiggørelse) to HR; by default it is not read"
    )

    @model_validator(mode="after")
    def _one_context(self) -> "CprSettings":
        if (self.agreement is None) == (self.cvr is None):
            raise ValueError("CPR needs exactly one of agreement (InvocationContext) and cvr (AuthorityContext)")
        return self

    def digest(self) -> str:
        """A digest of the settings that decide what an answer means."""
        return hashlib.sha256(repr((self.addresses, self.guardianship)).encode()).hexdigest()[:16]
