"""Which sources there are, and how each is made from its settings.

A source's modules are loaded when it is made: together, with the libraries for their protocols, they take a second.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from graph.cpr.lookup_log import CprLog
from graph.time import today
from importers.source import Source
from reconnect.context import Context
from reconnect.exits import CommandFailed, Exit
from reconnect.settings.tree import SourcesSettings

Builder = Callable[[SourcesSettings, Path | None, Context], Source]
"""Makes a source of the settings and, for sources that read files, the folder of ``--from``.

The context is for sources that look into the graph (``driver()``) or open CPR numbers (``keyring``).
"""


def build(context: Context, name: str, folder: Path | None) -> Source:
    """The source ``name``. Raises CommandFailed (usage) for an unknown one, or one without the settings it needs."""
    builder = BUILDERS.get(name)
    if builder is None:
        raise CommandFailed(f"There is no source {name!r}. There are: {', '.join(sorted(BUILDERS))}.", Exit.USAGE)
    return builder(context.settings.sources, folder, context)


def kept_name(settings: SourcesSettings, name: str) -> str:
    """The name under which the graph keeps what the source ``name`` tells: facts may bear one of their own."""
    return settings.facts.name if name == "facts" else name


def _cpr(settings: SourcesSettings, folder: Path | None, context: Context) -> Source:
    from importers.cpr.persons import GraphPersons
    from importers.cpr.source import CprSource

    if folder is not None:
        raise CommandFailed("CPR is a web service; it has no files to read --from.", Exit.USAGE)
    if settings.cpr is None:
        raise CommandFailed(
            "CPR has no settings: add [sources.cpr] with certificate, private_key and cvr or agreement to "
            "reconnect.toml; importers/cpr/README.md tells what they mean.",
            Exit.USAGE,
        )
    driver = context.driver()
    return CprSource(settings.cpr, GraphPersons(driver, context.keyring), CprLog(driver))


def _active_directory(settings: SourcesSettings, folder: Path | None, context: Context) -> Source:
    from importers.active_directory.graph_lookup import GraphLookup
    from importers.active_directory.source import ActiveDirectory

    if folder is not None:
        raise CommandFailed("Active Directory is a service; it has no files to read --from.", Exit.USAGE)
    if settings.active_directory is None:
        raise CommandFailed(
            "Active Directory has no settings: add [sources.active_directory] with controllers, user, password and "
            "base to reconnect.toml; importers/active_directory/README.md tells what they mean.",
            Exit.USAGE,
        )
    return ActiveDirectory(settings.active_directory, GraphLookup(context.driver(), ActiveDirectory.name))


def _school_ad(settings: SourcesSettings, folder: Path | None, context: Context) -> Source:
    from importers.active_directory.graph_lookup import GraphLookup
    from importers.school_ad.source import SchoolAd

    if folder is not None:
        raise CommandFailed("The school AD is a service; it has no files to read --from.", Exit.USAGE)
    if settings.school_ad is None:
        raise CommandFailed(
            "The school AD has no settings: add [sources.school_ad] with controllers, user, password, base and what "
            "tells pupils from staff to reconnect.toml; importers/school_ad/README.md tells what they mean.",
            Exit.USAGE,
        )
    return SchoolAd(settings.school_ad, GraphLookup(context.driver(), SchoolAd.name))


def _facts(settings: SourcesSettings, folder: Path | None, context: Context) -> Source:
    from importers.facts.source import Facts

    return Facts(settings.facts, folder)


def _opus(settings: SourcesSettings, folder: Path | None, context: Context) -> Source:
    from importers.opus.source import Opus

    return Opus(settings.opus, folder)


def _sd(settings: SourcesSettings, folder: Path | None, context: Context) -> Source:
    from importers.sd.source import SdSource

    if folder is not None:
        raise CommandFailed("SD is a web service; it has no files to read --from.", Exit.USAGE)
    if settings.sd is None:
        raise CommandFailed(
            "SD has no settings: add [sources.sd] with user, password and institutions or region to reconnect.toml; "
            "importers/sd/README.md tells what they mean.",
            Exit.USAGE,
        )
    return SdSource(settings.sd)


def _kle(settings: SourcesSettings, folder: Path | None, context: Context) -> Source:
    from importers.kle.source import Kle

    return Kle(settings.kle, folder)


def _unilogin(settings: SourcesSettings, folder: Path | None, context: Context) -> Source:
    from importers.unilogin.graph_lookup import GraphLookup, GraphMemory
    from importers.unilogin.source import UniLogin

    if folder is not None:
        raise CommandFailed("UNI-Login is a web service; it has no files to read --from.", Exit.USAGE)
    if settings.unilogin is None:
        raise CommandFailed(
            "UNI-Login has no settings: add [sources.unilogin] with provider, key_file and key_password to "
            "reconnect.toml; importers/unilogin/README.md tells what they mean.",
            Exit.USAGE,
        )
    driver = context.driver()
    return UniLogin(settings.unilogin, GraphLookup(driver, today()), GraphMemory(driver))


def _positions(settings: SourcesSettings, folder: Path | None, context: Context) -> Source:
    from importers.positions.graph_lookup import GraphLookup
    from importers.positions.source import Positions

    told = settings.positions
    if folder is not None:
        told = told.model_copy(update={"path": folder, "url": None, "categories_url": None})
    elif told.path is None and told.url is None:
        raise CommandFailed(
            "The position list has no place: add [sources.positions] with path or url to reconnect.toml, or give "
            "--from; importers/positions/README.md tells what the list looks like.",
            Exit.USAGE,
        )
    return Positions(told, GraphLookup(context.driver()))


BUILDERS: Mapping[str, Builder] = {
    "active_directory": _active_directory,
    "cpr": _cpr,
    "facts": _facts,
    "kle": _kle,
    "opus": _opus,
    "positions": _positions,
    "school_ad": _school_ad,
    "sd": _sd,
    "unilogin": _unilogin,
}
