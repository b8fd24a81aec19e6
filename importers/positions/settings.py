"""The place and form of the municipality's position list."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from protocols.addresses import WebAddress, secret_address


class PositionsSettings(BaseModel):
    """A file, a folder or an address; the categories beside it are optional (positions.md §4)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Path | None = Field(
        default=None,
        description="a .csv, .xlsx or .json file, or a folder with positions.* and perhaps position_categories.*",
    )
    url: WebAddress | None = Field(default=None, description="address that answers GET with the list")
    categories_url: WebAddress | None = Field(default=None, description="address of the categories")
    token: SecretStr | None = Field(default=None, description="sent as Authorization: Bearer")
    encoding: Literal["utf-8", "iso-8859-1", "windows-1252"] = Field(
        default="utf-8", description="encoding of CSV; with or without BOM"
    )
    timeout_seconds: float = Field(default=60, gt=0)
    largest_megabytes: int = Field(default=20, ge=1, description="of a file, and ten times that once unpacked (XLSX)")
    largest_rows: int = Field(default=50_000, ge=1)

    @model_validator(mode="after")
    def _one_place(self) -> "PositionsSettings":
        if self.path is not None and self.url is not None:
            raise ValueError("the position list has a path or a url, not both")
        if self.token is not None:
            for name, address in (("url", self.url), ("categories_url", self.categories_url)):
                try:
                    if address is not None:
                        secret_address(address)
                except ValueError as error:
                    raise ValueError(f"{name} {error}") from error
        if self.categories_url is not None and self.url is None:
            raise ValueError("categories_url goes with url; in a folder the categories are position_categories.*")
        return self
