"""STOP: a person's accounts and rights are stopped at once, above every source and rule (architecture.md §3)."""

from collections.abc import Callable
from dataclasses import replace

from graph.statements.statement import DatedValue, Statement, Value
from graph.time import Period, without


def stopped(life: Period, reason: str | None) -> Callable[[Statement], Statement]:
    """A change by hand: the person is stopped in the period, because of ``reason``; None: not stopped any more.

    What was stated by hand for other days stays.
    """
    properties: dict[str, Value] = {"stopped": reason is not None}
    if reason is not None:
        properties["stopped_because"] = reason

    def edit(kept: Statement) -> Statement:
        values = dict(kept.values)
        for name in ("stopped", "stopped_because"):
            others = [
                DatedValue(left, each.value)
                for each in values.get(name, ())
                for left in without((each.period,), (life,))
            ]
            if name in properties:
                others.append(DatedValue(life, properties[name]))
            values[name] = tuple(sorted(others, key=lambda each: each.period.start))
        return replace(kept, values=values)

    return edit
