"""The settings of the access to FK-adm."""

import hashlib
from typing import Annotated

from pydantic import AfterValidator, Field

from protocols.fk_adm import FkAdmAccess

Uuid = Annotated[
    str,
    AfterValidator(str.lower),
    Field(
        pattern=r"^[A-Fa-f0-9]{8}(-[A-Fa-f0-9]{4}){3}-[A-Fa-f0-9]{12}$",
        examples=["9cdccc2f-3243-11e2-8fef-d4bed98c5934"],
    ),
]


class FkAdmSettings(FkAdmAccess):
    """Every setting of the source."""

    systems: dict[Uuid, str] = Field(default={}, description="UUID of a system at KOMBIT → its key here, if another")

    def digest(self) -> bytes:
        """A digest of the settings that decide what an answer means."""
        meaning = (self.cvr, self.environment, sorted(self.systems.items()))
        return hashlib.sha256(repr(meaning).encode()).digest()
