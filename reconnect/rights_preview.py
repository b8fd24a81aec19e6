"""What the facts of a file would do, were they imported: with the program's settings, and nothing of it stays."""

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
"""Under this name a file's facts are changes beside what is known, and outrank it."""


def preview_of_facts(
    context: Context, file: Path, source: str | None = None, at: date | None = None
) -> Preview[ImportReport]:
    """``source``: whose next facts these are, which rank as it does; what the file leaves out of its facts stays.

    ``at``: see ``preview``. The brake stops nothing that is only looked at, unless the file is doubtful as a whole.
    Raises SourceError where the file can't be read.
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
