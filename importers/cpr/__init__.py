"""The CPR register (Det Centrale Personregister) through Serviceplatformen: SF1520 and SF6002; see the README."""

from typing import TYPE_CHECKING

from importers.cpr.settings import CprSettings as Settings

if TYPE_CHECKING:
    from importers.source import Source, Surroundings

__all__ = ["NEEDS", "TITLE", "Settings", "build"]

TITLE = "CPR"
NEEDS = "certificate, private_key and cvr or agreement"


def build(settings: Settings, surroundings: "Surroundings") -> "Source":
    """The source; its modules are loaded here, since they take long."""
    from graph.cpr.lookup_log import CprLog
    from importers.cpr.persons import GraphPersons
    from importers.cpr.source import CprSource

    surroundings.refuse_files("CPR is a web service")
    driver = surroundings.driver()
    return CprSource(settings, GraphPersons(driver, surroundings.keyring()), CprLog(driver))
