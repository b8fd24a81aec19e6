"""The errors of the graph. Each text states what to do next, and ``retry`` whether and when another try is worth it.

GraphError
├── ChangeRejected       next    a change that breaks a rule of the model
├── Conflict             soon    another writer has changed the thing since it was read
├── Unknown              next    a name that does not exist
├── Ambiguous            next    a key that fits several things
├── PeriodTooLong        next    a period with more days of change than a question looks at
├── StoppedByBrake       next    the run waits for a person (``graph.runs.brakes``)
├── StaleApproval        next    an approval without a stopped run (``graph.runs.brakes``)
├── EditedMigration      next    a migration was edited after it was applied (``graph.migrations``)
└── NewerGraph           next    a newer version of the program has changed the graph (``graph.migrations``)
Stale                    soon    a write that is compared and written again by itself (``graph.writing.retrying``)
MissingKey               next    CPR numbers need a key that the settings lack (``graph.cpr.keyring``)
└── OtherKeys
"""

from collections.abc import Sequence
from datetime import date, datetime

from graph.retry import NEXT, SOON, Retry
from graph.time import COPENHAGEN


class GraphError(Exception):
    """Root. ``code`` is what an API client can branch on; ``retry``: whether and when another try is worth it.

    ``value``: the name that it is about, as it was given; None = it is about none. ``argument``: where it was given, if
    that is known. ``allowed``: the names that there are, where they are few.
    """

    code = "graph_error"
    retry: Retry = NEXT
    value: str | None = None
    allowed: Sequence[str] = ()
    argument: str = ""


class ChangeRejected(GraphError):
    """A change that would break a rule of the model. Nothing of it has been written.

    ``code``: the rule, in a word that clients branch on, such as cycle, two_parents, empty_period, wrong_value,
    taken (a natural key), kept_by_source, own_approval. Whoever raises it documents its own.
    ``units`` are uuids, sorted; ``start``/``end`` the first period (half-open) in which the rule would be broken.
    ``things``: (kind, uuid) of the things that prevent it, sorted.
    """

    def __init__(
        self,
        code: str,
        text: str,
        *,
        units: tuple[str, ...] = (),
        start: date | None = None,
        end: date | None = None,
        field: str = "",
        things: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(text)
        self.code = code
        self.units = units
        self.start = start
        self.end = end
        self.field = field
        self.things = things


class Conflict(GraphError):
    """Another writer has changed the thing since it was read: read it again, then decide."""

    code = "conflict"
    retry = SOON

    def __init__(self, uuid: str, expected: int, found: int, by: str, at: datetime | None, what: str) -> None:
        when = "" if at is None else f" at {at.astimezone(COPENHAGEN):%Y-%m-%d %H:%M %Z}"
        super().__init__(
            f"{uuid} is at version {found}, not {expected}: {by or 'another writer'} changed it{when} ({what}). "
            "Read it again and repeat the change if it is still wanted."
        )
        self.uuid = uuid
        self.expected = expected
        self.found = found
        self.by = by
        self.at = at
        self.what = what


class Unknown(GraphError):
    """A question or change names something that does not exist. ``code`` is unknown_<what>."""

    def __init__(self, code: str, text: str, value: str | None = None, allowed: Sequence[str] = ()) -> None:
        super().__init__(text)
        self.code = code
        self.value = value
        self.allowed = allowed

    def of(self, code: str, value: str) -> "Unknown":
        """The same, of a name that contains this one, such as kle:99.99."""
        return Unknown(code, str(self), value, self.allowed)


def unknown_kind(kind: str) -> str:
    """The code of an unknown thing of a kind: unknown_kle_node."""
    return "unknown" + "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in kind)


class Ambiguous(GraphError):
    """A key that fits several things. It is not guessed which is meant."""

    code = "ambiguous"

    def __init__(self, text: str, candidates: tuple[str, ...], value: str | None = None) -> None:
        super().__init__(text)
        self.candidates = candidates
        self.value = value


class PeriodTooLong(GraphError):
    """A question about a period in which more changes than one answer looks at. Nothing of it has been worked out.

    ``until``: with this day as its end, the period has as many as are looked at.
    """

    code = "period_too_long"

    def __init__(self, most: int, until: date) -> None:
        super().__init__(
            f"to: the period has more than {most} days on which something changes that can matter. Ask until {until}, "
            "and then for the rest."
        )
        self.most = most
        self.until = until
