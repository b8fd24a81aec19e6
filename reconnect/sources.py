"""Makes a source from its settings. ``reconnect.folders`` lists the sources.

A source's modules are loaded when it is made: together, with the libraries for their protocols, they take a second.
"""

from pathlib import Path

from importers.source import NotSetUp, Source, Surroundings
from reconnect import folders
from reconnect.context import Context
from reconnect.exits import CommandFailed, Exit
from reconnect.settings.tree import SourcesSettings


def build(context: Context, name: str, folder: Path | None) -> Source:
    """The source ``name``. ``folder``: the file or folder of ``--from``.

    Raises CommandFailed (usage) for an unknown one, or one without the settings it needs.
    """
    if name not in folders.source_names():
        raise CommandFailed(f"There is no source {name!r}. There are: {', '.join(folders.source_names())}.", Exit.USAGE)
    found, settings = folders.source(name), context.settings.sources.of(name)
    surroundings = Surroundings(folder, context.driver, lambda: context.keyring)
    if settings is None:
        raise CommandFailed(
            f"{found.TITLE} has no settings: add [sources.{name}] with {found.NEEDS} to reconnect.toml; "
            f"importers/{name}/README.md explains them.",
            Exit.USAGE,
        )
    try:
        return found.build(settings, surroundings)
    except NotSetUp as error:
        raise CommandFailed(str(error), Exit.USAGE) from error


def kept_name(settings: SourcesSettings, name: str) -> str:
    """The name under which the graph keeps what the source ``name`` states: settings may give it one of its own."""
    own = getattr(settings.of(name), "name", None)
    return own if isinstance(own, str) else name
