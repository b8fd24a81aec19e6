"""The settings of the access to FK-adm."""

import hashlib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from protocols.addresses import SecretAddress

ADDRESSES = {
    "production": "https://admin.serviceplatformen.dk/stsadmin/xapi",
    "test": "https://admin-test.serviceplatformen.dk/stsadmin/xapi",
}
Uuid = Annotated[
    str,
    AfterValidator(str.lower),
    Field(
        pattern=r"^[A-Fa-f0-9]{8}(-[A-Fa-f0-9]{4}){3}-[A-Fa-f0-9]{12}$",
        examples=["9cdccc2f-3243-11e2-8fef-d4bed98c5934"],
    ),
]


class FkAdmSettings(BaseModel):
    """Every setting of the source."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    certificate: Path = Field(description="PEM file with the system's certificate (OCES3 systemcertifikat)")
    private_key: Path = Field(description="PEM file with its private key, readable by REConnect only")
    authority: Path | None = Field(None, description="PEM file of the CA that has issued the service's certificate")
    cvr: str = Field(pattern="^[0-9]{8}$", examples=["12345678"], description="the municipality's own CVR number")
    environment: Literal["production", "test"] = Field("production", description="KOMBIT's; each has its own systems")
    url: SecretAddress | None = Field(None, description="FK-adm's address, if not the environment's")
    own_machine: bool = Field(False, description="allow an address of this machine, or a link-local one")
    systems: dict[Uuid, str] = Field(default={}, description="UUID of a system at KOMBIT → its key here, if another")

    calls_per_second: float = Field(5, gt=0)
    timeout_seconds: float = Field(30, gt=0)
    largest_megabytes: int = Field(32, ge=1, description="of one answer")

    @property
    def address(self) -> str:
        return self.url or ADDRESSES[self.environment]

    def digest(self) -> bytes:
        """A digest of the settings that decide what an answer means."""
        told = (self.cvr, self.environment, sorted(self.systems.items()))
        return hashlib.sha256(repr(told).encode()).digest()
