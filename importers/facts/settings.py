"""What a municipality sets for a facts file."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class FactsSettings(BaseModel):
    """One facts file, or one folder of CSV files."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Path | None = Field(default=None, description="a .yaml, .json file, or a folder of .csv files")
    name: str = Field(
        default="facts",
        pattern="^[a-z][a-z0-9_]*$",
        examples=["own_facts"],
        description="under which the facts are kept",
    )
    other_names: tuple[str, ...] = Field(
        default=(), description="under which other facts files are kept, read with other settings; for merge.order"
    )
    whole: bool = Field(default=True, description="what is no longer in the file ends on the day of the import")
