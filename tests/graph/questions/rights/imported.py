"""A facts file's content in the graph."""

from pathlib import Path
from typing import Any

import neo4j
import yaml

from graph.cpr.keyring import Keyring
from importers.facts.settings import FactsSettings
from importers.facts.source import Facts
from importers.pipeline.brake import BrakeSettings
from importers.pipeline.import_run import run_import
from importers.pipeline.report import ImportReport

RING = Keyring.generate()


def imported(driver: neo4j.Driver, content: dict[str, Any], folder: Path, name: str = "facts") -> ImportReport:
    """Imported as YAML, whatever would end by it."""
    file = folder / "facts.yaml"
    file.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    no_brake = BrakeSettings(at_least=10_000)
    return run_import(driver, Facts(FactsSettings(path=file, name=name)), RING, brake=no_brake)
