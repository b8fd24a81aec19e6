"""Random choices that are the same everywhere: independent of clock, hash order and Python version.

``random.Random`` seeded with text gives the same ``random()`` on every version. Its other methods do not promise that,
so everything here uses ``random()`` only.
"""

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
_MASK = (1 << 64) - 1


class Dice:
    """A stream of random choices that belongs to one thing (``Dice("42", "unit", 1017)``): other streams can't shift
    it."""

    def __init__(self, *name: object) -> None:
        self._next = random.Random("/".join(str(part) for part in name)).random

    def below(self, limit: int) -> int:
        """0 to ``limit`` - 1."""
        return int(self._next() * limit)

    def between(self, lowest: int, highest: int) -> int:
        """Both included."""
        return lowest + int(self._next() * (highest - lowest + 1))

    def chance(self, share: float) -> bool:
        return self._next() < share

    def share(self) -> float:
        """From 0 to 1, without 1."""
        return self._next()

    def pick(self, choices: Sequence[T]) -> T:
        return choices[int(self._next() * len(choices))]

    def weighted(self, choices: Sequence[tuple[T, int]]) -> T:
        """One of ``choices`` (value, weight), by weight."""
        left = self._next() * sum(weight for _, weight in choices)
        for value, weight in choices:
            left -= weight
            if left < 0:
                return value
        return choices[-1][0]


def mixed(number: int, salt: int) -> int:
    """A 64-bit number that looks random but depends on ``number`` only (splitmix64): a random choice without a
    stream."""
    mix = (number * 0x9E3779B97F4A7C15 + salt * 0xBF58476D1CE4E5B9 + 0x94D049BB133111EB) & _MASK
    mix = ((mix ^ (mix >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mix = ((mix ^ (mix >> 27)) * 0x94D049BB133111EB) & _MASK
    return mix ^ (mix >> 31)
