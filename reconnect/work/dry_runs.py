"""What a dry run has found, in a line: for whoever has asked for one on the page of a source or target."""

from collections.abc import Sequence

from exporters.report import ExportReport
from importers.pipeline.report import ImportReport


def of_import(report: ImportReport) -> str:
    """By kind and operation, after the totals; and why the brake would stop it."""
    counts = [f"{kind} {operation} {count}" for (kind, operation), count in sorted(report.counts.items())]
    return (f": {', '.join(counts)}" if counts else "") + _stop(report.reasons)


def of_export(report: ExportReport) -> str:
    """By file, or of all objects; and why the brake would stop it."""
    files = [
        f"{each.name}: {len(each.difference.added)} new, {len(each.difference.changed)} changed, "
        f"{len(each.difference.gone)} gone"
        for each in report.files
    ]
    return ("; ".join(files) or report.in_words) + _stop(report.reasons)


def _stop(reasons: Sequence[str]) -> str:
    return f"; the brake would stop it: {'; '.join(reasons)}" if reasons else ""
