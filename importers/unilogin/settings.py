"""The settings of STIL's wsiEKSPORT: address, provider, keys, and how it is read."""

import hashlib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from protocols.addresses import SecretAddress

SignedPart = Literal["body", "timestamp", "provider", "token"]


class UniLoginSettings(BaseModel):
    """Every setting of the source."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: SecretAddress = Field(
        "https://brugerdatabasen.stil.dk/bpi/wsieksport/7", description="Address of wsiEKSPORT 7"
    )
    provider: str = Field(min_length=1, description="The provider system's id at STIL (UdbydersystemId)")
    key_file: Path = Field(description="PKCS#12 file with the private key and the registered certificate")
    key_password: SecretStr
    soap: Literal["1.1", "1.2"] = Field("1.1", description="The SOAP version; which one STIL uses is unverified")
    signed: tuple[SignedPart, ...] = Field(
        ("body", "timestamp"), min_length=1, description="What the request's signature covers"
    )
    trusted: Path | None = Field(
        None,
        description="PEM file: answers must be signed by one of these certificates, or by one that they have issued",
    )
    institutions: frozenset[str] = Field(
        frozenset(), description="Numbers of the institutions to read; none = all with an agreement and a unit"
    )
    exports_a_day: int = Field(4, ge=1, le=4, description="Calls per institution and day; STIL allows four")
    pause_hours: float = Field(6, ge=0, description="Between two readings of an institution")
    least_share: float = Field(
        0.5,
        ge=0,
        le=1,
        description="An export with a smaller share of the institution's known people is stopped by the brake",
    )
    grace_days: int = Field(
        90, ge=0, description="An account ends this long after the last institution has ceased to list it"
    )
    timeout_seconds: float = Field(300, gt=0)
    largest_answer_megabytes: int = Field(512, ge=1)

    def digest(self) -> bytes:
        """A digest of the settings that decide what a record means."""
        return hashlib.blake2b(repr(self.grace_days).encode(), digest_size=8).digest()
