"""Settings of the files that people attach to tasks of processes, and of what scans them."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from processes.attachment_fields import LARGEST
from protocols.addresses import SecretAddress


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ScanCommand(_Section):
    """A program that gets a file on standard input. It ends with 0: clean, with 1: refused; all else is no answer."""

    kind: Literal["command"] = "command"
    program: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        min_length=1, description='the program and its arguments, such as ["clamdscan", "--no-summary", "-"]'
    )
    seconds: float = Field(default=120, gt=0, le=3600, description="after which it is ended, and the file waits")


class ScanWebhook(_Section):
    """An address that gets a file by POST, signed with HMAC-SHA256 in X-REConnect-Signature, and answers with JSON:
    {"clean": true}, or {"clean": false, "text": "why"}. All else is no answer."""

    kind: Literal["webhook"] = "webhook"
    url: SecretAddress = Field(description="where files are sent to, https")
    secret: SecretStr = Field(min_length=16, description="with which each is signed")
    ca_file: Path | None = Field(default=None, description="PEM of the authority to trust; empty: the public ones")
    own_machine: bool = Field(default=False, description="allow an address of this machine, or a link-local one")
    seconds: float = Field(default=120, gt=0, le=3600)


class AttachmentSettings(_Section):
    """Files that people attach to tasks. Without ``scanner``, none are taken, unless ``unscanned`` permits it."""

    folder: Path | None = Field(
        default=None,
        description="where they are kept, encrypted; the same for each service and worker; "
        "empty: attachments in RECONNECT_HOME",
    )
    megabytes: float = Field(default=20, gt=0, le=LARGEST, description="largest file, whatever a form permits")
    scanner: Annotated[ScanCommand | ScanWebhook, Field(discriminator="kind")] | None = Field(
        default=None,
        description="what looks for viruses: kind command or webhook; empty: no file is taken (see unscanned)",
    )
    unscanned: bool = Field(default=False, description="true: files are taken without a scanner, and shown as such")

    @model_validator(mode="after")
    def _is_one_or_the_other(self) -> Self:
        if self.unscanned and self.scanner is not None:
            raise ValueError("unscanned is true, and there is a scanner: remove one of them")
        return self
