"""The settings of the schools' directory: those of a directory, with the usual defaults of one (unilogin.md §6)."""

from pydantic import Field, model_validator

from importers.active_directory.settings import ActiveDirectorySettings, Attribute


class SchoolAdSettings(ActiveDirectorySettings):
    """Pupils are never requested: without a rule that distinguishes them, nothing is read."""

    system: str = Field("school_ad", min_length=1, description="Key of the ItSystem of the accounts")
    title: str = Field("School AD", min_length=1)
    cpr_attribute: Attribute | None = "employeeNumber"
    institutions_attribute: Attribute | None = Field(
        "textEncodedORAddress", description="Numbers of schools, comma-separated"
    )

    @model_validator(mode="after")
    def _leaves_pupils_out(self) -> "SchoolAdSettings":
        excludes_values = any(self.excluded_values.values())
        if not (self.users_in or self.excluded_units or excludes_values or self.users_filter):
            raise ValueError(
                "nothing distinguishes pupils from staff: set users_in, excluded_units, excluded_values or users_filter"
            )
        return self
