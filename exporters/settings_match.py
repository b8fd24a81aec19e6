"""Settings that name something which the organisation does not have: a notice for each, in every target.

A mistyped name would silently leave out nothing, or everything.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

from exporters.target import Notice

RULE = "setting_matches_nothing"


def matching_nothing(settings: Mapping[str, tuple[Iterable[str], Collection[str]]]) -> Iterator[Notice]:
    """``settings``: name of a setting → (what it names, what the organisation has)."""
    for name, (given, known) in settings.items():
        for each in sorted({*given} - {*known}):
            yield Notice("settings", each, name, RULE, f"{name}: nothing in the organisation has {each!r}")
