"""KOMBIT's FK-adm: where it is, how it is called over TLS with our certificate, and what its answers hold
(kombit_access.md §1.2)."""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from protocols.addresses import SecretAddress
from protocols.http.client import Answer, Certificates, Client, Limits
from protocols.http.pauses import Sleep

SYSTEMS = "/jobfunktionsroller/brugervendtesystemer"
SYSTEM_ROLES = SYSTEMS + "/{uuid}/roller"
JOB_ROLES = "/jobfunktionsroller"
JOB_ROLE = JOB_ROLES + "/{uuid}"
_ADDRESSES = {
    "production": "https://admin.serviceplatformen.dk/stsadmin/xapi",
    "test": "https://admin-test.serviceplatformen.dk/stsadmin/xapi",
}
_ATTEMPTS = 3
_SHOWN = 300
"""Characters of FK-adm's own text that are kept."""


class NotJson(Exception):
    """An answer whose content is not JSON."""


class FkAdmAccess(BaseModel):
    """Settings of the access to FK-adm, for the source and the target alike."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    certificate: Path = Field(description="PEM file with the system's certificate (OCES3 systemcertifikat)")
    private_key: Path = Field(description="PEM file with its private key, readable by REConnect only")
    authority: Path | None = Field(None, description="PEM file of the CA that has issued the service's certificate")
    cvr: str = Field(pattern="^[0-9]{8}$", examples=["12345678"], description="the municipality's own CVR number")
    environment: Literal["production", "test"] = Field("production", description="KOMBIT's; each has its own systems")
    url: SecretAddress | None = Field(None, description="FK-adm's address, if not the environment's")
    own_machine: bool = Field(False, description="allow an address of this machine, or a link-local one")

    calls_per_second: float = Field(5, gt=0)
    timeout_seconds: float = Field(30, gt=0)
    largest_megabytes: int = Field(32, ge=1, description="of one answer")

    @property
    def address(self) -> str:
        return self.url or _ADDRESSES[self.environment]

    def client(self, sleep: Sleep) -> Client:
        """The client of FK-adm; use it as a context manager. Time-outs are tried three times. Raises HttpError."""
        limits = Limits(
            seconds=self.timeout_seconds,
            per_second=self.calls_per_second,
            attempts=_ATTEMPTS,
            largest=self.largest_megabytes << 20,
            own_machine=self.own_machine,
        )
        own = Certificates(self.authority, (self.certificate, self.private_key))
        return Client(self.address, None, limits, own, {"Accept": "application/json"}, sleep)


def content(answer: Answer) -> Any:
    """The JSON of an answer; None: an empty body. Raises NotJson."""
    if not answer.content.strip():
        return None
    found = answer.json()
    if found is None:
        raise NotJson
    return found


def words(answer: Answer) -> str:
    """FK-adm's own text, shortened, to end a message with; "" if it has sent none."""
    text = " ".join(answer.content[: 4 * _SHOWN].decode("utf-8", "replace").split())[:_SHOWN]
    return f": {text}" if text else ""
