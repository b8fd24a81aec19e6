"""Which targets there are, and how each is made from its settings."""

from collections.abc import Callable, Mapping

from exporters.plan2learn import Plan2Learn
from exporters.target import Target
from reconnect.exits import CommandFailed, Exit
from reconnect.settings.tree import TargetsSettings

Builder = Callable[[TargetsSettings], Target]


def build(settings: TargetsSettings, name: str) -> Target:
    """The target ``name``. Raises CommandFailed (usage) for an unknown one, or one without settings."""
    builder = BUILDERS.get(name)
    if builder is None:
        raise CommandFailed(f"There is no target {name!r}. There are: {', '.join(sorted(BUILDERS))}.", Exit.USAGE)
    return builder(settings)


def _plan2learn(settings: TargetsSettings) -> Target:
    if settings.plan2learn is None:
        raise CommandFailed(
            "Plan2Learn has no settings: add [targets.plan2learn] with form.encoding and delivery to reconnect.toml; "
            "exporters/plan2learn/README.md tells what they mean.",
            Exit.USAGE,
        )
    return Plan2Learn(settings.plan2learn)


BUILDERS: Mapping[str, Builder] = {"plan2learn": _plan2learn}
