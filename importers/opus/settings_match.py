"""Settings that name something which no file has: a notice, until they are corrected or it comes."""

import re
from collections.abc import Iterator

from graph.statements.normal_text import composed, normal
from graph.statements.statement import Problem
from graph.statements.written_numbers import only_digits
from importers.opus.oddities import file_problem
from importers.opus.survey import Survey


def matching_nothing(survey: Survey) -> Iterator[Problem]:
    """A notice for each setting of which a part fits nothing in the file."""
    settings, filters = survey.settings, survey.settings.filters
    names = {normal(each["longName"]) for each in survey.units.values()}
    lower = {each.casefold() for each in names}
    numbers = {int(each.number) for each in survey.units}
    functions = {int(art) for _, art, _ in survey.functions if only_digits(art)}
    unused: dict[str, list[str | int]] = {
        "filters.units": sorted(filters.units - numbers),
        "filters.unit_names": [
            each for each in filters.unit_names if not any(normal(each).casefold() in name for name in lower)
        ],
        "filters.positions": sorted(filters.positions - survey.positions_left_out),
        "filters.position_names": [each for each in filters.position_names if each not in survey.names_left_out],
        "closed_name_patterns": [
            each for each in settings.closed_name_patterns if not any(re.search(composed(each), name) for name in names)
        ],
        "function_roles": sorted(settings.function_roles.keys() - functions),
    }
    for name, parts in unused.items():
        if parts:
            text = f"sources.opus.{name}: {', '.join(map(repr, parts))} matches nothing in the file"
            yield file_problem(name, "matches_nothing", text)
