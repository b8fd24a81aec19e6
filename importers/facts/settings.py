"""The settings of a facts file."""

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
        description="the name under which the facts are kept",
    )
    other_names: tuple[str, ...] = Field(
        default=(),
        description="the names under which other facts files are kept, read with other settings; for merge.order",
    )
    whole: bool = Field(default=True, description="things that are no longer in the file end on the day of the import")
