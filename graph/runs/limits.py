"""How much runs may take away: the rule of every brake (imports, account rules, targets of files and of objects).

What runs have taken away within a window of hours counts too: a source that is broken a little more each minute would
otherwise close a department in a day, one account a run. An approval ends the window: who gave it has seen what came
before. Each run counts with the largest difference that it has applied, so that a run that catches up on many days of
a source, each of them within the limits, holds up no later one.
"""

from collections import Counter
from datetime import timedelta
from typing import Protocol

import neo4j
import orjson

from graph.change_log import now

TAKING = frozenset({"ended", "withdrawn", "moved"})
"""Operations of the change log that take something away; ``changed`` may take days away, too."""


class Limits(Protocol):
    """Of what there is, at most ``share``, and at most ``count``; ``at_least`` or fewer are always allowed, so that the
    rule suits a small organisation. ``hours``: the window; 0: each run by itself."""

    @property
    def share(self) -> float: ...

    @property
    def count(self) -> int: ...

    @property
    def at_least(self) -> int: ...

    @property
    def hours(self) -> float: ...


def exceeds(limits: Limits, count: int, total: int) -> bool:
    """Whether to take ``count`` of ``total`` is more than allowed."""
    return count > limits.at_least and (count > limits.count or count > limits.share * total)


def taken_lately(driver: neo4j.Driver, kind: str, name: str, source: str, limits: Limits) -> Counter[str]:
    """What runs have taken away within the window, since the last approval of a stopped run of ``source`` was used: by
    what it is (a kind of thing, a file). ``kind`` and ``name``: of the runs.

    An import or a run of the account rules that failed or was killed counts with what it has written of what it was
    about to write.
    """
    if not limits.hours:
        return Counter()
    rows, _, _ = driver.execute_query(
        """
        MATCH (r:Run {type: $type, name: $name, dry: false})
        WHERE r.ended >= $moment AND r.taken IS NOT NULL
            AND NOT EXISTS {
                MATCH (b:Brake {source: $source})
                WHERE b.used >= r.started
            }
        RETURN r.taken AS taken, CASE
            WHEN r.type IN ['import', 'accounts'] AND r.state IN ['failed', 'killed'] THEN COLLECT {
                MATCH (c:Change {run: r.id})
                WHERE c.operation IN $taking
                WITH c.kind AS kind, count(*) AS count
                RETURN [kind, count]
            }
        END AS written
        """,
        type=kind,
        name=name,
        source=source,
        taking=[*TAKING, "changed"],
        moment=now() - timedelta(hours=limits.hours),
        routing_=neo4j.RoutingControl.READ,
    )
    found: Counter[str] = Counter()
    for row in rows:
        taken = Counter(orjson.loads(row["taken"]))
        found += taken if row["written"] is None else taken & Counter(dict(row["written"]))
    return found


def in_words(before: int, limits: Limits) -> str:
    """The end of a reason: what came before; empty where nothing did."""
    if not before:
        return ""
    return f", after {before} in the last {limits.hours:g} hours" if limits.hours else f", after {before} in this run"
