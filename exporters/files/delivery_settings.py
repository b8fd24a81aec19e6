"""Settings of a delivery; ``kind`` chooses which."""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

PAUSES = (2.0, 10.0)


def _mode(text: str) -> str:
    if not re.fullmatch(r"0[0-7]{3}", text):
        raise ValueError('is not a mode as chmod takes it, with four digits, such as "0640"')
    return text


Mode = Annotated[str, AfterValidator(_mode)]
"""Who may read and write a file or folder, as chmod takes it: "0640"."""


def _host_name(text: str) -> str:
    if not text or any(each.isspace() or each in "/@?#" for each in text) or text.count(":") == 1:
        raise ValueError("is not the name of a host, such as files.example: give it without ftp://, port and folder")
    return text


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FolderDelivery(_Section):
    """Files in a folder of this machine or a mounted share."""

    kind: Literal["folder"] = "folder"
    path: Path
    file_mode: Mode = Field(default="0600", description='who may read the files: "0640" lets the folder\'s group')
    folder_mode: Mode = Field(default="0700", description="of the folder, where it has to be made")
    mounted: bool = Field(default=False, description="a mounted share: nothing is written while it is not mounted")
    pauses: tuple[float, ...] = Field(default=PAUSES, description="seconds before the second, third … attempt")

    @property
    def place(self) -> str:
        """The place of delivery, in words: two deliveries with the same place have the same receiver."""
        return f"folder {self.path.expanduser().resolve()}"


class _Server(_Section):
    kind: str
    host: Annotated[str, AfterValidator(_host_name)]
    port: int
    user: str
    password: SecretStr | None = None
    folder: str = Field(default="", description="where the files go; empty: where the login starts")
    pauses: tuple[float, ...] = Field(default=PAUSES, description="seconds before the second, third … attempt")
    connect_seconds: float = Field(default=15, gt=0)
    idle_seconds: float = Field(default=60, gt=0)

    @property
    def place(self) -> str:
        """The place of delivery, in words: two deliveries with the same place have the same receiver."""
        return f"{self.kind}://{self.user}@{self.host.lower()}:{self.port}/{self.folder}"


class FtpsDelivery(_Server):
    """FTP over TLS (FTPES, or ``implicit``). The server's certificate is always checked."""

    kind: Literal["ftpes"] = "ftpes"
    port: int = Field(default=21, ge=1, le=65535)
    implicit: bool = Field(default=False, description="TLS from the first byte (usually port 990)")
    ca_file: Path | None = Field(default=None, description="CA that signed the certificate; empty: the system's")
    temporary: bool = Field(default=True, description="upload under a temporary name, then rename")


class SftpDelivery(_Server):
    """SFTP. The server's host key is pinned; without a pin nothing is sent."""

    kind: Literal["sftp"] = "sftp"
    port: int = Field(default=22, ge=1, le=65535)
    host_key: str = Field(
        min_length=1, description='fingerprint "SHA256:…" or public key "ssh-ed25519 AAAA…" of the server'
    )
    private_key_file: Path | None = None
    passphrase: SecretStr | None = Field(default=None, description="of the private key")
    temporary: bool = Field(default=True, description="upload under a temporary name, then rename")
    without_posix_rename: Literal["remove", "direct", "fail"] = Field(
        default="remove",
        description="where the server can't replace a file at once: move it aside, or write to it",
    )

    @property
    def place(self) -> str:
        """As for any server; another host key may be another machine, which has no files yet."""
        return f"{super().place} ({self.host_key})"


DeliverySettings = Annotated[FolderDelivery | FtpsDelivery | SftpDelivery, Field(discriminator="kind")]
