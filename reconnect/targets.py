"""How a target is made from its settings. Which ones there are: ``reconnect.folders``."""

from collections.abc import Mapping

from exporters.ledger import FILE
from exporters.target import NotSetUp, Surroundings, Target
from reconnect import folders
from reconnect.context import Context
from reconnect.exits import CommandFailed, Exit


def build(context: Context, name: str) -> Target:
    """The target ``name``. Raises CommandFailed (usage) for an unknown one, or one without the settings it needs."""
    if name not in folders.target_names():
        raise CommandFailed(f"There is no target {name!r}. There are: {', '.join(folders.target_names())}.", Exit.USAGE)
    found, settings = folders.target(name), context.settings.targets.of(name)
    if settings is None:
        raise CommandFailed(
            f"{found.TITLE} has no settings: add [targets.{name}] with {found.NEEDS} to reconnect.toml; "
            f"exporters/{name}/README.md tells what they mean.",
            Exit.USAGE,
        )
    try:
        return found.build(settings, Surroundings(context.driver, lambda: context.keyring))
    except NotSetUp as error:
        raise CommandFailed(str(error), Exit.USAGE) from error


def objects() -> Mapping[str, tuple[str, ...]]:
    """What the ledger keeps of each target, by name."""
    return {name: (FILE, *folders.target(name).OBJECTS) for name in folders.target_names()}
