"""Names in settings that must exist: of sources, targets, kinds and their properties.

Otherwise a mistyped name would be ignored, and the setting would have no effect.
"""

import difflib
from collections.abc import Collection, Iterable, Iterator

from graph.model import KINDS
from graph.statements.precedence import DEFAULT_ORDER
from reconnect.settings.tree import Settings, SourcesSettings

Place = tuple[str, ...]
EXISTS = "exists"  # whether a thing is there; ranked as a property is


def unknown_names(settings: Settings) -> Iterator[tuple[Place, str]]:
    """(the setting, the problem) of each wrong name."""
    names = {each: _kept_names(settings, each) for each in SourcesSettings.model_fields}
    kept = [name for each in names.values() for name in each]
    ranked = [*dict.fromkeys((*DEFAULT_ORDER, *kept)), *(each.source for each in settings.roles)]
    yield from _unknown(("merge", "order"), settings.merge.order, ranked, "source")
    for name, order in settings.merge.properties.items():
        at = ("merge", "properties", name)
        yield from _unknown_property(at, name)
        yield from _unknown(at, order, ranked, "source")
    schedules = settings.schedules
    yield from _unknown_keys(("schedules", "imports"), schedules.imports, SourcesSettings.model_fields, "source")
    yield from _unknown_keys(("schedules", "exports"), schedules.exports, _targets(settings), "target")
    yield from _unknown_keys(("schedules", "comparisons"), schedules.comparisons, _targets(settings), "target")
    yield from _unknown_keys(("silence", "after_hours"), settings.silence.after_hours, kept, "source")
    for source, own in names.items():
        for name in {*own} & ({*names} - {source}):
            yield ("sources", source, "name"), f"{name} is another source; give this one another name"


def _kept_names(settings: Settings, source: str) -> tuple[str, ...]:
    """The names under which the graph keeps what a source states: settings may give it some of its own."""
    own = settings.sources.of(source)
    return (getattr(own, "name", None) or source, *getattr(own, "other_names", ()))


def _targets(settings: Settings) -> list[str]:
    """The names of the targets. A folder with several has a name for each; a single one also has the folder's name."""
    names: list[str] = []
    for folder in type(settings.targets).model_fields:
        several = settings.targets.several(folder)
        names += [folder] if several is None or len(several) == 1 else []
        names += [f"{folder}-{each}" for each in several or ()]
    return names


def _unknown_keys(at: Place, names: Iterable[str], allowed: Collection[str], what: str) -> Iterator[tuple[Place, str]]:
    for name in names:
        yield from _unknown((*at, name), (name,), allowed, what)


def _unknown(at: Place, names: Iterable[str], allowed: Collection[str], what: str) -> Iterator[tuple[Place, str]]:
    for name in names:
        if name not in allowed:
            yield at, f"there is no {what} {name!r}.{_near(name, allowed)} Allowed: {', '.join(allowed)}"


def _unknown_property(at: Place, name: str) -> Iterator[tuple[Place, str]]:
    """``Person.name``: a kind, and one of its properties or links."""
    kind, _, of = name.partition(".")
    if kind not in KINDS:
        kinds = f"{_near(kind, KINDS)} Kinds: {', '.join(KINDS)}"
        yield at, f"{name!r} is not a property of a kind, such as Person.name.{kinds}"
        return
    known = [EXISTS, *(each.name for each in KINDS[kind].properties), *(each.name for each in KINDS[kind].links)]
    if of not in known:
        yield at, f"{kind} has no property {of!r}.{_near(of, known)} Allowed: {', '.join(known)}"


def _near(name: str, allowed: Collection[str]) -> str:
    near = difflib.get_close_matches(name, allowed, n=1)
    return f" Did you mean {near[0]}?" if near else ""
