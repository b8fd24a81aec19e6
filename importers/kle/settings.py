"""The settings of KLE: where the releases are, and how they are read."""

import hashlib
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from importers.days import Day
from protocols.addresses import WebAddress

ONLINE = "http://api.kle-online.dk/resources"


class KleSettings(BaseModel):
    """Needs exactly one of ``url``, ``address`` and ``path``, unless the command names a file or folder."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: WebAddress | None = Field(default=None, description=f"KLE Online's REST service; KL's is {ONLINE}")
    form: Literal["full", "lists"] = Field(
        default="full", description="the service's form: everything, with dates; or the three lists, without"
    )
    facets: bool = Field(default=True, description="also read the facets (handlingsfacetter) of the service")
    address: WebAddress | None = Field(default=None, description="http(s) address of one file, XML or CSV")
    path: Path | None = Field(default=None, description="a file, or a folder of releases")
    accept_release: Day | None = Field(
        default=None,
        description="publishing date of a release that is accepted although it is older than the current one",
    )
    last_day_in_force: bool = Field(
        default=False, description="the date of an end is the last day in force; KL does not say whether it is"
    )
    least_share: float = Field(
        default=0.8,
        ge=0,
        le=1,
        description="a release with a smaller share of the entries in force is stopped by the brake",
    )
    timeout_seconds: float = Field(default=60, gt=0)
    attempts: int = Field(
        default=3, ge=1, le=10, description="attempts at a request without an answer, or with 429 or 503"
    )
    longest_wait_seconds: float = Field(
        default=60, ge=0, description="the longest wait before another attempt, whatever Retry-After says"
    )
    largest_megabytes: int = Field(default=64, ge=1, description="the largest release")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if sum(each is not None for each in (self.url, self.address, self.path)) > 1:
            raise ValueError("KLE is read from one place: give one of url, address and path")
        return self

    @property
    def largest(self) -> int:
        """Bytes."""
        return self.largest_megabytes << 20

    def digest(self) -> bytes:
        """A digest of the settings that decide what an entry means."""
        return hashlib.blake2b(repr(self.last_day_in_force).encode(), digest_size=8).digest()
