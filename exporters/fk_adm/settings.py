"""Settings of writing to FK-adm."""

from typing import Literal

from pydantic import Field

from exporters.objects.brake import ObjectBrake
from protocols.fk_adm import FkAdmAccess


class FkAdmSettings(FkAdmAccess):
    """KOMBIT's administration of one environment."""

    systems: frozenset[str] = Field(
        frozenset(), description="keys of the systems whose roles are written; empty: all of the environment"
    )

    adopt: bool = Field(False, description="take over roles with the same URI that others have made otherwise")
    drift: Literal["report", "correct"] = Field("report", description="what a full comparison does")
    verify_every: int = Field(1, ge=0, description="one in this many written roles is read again; 0: none")
    brake: ObjectBrake = ObjectBrake()
