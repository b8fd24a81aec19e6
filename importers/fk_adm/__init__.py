"""FK-adm (Fælleskommunalt Administrationsmodul): systems, rights and job-function roles at KOMBIT; see the README."""

from typing import TYPE_CHECKING

from importers.fk_adm.settings import FkAdmSettings as Settings

if TYPE_CHECKING:
    from importers.source import Source, Surroundings

__all__ = ["NEEDS", "TITLE", "Settings", "build"]

TITLE = "FK-adm"
NEEDS = "certificate, private_key and cvr"


def build(settings: Settings, surroundings: "Surroundings") -> "Source":
    """The source; its modules are loaded here, since they take long."""
    from importers.fk_adm.graph_lookup import GraphLookup
    from importers.fk_adm.source import FkAdm

    surroundings.refuse_files("FK-adm is a web service")
    return FkAdm(settings, GraphLookup(surroundings.driver(), FkAdm.name, settings.environment))
