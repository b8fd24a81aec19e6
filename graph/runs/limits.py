"""How much one run may take away: the rule of every brake (imports, account rules, targets of files and of objects)."""

from typing import Protocol


class Limits(Protocol):
    """Of what there is, at most ``share``, and at most ``count``; ``at_least`` or fewer are always allowed, so that the
    rule suits a small organisation."""

    @property
    def share(self) -> float: ...

    @property
    def count(self) -> int: ...

    @property
    def at_least(self) -> int: ...


def exceeds(limits: Limits, count: int, total: int) -> bool:
    """Whether to take ``count`` of ``total`` is more than allowed."""
    return count > limits.at_least and (count > limits.count or count > limits.share * total)
