"""Previews an import of a file of facts with the program's settings; nothing of it stays."""

from datetime import date
from pathlib import Path

import neo4j

from graph.cpr.keyring import require_keys_of
from graph.questions.preview.consequences import Preview, preview
from graph.statements.precedence import DEFAULT_PROPERTIES, SourceOrder
from importers.facts.settings import FactsSettings
from importers.facts.source import Facts
from importers.pipeline.brake import BrakeSettings
from importers.pipeline.import_run import run_import
from importers.pipeline.report import ImportReport
from reconnect.context import Context

OWN_SOURCE = "preview"
"""A file's facts under this name are changes to the known facts, and outrank them."""


def preview_of_facts(
    context: Context, file: Path, source: str | None = None, at: date | None = None
) -> Preview[ImportReport]:
    """``source``: the file contains this source's next facts, with its rank. Facts that the file omits stay.

    ``at``: see ``preview``. The brake stops no preview unless the file is doubtful as a whole. Raises SourceError if
    the file can't be read.
    """
    facts = Facts(FactsSettings(path=file, name=source or OWN_SOURCE, whole=False))
    order = context.order if source is not None else _first(context.order)
    no_brake = BrakeSettings(share=1, count=2**31, at_least=2**31)

    def change(driver: neo4j.Driver) -> ImportReport:
        require_keys_of(driver, context.keyring)
        return run_import(driver, facts, context.keyring, order=order, rules=context.settings.roles, brake=no_brake)

    return preview(context.driver(), change, at)


def _first(order: SourceOrder) -> SourceOrder:
    properties = {**DEFAULT_PROPERTIES, **order.properties}
    return SourceOrder(
        (OWN_SOURCE, *order.default), {name: (OWN_SOURCE, *sources) for name, sources in properties.items()}
    )
