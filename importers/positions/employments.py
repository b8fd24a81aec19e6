"""The position of every employment, as statements, and notices for HR about how they were found."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from graph.statements.statement import DatedLink, Problem, Ref, Statement
from graph.time import union
from importers.positions.lookup import Employed, Lookup
from importers.positions.matching import Doubtful, Found, Matcher, PayrollPosition, Placed, placed
from importers.source import Known, Mapped, RawRecord


@dataclass
class Employments:
    """``positions``: by code, as after the list is applied. ``problems``: filled by ``records``."""

    known: Known
    lookup: Lookup
    matcher: Matcher
    positions: Mapping[str, Statement]
    day: date
    problems: list[Problem] = field(default_factory=list)

    def records(self) -> list[RawRecord]:
        """A record for each employment that has a position of the list, or had one in an earlier run."""
        before = frozenset(self.known.keys("Employment"))
        ended: Counter[str] = Counter()
        doubtful: Counter[tuple[PayrollPosition, tuple[str, ...]]] = Counter()
        records = []
        for employed in self.lookup.employments():
            found = placed(employed.periods, self.matcher)
            self._count(found, ended, doubtful)
            links = _links(found)
            if links or employed.uuid in before:
                records.append(self._record(employed, links))
        self.problems = [*self._ended(ended), *_doubtful(doubtful)]
        return records

    def _record(self, employed: Employed, links: tuple[DatedLink, ...]) -> RawRecord:
        statement = Statement(
            "Employment",
            employed.uuid,
            exists=None,
            links={"position": links} if links else {},
            about=Ref("Employment", employed.uuid, by="uuid"),
        )
        print_of = self.known.fingerprint(repr(links).encode())
        return RawRecord("Employment", employed.uuid, print_of, lambda previous: Mapped(statement))

    def _count(
        self, found: Sequence[Placed], ended: Counter[str], doubtful: Counter[tuple[PayrollPosition, tuple[str, ...]]]
    ) -> None:
        for each in found:
            if not each.period.holds(self.day):
                continue
            if isinstance(each.answer, Found) and each.answer.ended:
                ended[each.answer.code] += 1
            elif isinstance(each.answer, Doubtful):
                doubtful[each.listed, each.answer.codes] += 1

    def _ended(self, ended: Mapping[str, int]) -> Iterator[Problem]:
        """A notice for HR for each ended row that employments still have (positions.md pitfall 6)."""
        for code, count in sorted(ended.items()):
            listed = self.positions[code]
            last = max((each.last for each in listed.exists or ()), default=self.day)
            replacements = listed.links.get("replaced_by", ())
            instead = f"; according to the list, {replacements[-1].to.key} replaces it" if replacements else ""
            text = f"position {code} has ended on {last} and {count} employments still have it{instead}"
            yield Problem("Employment", f"position {code}", "position", "ended_in_use", text, "notice")


def _doubtful(doubtful: Mapping[tuple[PayrollPosition, tuple[str, ...]], int]) -> Iterator[Problem]:
    for (listed, codes), count in sorted(doubtful.items()):
        key = ":".join((*listed.sources, listed.institution, listed.code, listed.title))
        text = f"{' and '.join(codes)} fit equally well, so none is used; {count} employments wait"
        yield Problem("Employment", key, "position", "ambiguous_position", text, "notice")


def _links(found: Sequence[Placed]) -> tuple[DatedLink, ...]:
    """The same in as few periods as possible."""
    periods: dict[tuple[str, str], list[Placed]] = {}
    for each in found:
        if isinstance(each.answer, Found):
            periods.setdefault((each.answer.code, each.answer.how), []).append(each)
    links = [
        DatedLink(period, Ref("Position", code), (("how", how),))
        for (code, how), of in periods.items()
        for period in union(each.period for each in of)
    ]
    return tuple(sorted(links, key=lambda link: link.period.start))
