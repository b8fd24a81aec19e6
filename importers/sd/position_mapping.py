"""The position list."""

from dataclasses import replace

from graph.statements.statement import DatedValue, Problem, Statement
from importers.sd.answers import PositionAnswer
from importers.sd.timelines import ALWAYS_SO
from importers.source import Mapped


def key(institution: str, code: str) -> str:
    """Source key of a position (level 0)."""
    return f"position:{institution}:{code}"


def position(answer: PositionAnswer, institution: str) -> Mapped:
    """An entry of level 0; its category is the names of the groups above it, lowest first. The code stands in for a
    missing name."""
    title = answer.name or answer.code
    named = {"code": answer.code, "institution": institution, "title": title, "category": " / ".join(answer.groups)}
    return Mapped(
        Statement(
            "Position",
            key(institution, answer.code),
            values={name: (DatedValue(ALWAYS_SO, text),) for name, text in named.items() if text},
        )
    )


def unknown(code: str, institution: str, previous: Statement | None) -> Mapped:
    """A position that employments have but the list lacks. What the list stated of it before stays."""
    text = f"employments have the position {code}, which is not in the position list of {institution}"
    problem = Problem("Position", key(institution, code), "code", "unknown_position", text, "notice")
    named = {"code": code, "institution": institution, "title": code}
    values = {name: (DatedValue(ALWAYS_SO, each),) for name, each in named.items()}
    stated = previous or Statement("Position", key(institution, code), values=values)
    return Mapped(replace(stated, exists=(ALWAYS_SO,)), (problem,))
