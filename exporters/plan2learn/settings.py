"""Settings of Plan2Learn. The defaults give the files that its customers send today (plan2learn.md §3)."""

import re
from collections.abc import Collection, Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from exporters.brake import ExportBrake
from exporters.files.delivery_settings import DeliverySettings
from exporters.files.shape import PhoneForm
from exporters.files.table import TableForm
from graph.identity.lookup import canonical

File = Literal["unit", "position", "person", "employment", "leader"]
EmailType = Literal["work", "private"]
PhoneType = Literal["mobile", "work", "private"]

FILE_NAMES: dict[File, str] = {
    "unit": "organisation.csv",
    "position": "stillingskode.csv",
    "person": "bruger.csv",
    "employment": "engagement.csv",
    "leader": "leder.csv",
}

FIELDS: dict[File, tuple[str, ...]] = {
    "unit": ("AfdelingsID", "Afdelingsnavn", "Parentid", "Gade", "Postnr", "By"),
    "position": ("StillingskodeID", "AktivStatus", "Stillingskode", "Stillingskode#"),
    "person": ("BrugerId", "CPR", "Navn", "E-mail", "Mobil", "Stilling"),
    "employment": (
        "EngagementId",
        "BrugerId",
        "AfdelingsId",
        "AktivStatus",
        "StillingskodeId",
        "Primær",
        "Engagementstype",
        "StartdatoEngagement",
    ),
    "leader": ("BrugerId", "AfdelingsID", "AktivStatus", "Titel"),
}
"""The columns as delivered today, spelling and order included."""

ASSIGNMENT_ID = "OrganisationsfunktionsUUID"

_BRACES = re.compile("[{}]")

_RSD: dict[str, Any] = {
    "primary": "always_0",
    "start_date": "always_first_start",
    "title": "lowest_number",
    "leader_titles": "one",
    "leader_title_preferred": "Personaleledelse",
}


class Plan2LearnForm(TableForm):
    """As any table's, without the guard: see the README."""

    guard: bool = Field(default=False, description="a ' before values that a spreadsheet would run as a formula")


class Plan2LearnSettings(BaseModel):
    """Which part of the organisation, in which of the known variants, and how it gets there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    delivery: DeliverySettings
    form: Plan2LearnForm = Field(description="encoding has no default: ask the supplier which one this customer's has")
    variant: Literal["viborg", "rsd"] = Field(default="viborg", description="defaults of the rules below")
    names: Mapping[File, str] = Field(
        default_factory=dict, description="file names other than usual; {date} and {municipality} are filled in"
    )
    municipality: str = ""
    order: tuple[File, ...] = Field(
        default=("unit", "position", "person", "employment", "leader"), description="referred-to first"
    )
    columns: Mapping[File, Mapping[str, str]] = Field(
        default_factory=dict, description='other columns: title → field, or "=text" for a fixed value'
    )
    ready: str | None = Field(default=None, description="name of an empty file that is sent last")
    manifest: str | None = Field(default=None, description="name of a file with rows and SHA-256, sent last")
    always: bool = Field(
        default=False, description="send all files on every run, for receivers that expect all of them"
    )

    roots: tuple[str, ...] = Field(default=(), description="uuids or numbers of units; empty: every top unit")
    excluded_levels: frozenset[str] = frozenset()
    excluded_units: frozenset[str] = Field(default=frozenset(), description="uuids")
    employment_types: frozenset[str] = frozenset({"monthly_full", "monthly_part", "hourly"})
    days_ahead: int | None = Field(
        default=None, ge=0, description="days before its start that a new employment is sent; empty: at once"
    )
    persons: Literal["delivered", "all_under_root"] = Field(
        default="delivered", description="with a delivered employment, or with any under the root"
    )
    in_excluded_unit: Literal["drop", "lift"] = Field(
        default="drop",
        description="employments there (leaders: always dropped): not delivered, or in the nearest unit that is",
    )
    on_leave: Literal["keep", "leave_out"] = "keep"
    without_cpr: Literal["leave_out", "deliver"] = "leave_out"

    person_key: Literal["uuid", "cpr", "employment_number"] = "uuid"
    email_types: tuple[EmailType, ...] = ("work",)
    phone_types: tuple[PhoneType, ...] = Field(
        default=("mobile", "work"), description="mobile: the directory's; work: the employment's, else the directory's"
    )
    phone_form: PhoneForm = "eight"
    title: Literal["primary", "lowest_number"] = "primary"
    active_status: Literal["begun", "always_1"] = "begun"
    primary: Literal["primary", "always_0"] = "primary"
    start_date: Literal["future_only", "always_first_start"] = "future_only"
    manager_role: str = "manager"
    leader_titles: Literal["all", "one"] = Field(default="all", description="the responsibilities, or one of them")
    leader_title_preferred: str | None = Field(default=None, description="only this one where it is among them")
    leader_title: str | None = Field(default=None, description="a fixed text instead")

    brake: ExportBrake = ExportBrake()

    @model_validator(mode="before")
    @classmethod
    def _defaults_of_the_variant(cls, given: Any) -> Any:
        return {**_RSD, **given} if isinstance(given, dict) and given.get("variant") == "rsd" else given

    @field_validator("roots", "excluded_units")
    @classmethod
    def _uuids_in_small_letters(cls, units: Collection[str]) -> Collection[str]:
        return type(units)(canonical(each) or each for each in units)  # type: ignore[call-arg]

    @model_validator(mode="after")
    def _names_can_be_filled_in(self) -> Self:
        """Otherwise a file would be delivered under another name than the one that is read."""
        named = {f"names.{file}": name for file, name in self.names.items()}
        for where, name in named.items():
            if _BRACES.search(name.replace("{date}", "").replace("{municipality}", "")):
                raise ValueError(f"{where}: {name!r}: only {{date}} and {{municipality}} are filled in")
        for where, fixed in (("ready", self.ready), ("manifest", self.manifest)):
            if fixed and _BRACES.search(fixed):
                raise ValueError(f"{where}: {fixed!r}: nothing is filled in there")
        return self

    @model_validator(mode="after")
    def _columns_and_order_are_known(self) -> Self:
        for file, columns in self.columns.items():
            known = self.fields(file)
            for title, name in columns.items():
                if not name.startswith("=") and name not in known:
                    raise ValueError(
                        f"columns.{file}.{title}: there is no field {name!r}; there are {', '.join(known)}"
                    )
        unknown = sorted({*self.brake.files} - {*FILE_NAMES})
        if unknown:
            raise ValueError(f"brake.files: there is no file {unknown[0]!r}; there are {', '.join(FILE_NAMES)}")
        if sorted(self.order) != sorted(FILE_NAMES):
            raise ValueError(f"order must list each of {', '.join(FILE_NAMES)} once")
        return self

    def fields(self, file: File) -> tuple[str, ...]:
        """What the shape can put in a file."""
        return (*FIELDS[file], ASSIGNMENT_ID) if file == "leader" else FIELDS[file]

    def columns_of(self, file: File) -> Mapping[str, str]:
        """Title → field."""
        if file in self.columns:
            return self.columns[file]
        default = FIELDS[file]
        if file == "leader" and self.variant == "rsd":
            default = self.fields(file)
        return {name: name for name in default}
