"""The brake of an export: stops a run that would remove more of a file than a set share or count.

A receiver of whole files closes everything whose row is missing, so nothing is sent until a person has approved
exactly that difference (architecture.md §4, plan2learn.md §3 "brake").
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from graph.runs.limits import exceeds, in_words


class FileBrake(BaseModel):
    """When one file stops the run: more rows gone, or altered by a changed definition, than ``share`` or ``count``;
    never for ``at_least`` or fewer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    share: float = Field(default=0.10, ge=0, le=1, description="of the rows delivered last")
    count: int = Field(default=50, ge=0)
    at_least: int = Field(default=5, ge=0, description="so many never stop the run, however small the file is")
    hours: float = Field(
        default=24, ge=0, description="rows that were gone within so many hours before count too; 0: only the run's own"
    )
    empty: Literal["stop", "allow"] = Field(default="stop", description="a file without rows")


class ExportBrake(FileBrake):
    """The rule for every file, and the rules of single files."""

    files: Mapping[str, FileBrake] = Field(default_factory=dict, description="object → its own rule")

    def of(self, object_: str) -> FileBrake:
        return self.files.get(object_, self)


@dataclass(frozen=True, slots=True)
class FileDifference:
    """How a file differs from the one delivered last. ``total``: rows delivered last; 0 when there was none.

    ``definition_changed``: the form, columns or rules are others than when it was delivered.
    """

    object: str
    name: str
    rows: int
    total: int
    added: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]
    content_changed: bool
    definition_changed: bool


def too_much(
    differences: Iterable[FileDifference], brake: ExportBrake, before: Mapping[str, int] | None = None
) -> list[str]:
    """Why the brake stops the run, a line a reason; empty = it does not. ``before``: by object, how many rows were gone
    in runs within the window."""
    reasons = []
    for each in differences:
        rule, lately = brake.of(each.object), (before or {}).get(each.object, 0)
        if each.rows == 0 and rule.empty == "stop":
            reasons.append(f"{each.name} would be empty; {each.total} rows were delivered last")
        elif each.gone and exceeds(rule, len(each.gone) + lately, each.total + lately):
            total = each.total + lately
            reasons.append(f"{each.name}: {len(each.gone)} of {total} rows would be gone{in_words(lately, rule)}")
        if each.definition_changed and each.total and exceeds(rule, len(each.changed), each.total):
            reasons.append(f"{each.name}: definition changed: {len(each.changed)} rows")
    return reasons


def digest(differences: Iterable[FileDifference], hashes: Mapping[str, Mapping[str, str]]) -> str:
    """Names exactly this difference. ``hashes``: object → row key → hash of the new row."""
    lines = []
    for each in differences:
        lines += [f"{each.object}|gone|{key}" for key in each.gone]
        lines += [f"{each.object}|set|{key}|{hashes[each.object][key]}" for key in (*each.added, *each.changed)]
        lines.append(f"{each.object}|rows|{each.rows}|{each.definition_changed}")
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def taking(differences: Iterable[FileDifference], hashes: Mapping[str, Mapping[str, str]]) -> set[str]:
    """The parts of the difference that the brake is about: rows gone, rows that another definition alters, and empty
    files. What is left of an approved difference after a broken delivery has no others."""
    lines = set()
    for each in differences:
        lines |= {f"{each.object}|gone|{key}" for key in each.gone}
        if each.definition_changed:
            lines |= {f"{each.object}|set|{key}|{hashes[each.object][key]}" for key in each.changed}
        if each.rows == 0:
            lines.add(f"{each.object}|empty")
    return {hashlib.sha256(each.encode()).hexdigest()[:20] for each in lines}


def summary(reasons: Sequence[str], differences: Iterable[FileDifference], limit: int = 200) -> list[str]:
    """What would happen, for the person who approves."""
    gone = [f"{each.name}: {key} gone" for each in differences for key in each.gone]
    shown = gone if len(gone) <= limit else [*gone[:limit], f"… and {len(gone) - limit} more"]
    return [*reasons, *shown]
