"""Settings of writing to FK-adm."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from exporters.objects.brake import ObjectBrake
from protocols.addresses import SecretAddress

ADDRESSES = {
    "production": "https://admin.serviceplatformen.dk/stsadmin/xapi",
    "test": "https://admin-test.serviceplatformen.dk/stsadmin/xapi",
}


class FkAdmSettings(BaseModel):
    """KOMBIT's administration of one environment."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    certificate: Path = Field(description="PEM file with the system's certificate (OCES3 systemcertifikat)")
    private_key: Path = Field(description="PEM file with its private key, readable by REConnect only")
    authority: Path | None = Field(None, description="PEM file of the CA that has issued the service's certificate")
    cvr: str = Field(pattern="^[0-9]{8}$", examples=["12345678"], description="the municipality's own CVR number")
    environment: Literal["production", "test"] = Field("production", description="KOMBIT's; each has its own systems")
    url: SecretAddress | None = Field(None, description="FK-adm's address, if not the environment's")
    own_machine: bool = Field(False, description="allow an address of this machine, or a link-local one")
    systems: frozenset[str] = Field(
        frozenset(), description="keys of the systems whose roles are written; empty: all of the environment"
    )

    adopt: bool = Field(False, description="take over roles with the same URI that others have made otherwise")
    drift: Literal["report", "correct"] = Field("report", description="what a full comparison does")
    verify_every: int = Field(1, ge=0, description="one in this many written roles is read again; 0: none")
    brake: ObjectBrake = ObjectBrake()

    calls_per_second: float = Field(5, gt=0)
    timeout_seconds: float = Field(30, gt=0)
    largest_megabytes: int = Field(32, ge=1, description="of one answer")

    @property
    def address(self) -> str:
        return self.url or ADDRESSES[self.environment]
