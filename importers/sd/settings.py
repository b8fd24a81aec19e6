"""The settings of SD Løn: where it is, what to import and how to read it."""

import hashlib
import re
from datetime import date, time
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from importers.days import Day
from protocols.addresses import SecretAddress


class UnpaidRule(BaseModel):
    """Unpaid staff, where payroll keeps them: a number with a letter belongs to a position at or above a limit, and the
    other way round. An employment that breaks the rule is excluded until its position meets it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    positions_from: int = Field(ge=0, description="The lowest position code of unpaid staff, as a number")


class SdSettings(BaseModel):
    """Every setting of the source; times are in minutes or seconds as named, dates are Danish calendar dates."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    xml_url: SecretAddress = Field("https://service.sd.dk/sdws", description="Address of the XML operations")
    json_url: SecretAddress | None = Field(
        "https://service.sd.dk/api-gateway/organization/public/api/v1",
        description='Address of the parent history; "" = only today\'s tree is read',
    )
    user: str = Field(pattern=r"^[sS][yY]", description="System user; begins with sy", examples=["SY0815"])
    password: SecretStr
    region: str | None = Field(None, description="Read all institutions of this region …")
    institutions: tuple[str, ...] = Field((), description="… or these; their order decides whose names count")
    positions_from: str | None = Field(None, description="The institution whose position list all others use")

    earliest: Day = Field(date.min, description="First day of the history that is kept; earlier starts are cut to it")
    history: Literal["all", "from_today"] = Field("all", description="from_today: present and future only")
    excluded_levels: frozenset[str] = Field(
        frozenset(), description="Levels that are not places in the line; employments are lifted above them"
    )
    excluded_names: tuple[str, ...] = Field((), description="Regular expressions: units with such names are excluded")
    excluded_units: frozenset[str] = Field(frozenset(), description="UUIDs of excluded units")
    private_contact: bool = Field(False, description="Import home address, private phone and mail")
    placeholder_phones: frozenset[str] = Field(frozenset({"00000000"}), description="Fillers and local codes")
    placeholder_mails: frozenset[str] = Field(frozenset({"Empty@Empty"}))
    five_digit_phone_is_manager: bool = Field(
        False, description="A department's phone of five digits is an employment number, not a phone"
    )
    full_time_hours: float | None = Field(None, description="Hours a week; SD does not send them. None = unknown")
    full_time_hours_by_position: dict[str, float] = Field(default_factory=dict)
    unpaid: UnpaidRule | None = None

    opening_hours: bool = Field(True, description="Call only when the service is open")
    opens: time = time(6, 5)
    closes: time = time(21, 55)
    timeout_seconds: float = Field(180, gt=0)
    largest_answer_megabytes: int = Field(2048, ge=1, description="A larger answer is refused")
    retries: int = Field(5, ge=0)
    pause_seconds: float = Field(2.0, ge=0, description="Before the first retry; doubled each time")
    parallel_calls: int = Field(1, ge=1, le=8, description="For parent histories, which take one call per unit")
    overlap_minutes: int = Field(1, ge=1, description="How much the windows of registration overlap")
    delta_days: int = Field(29, ge=1, le=29, description="A cursor older than this leads to a whole reading")
    all_units_every_days: int = Field(7, ge=1)
    cursor_every_hours: int = Field(24, ge=1, description="How long the cursor of an unchanged source may stay behind")
    verify_absent: int = Field(
        200, ge=0, description="How many of the employments that a whole reading lacks are looked up one by one"
    )

    @field_validator("excluded_names")
    @classmethod
    def _are_expressions(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for each in names:
            try:
                re.compile(each)
            except re.error as wrong:
                raise ValueError(f"{each!r} is not a valid regular expression: {wrong}") from wrong
        return names

    @field_validator("excluded_units")
    @classmethod
    def _are_lower(cls, units: frozenset[str]) -> frozenset[str]:
        return frozenset(each.lower() for each in units)

    @model_validator(mode="after")
    def _says_whom(self) -> "SdSettings":
        if not self.region and not self.institutions:
            raise ValueError("set the region or the institutions to read")
        return self

    @property
    def lifts(self) -> bool:
        """Whether an employment's unit may be another than its department."""
        return bool(self.excluded_levels or self.excluded_names or self.excluded_units)

    def digest(self) -> str:
        """A digest of the settings that decide what is read or what it means; it contains no password."""
        meaning = self.model_dump(
            mode="json",
            include={
                "region", "institutions", "positions_from", "earliest", "history", "private_contact",
                "five_digit_phone_is_manager", "full_time_hours", "full_time_hours_by_position", "unpaid",
                "excluded_names",
            },
        )  # fmt: skip
        sets = (self.excluded_levels, self.excluded_units, self.placeholder_phones, self.placeholder_mails)
        return hashlib.sha256(repr((sorted(meaning.items()), [sorted(each) for each in sets])).encode()).hexdigest()[
            :16
        ]
