"""Settings of a delivery; ``kind`` chooses which."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

PAUSES = (2.0, 10.0)


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FolderDelivery(_Section):
    """Files in a folder of this machine or a mounted share."""

    kind: Literal["folder"] = "folder"
    path: Path
    pauses: tuple[float, ...] = Field(default=PAUSES, description="seconds before the second, third … attempt")

    @property
    def place(self) -> str:
        """Where it leads, in words: two deliveries with the same place give the files to the same receiver."""
        return f"folder {self.path.expanduser().resolve()}"


class _Server(_Section):
    kind: str
    host: str
    port: int
    user: str
    password: SecretStr | None = None
    folder: str = Field(default="", description="where the files go; empty: where the login starts")
    pauses: tuple[float, ...] = Field(default=PAUSES, description="seconds before the second, third … attempt")
    connect_seconds: float = Field(default=15, gt=0)
    idle_seconds: float = Field(default=60, gt=0)

    @property
    def place(self) -> str:
        """Where it leads, in words: two deliveries with the same place give the files to the same receiver."""
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
    host_key: str = Field(description='fingerprint "SHA256:…" or public key "ssh-ed25519 AAAA…" of the server')
    private_key_file: Path | None = None
    passphrase: SecretStr | None = Field(default=None, description="of the private key")
    temporary: bool = Field(default=True, description="upload under a temporary name, then rename")
    without_posix_rename: Literal["remove", "direct", "fail"] = Field(
        default="remove", description="where the server can't replace a file at once: remove it first, or write to it"
    )

    @property
    def place(self) -> str:
        """As of any server; another host key may be another machine, which has nothing yet."""
        return f"{super().place} ({self.host_key})"


DeliverySettings = Annotated[FolderDelivery | FtpsDelivery | SftpDelivery, Field(discriminator="kind")]
