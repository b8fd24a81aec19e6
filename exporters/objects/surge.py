"""Changes that close nothing, and are still too many for one run to make unseen.

A broken source or setting can make, move or empty accounts by the hundred, and a read that lacks a part of the target
makes them look deleted. Each has limits of its own (``KindBrake``); what is beyond them waits for a person, with the
whole run. What the first run makes, or the first of a kind, is no surge: there is nothing yet that could be harmed.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from exporters.objects.brake import ObjectBrake
from exporters.objects.ledger import Entry
from exporters.objects.plan import Plan
from exporters.objects.target import KindRules, Ref
from graph.runs.limits import exceeds

What = Literal["created", "moved", "cleared", "gone"]


@dataclass(frozen=True, slots=True)
class Surge:
    """What would happen to objects of one kind. ``total``: how many are in use at the target; ``field``: which of their
    values they would lose."""

    kind: str
    what: What
    keys: tuple[str, ...]
    total: int
    field: str = ""

    def is_too_much(self, brake: ObjectBrake) -> bool:
        return exceeds(brake.of(self.kind).bound(self.what), len(self.keys), self.total)

    @property
    def reason(self) -> str:
        """For the person who decides."""
        count, total = len(self.keys), self.total
        match self.what:
            case "created":
                return f"{self.kind}: {count} would be created beside {total}"
            case "moved":
                return f"{self.kind}: {count} of {total} would be moved"
            case "cleared":
                return f"{self.kind}: {count} of {total} would lose their {self.field}"
        return f"{self.kind}: {count} of {total} are gone at the target and would be made again"

    @property
    def shown(self) -> list[str]:
        """A line for each object."""
        what = f"would lose its {self.field}" if self.what == "cleared" else _SHOWN[self.what]
        return [f"{self.kind} {key} {what}" for key in self.keys]

    @property
    def lines(self) -> set[str]:
        """These identify what is approved."""
        texts = (f"{self.kind}|{self.what} {self.field}|{key}" for key in self.keys)
        return {hashlib.sha256(each.encode()).hexdigest()[:20] for each in texts}


_SHOWN: Mapping[What, str] = {"created": "created", "moved": "moved", "gone": "is gone, and would be made again"}


def surges(
    plan: Plan, entries: Mapping[Ref, Entry], kinds: Mapping[str, KindRules], gone: Collection[Ref], is_first: bool
) -> Iterator[Surge]:
    """Everything that is planned of these, however little. ``gone``: what a full comparison did not find, and no person
    decides on. ``is_first``: no run has done everything yet; one that was killed is continued."""
    totals = Counter(each.kind for each in entries.values() if each.in_use)
    known = {each.kind for each in entries.values() if each.fields or each.remote}
    found: dict[tuple[str, What, str], list[str]] = {}
    for ref, each in plan.differences.items():
        if each.what == "new" and ref.kind in known and ref not in gone and not is_first:
            found.setdefault((ref.kind, "created", ""), []).append(ref.key)
        if each.what != "changed":
            continue
        places = kinds[ref.kind].placed_by
        if places & each.set or any(each.add.get(name) for name in places):
            found.setdefault((ref.kind, "moved", ""), []).append(ref.key)
        for name in each.clear - places:
            found.setdefault((ref.kind, "cleared", name), []).append(ref.key)
    for ref in gone:
        found.setdefault((ref.kind, "gone", ""), []).append(ref.key)
        totals[ref.kind] += not entries[ref].in_use if ref in entries else 1
    for (kind, what, field), keys in sorted(found.items()):
        yield Surge(kind, what, tuple(sorted(keys)), totals[kind], field)
