"""Previews an import: who gains and loses managers, roles, rights, limits, accounts and groups. Nothing stays."""

from datetime import date
from functools import partial
from pathlib import Path

import neo4j
from neo4j.exceptions import Neo4jError

from graph.cpr.keyring import require_keys_of
from graph.questions.preview.consequences import Preview, preview
from graph.questions.preview.followed import Follow
from graph.rehearsal import LONGEST, RehearsalBroken
from graph.statements.precedence import DEFAULT_PROPERTIES, SourceOrder
from importers.facts.settings import FactsSettings
from importers.facts.source import Facts
from importers.pipeline.brake import BrakeSettings
from importers.pipeline.import_run import run_import
from importers.pipeline.intake import Progress, silent
from importers.pipeline.report import ImportReport
from importers.source import Source
from reconnect.context import Context
from reconnect.exits import CommandFailed
from reconnect.targets import memberships
from rules.accounts.consequences import account_consequences

_TOO_MUCH = ("TransactionTimedOut", "MemoryPoolOutOfMemory", "TransactionOutOfMemory")
_TOO_LARGE = (
    f"This is more than can be looked at in one go ({LONGEST:.0f} s, and what Neo4j may hold for one transaction). "
    "Nothing was changed. --dry-run shows the differences."
)
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
    return preview_of_import(context, facts, at, order=order)


def preview_of_import(
    context: Context,
    source: Source,
    at: date | None = None,
    *,
    order: SourceOrder | None = None,
    progress: Progress = silent,
) -> Preview[ImportReport]:
    """What is new in ``source`` is imported and undone. What is outside of the graph stays as it is, as in a dry run.

    Raises SourceError, and CommandFailed where there is more than Neo4j can hold in one transaction.
    """
    no_brake = BrakeSettings(share=1, count=2**31, at_least=2**31)

    def change(driver: neo4j.Driver) -> ImportReport:
        require_keys_of(driver, context.keyring)
        return run_import(
            driver,
            source,
            context.keyring,
            order=order or context.order,
            rules=context.settings.roles,
            brake=no_brake,
            progress=progress,
        )

    try:
        return preview(context.driver(), change, at, follow=following(context))
    except (Neo4jError, RehearsalBroken) as error:
        if isinstance(error, RehearsalBroken) or any(each in (error.code or "") for each in _TOO_MUCH):
            raise CommandFailed(_TOO_LARGE) from error
        raise


def following(context: Context) -> Follow:
    """Planned accounts, and the groups of the targets in the settings."""
    return partial(account_consequences, memberships=memberships(context.settings.targets))


def _first(order: SourceOrder) -> SourceOrder:
    properties = {**DEFAULT_PROPERTIES, **order.properties}
    return SourceOrder(
        (OWN_SOURCE, *order.default), {name: (OWN_SOURCE, *sources) for name, sources in properties.items()}
    )
