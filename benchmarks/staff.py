"""The people with accounts in a directory: one employment each, all in one unit, as a payroll would state them."""

from collections.abc import Iterator
from datetime import date

from graph.statements.statement import DatedLink, DatedValue, Ref, Statement, Value
from graph.time import Period
from importers.source import Known, Mapped, RawRecord, Reading

HIRED = Period(date(2020, 1, 1))


class Staff:
    """``count`` people; the employment of the n-th has the number n."""

    name = "facts"

    def __init__(self, count: int) -> None:
        self._count = count

    def readings(self, known: Known) -> Iterator[Reading]:
        yield Reading("staff", HIRED.start, (_record(each, known) for each in self._statements()))

    def _statements(self) -> Iterator[Statement]:
        yield Statement("Unit", "root", exists=(HIRED,), values=_told(name="Root"))
        for number in map(str, range(self._count)):
            yield Statement("Person", number, values=_told(name=f"Given Surname {number}"))
            links = {
                "person": (DatedLink(Period(), Ref("Person", number)),),
                "unit": (DatedLink(HIRED, Ref("Unit", "root")),),
            }
            yield Statement("Employment", number, exists=(HIRED,), values=_told(number=number), links=links)


def _told(**values: Value) -> dict[str, tuple[DatedValue, ...]]:
    return {name: (DatedValue(HIRED, value),) for name, value in values.items()}


def _record(statement: Statement, known: Known) -> RawRecord:
    return RawRecord(statement.kind, statement.key, known.fingerprint(b"1"), lambda previous: Mapped(statement))
