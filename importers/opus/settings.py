"""The settings of Opus: the place of the files, and payroll's use of the fields that KMD left open."""

import hashlib
import re
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from protocols.addresses import HostName


class SftpPlace(BaseModel):
    """A folder on an SFTP server. ``host_key``: the server's public key, as in ``ssh-ed25519 AAAA…``; the connection is
    refused if the server has another."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: HostName
    port: int = Field(default=22, ge=1, le=65535)
    user: str
    host_key: str = Field(
        pattern=r"^[a-z0-9@.-]+ [A-Za-z0-9+/=]+( .*)?$",
        examples=["ssh-ed25519 AAAA…"],
        description="the server's public key, as ssh-keyscan prints it",
    )
    password: SecretStr | None = None
    private_key: Path | None = Field(default=None, description="file with an OpenSSH private key")
    folder: str = "."
    timeout: float = Field(default=60, gt=0, description="seconds for connecting and for login")

    @model_validator(mode="after")
    def _has_a_login(self) -> "SftpPlace":
        if self.password is None and self.private_key is None:
            raise ValueError("SFTP needs password or private_key")
        return self


class Filters(BaseModel):
    """What is excluded. With a unit, everything below it is excluded, and its employees."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    units: frozenset[int] = Field(default=frozenset(), description="LOS ids")
    unit_names: tuple[str, ...] = Field(default=(), description="parts of unit names, such as efterindtægt")
    positions: frozenset[int] = Field(default=frozenset(), description="position ids")
    position_names: tuple[str, ...] = Field(default=(), description="parts of position names")


class OpusSettings(BaseModel):
    """Needs exactly one of ``folder`` and ``sftp``, unless the command names a folder."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Path | None = None
    sftp: SftpPlace | None = None
    history: bool = Field(
        default=False, description="first import: all files from the oldest, instead of only the newest"
    )
    rerun_from: str | None = Field(
        default=None, description="name of a file; it and all later ones are applied anew, once"
    )
    missing_start: Literal["list", "file_date"] = Field(
        default="list", description="an employment without any start date: only listed, or begun on the file's date"
    )
    leave_date_inclusive: bool = Field(default=True, description="leaveDate is the last day of the employment")
    closed_name_patterns: tuple[str, ...] = Field(
        default=(), description="regular expressions; a unit whose name matches is closed (^#, STOP)"
    )
    filters: Filters = Filters()
    system: str = Field(default="opus", description="key of the IT system of the login userId")
    system_title: str = "KMD Opus"
    function_role: str = Field(
        default="trust_function",
        pattern=r"^[a-z0-9_]+$",
        examples=["trust_function"],
        description="role of trust functions (tillidshverv)",
    )
    function_role_title: str = "Tillidshverv"
    function_roles: dict[int, str] = Field(
        default={},
        description="another role for some artIds, such as 3 = union_rep; another source states the role's title",
    )
    vanished_share: float = Field(
        default=0.05, ge=0, le=1, description="the brake stops when more employments than this share …"
    )
    vanished_count: int = Field(default=20, ge=0, description="… and this number vanish without a stub")
    largest_file_megabytes: int = Field(default=4096, ge=1, description="a larger file is refused")
    warn_after_days: int = Field(default=4, ge=1, description="warn when the newest file is older")

    @field_validator("closed_name_patterns")
    @classmethod
    def _are_patterns(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for each in patterns:
            try:
                re.compile(each)
            except re.error as wrong:
                raise ValueError(f"{each!r} is not a valid regular expression: {wrong}") from wrong
        return patterns

    @model_validator(mode="after")
    def _one_place(self) -> "OpusSettings":
        if self.folder is not None and self.sftp is not None:
            raise ValueError("Opus reads from folder or from sftp, not from both")
        return self

    def tree_filters(self) -> str:
        """A digest of the filters of units."""
        named = (sorted(self.filters.units), sorted(self.filters.unit_names))
        return hashlib.blake2b(repr(named).encode(), digest_size=8).hexdigest()

    def meaning(self) -> bytes:
        """The settings that a record's meaning depends on: they are part of each record's fingerprint."""
        kept = {"missing_start", "leave_date_inclusive", "closed_name_patterns", "system", "function_role"}
        return repr((sorted(self.model_dump(include=kept).items()), sorted(self.function_roles.items()))).encode()
