"""What the folder of a target exports, of whichever contract it is."""

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # the settings are read with every command; these take long to load
    from pydantic import BaseModel

    from exporters.files.target import Target
    from exporters.objects.target import ObjectTarget
    from exporters.target import Surroundings


class TargetFolder(Protocol):
    """The exports of a target's folder. Loading it loads only the settings; ``build`` loads the rest.

    ``TITLE``: the target's name in a sentence. ``NEEDS``: the settings that it needs, in words. ``OBJECTS``: the
    ledger's names of its kinds of objects. ``RIGHTS``: REConnect's own system roles with which its image is read:
    ``reader``; ``rights`` for who holds a right; ``cpr`` for CPR numbers; ``hr`` for private addresses, private phones
    and pay. ``Settings``: a pydantic model, in ``reconnect.toml`` under ``[targets.<folder>]``. If a setting is
    required, the target is used only if that section is there. A folder that also exports ``SEVERAL = True`` contains
    any number of targets, each with a name that the municipality chooses: their settings are in
    ``[targets.<folder>.<name>]``, and each has a ledger, a brake and a schedule of its own.
    One whose groups have members by the organisation exports ``memberships(settings, name)``, for previews: a
    ``rules.accounts.staff.Memberships``, or None.
    """

    TITLE: str
    NEEDS: str
    OBJECTS: tuple[str, ...]
    RIGHTS: frozenset[str]
    Settings: "type[BaseModel]"

    def build(self, settings: Any, surroundings: "Surroundings") -> "Target | ObjectTarget":
        """The target. ``settings``: a ``Settings``. Raises NotSetUp."""
        ...
