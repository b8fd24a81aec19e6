"""Which sources there are, and how each is made from its settings."""

from collections.abc import Callable, Mapping
from pathlib import Path

from importers.facts.source import Facts
from importers.opus.source import Opus
from importers.sd.source import SdSource
from importers.source import Source
from reconnect.exits import CommandFailed, Exit
from reconnect.settings import SourcesSettings

Builder = Callable[[SourcesSettings, Path | None], Source]
"""Makes a source of the settings and, for sources that read files, the folder of ``--from``."""


def build(settings: SourcesSettings, name: str, folder: Path | None) -> Source:
    """The source ``name``. Raises CommandFailed (usage) for an unknown one, or one without the settings it needs."""
    builder = BUILDERS.get(name)
    if builder is None:
        raise CommandFailed(f"There is no source {name!r}. There are: {', '.join(sorted(BUILDERS))}.", Exit.USAGE)
    return builder(settings, folder)


def _facts(settings: SourcesSettings, folder: Path | None) -> Source:
    return Facts(settings.facts, folder)


def _opus(settings: SourcesSettings, folder: Path | None) -> Source:
    return Opus(settings.opus, folder)


def _sd(settings: SourcesSettings, folder: Path | None) -> Source:
    if folder is not None:
        raise CommandFailed("SD is a web service; it has no files to read --from.", Exit.USAGE)
    if settings.sd is None:
        raise CommandFailed(
            "SD has no settings: add [sources.sd] with user, password and institutions or region to reconnect.toml; "
            "importers/sd/README.md tells what they mean.",
            Exit.USAGE,
        )
    return SdSource(settings.sd)


BUILDERS: Mapping[str, Builder] = {"facts": _facts, "opus": _opus, "sd": _sd}
