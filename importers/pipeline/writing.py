"""Writes the differences, one batch per transaction: while the graph writes one, the next is prepared."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain

from graph.change_log import Origin
from graph.identity.statement_matching import MatchedStatement
from graph.writing.difference import Difference
from graph.writing.graph_writer import GraphWriter
from graph.writing.retrying import MatchAgain, Stale, write_until_current
from graph.writing.transactions import points_to_itself
from importers.pipeline.comparing import Compared
from importers.pipeline.intake import Progress


@dataclass(slots=True)
class _UnderWay:
    """A batch whose transaction has begun."""

    batch: Sequence[MatchedStatement]
    differences: list[Difference]
    transaction: Future[list[int | None]] | None
    """None if its differences had to be compared again."""
    things: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.things = frozenset(each.uuid for each in self.differences)


class Writing:
    """``wrote`` is called with each written difference. Transactions follow one another, in order.

    Only transactions run in the second thread; look-ups and comparisons, including repeated ones, stay in the caller's.
    """

    def __init__(
        self, graph: GraphWriter, origin: Callable[[], Origin], wrote: Callable[[Difference], None], progress: Progress
    ) -> None:
        self._graph = graph
        self._origin = origin
        self._wrote = wrote
        self._progress = progress
        self._under_way: _UnderWay | None = None

    def apply(self, compared: Compared) -> None:
        """Write the differences of a kind, in batches that contain no thing twice. Raises Stale, Refused."""
        if points_to_itself(compared.kind):
            for batch in compared.stated:
                if new := [each for each in batch if each.new]:
                    self._origin()
                    self._graph.transactions.reserve(new)
        with ThreadPoolExecutor(1, thread_name_prefix="writing") as thread, self._brought_to_an_end():
            self._apply(compared, thread)

    def _apply(self, compared: Compared, thread: ThreadPoolExecutor) -> None:
        written = _Things()
        done = 0
        is_reserved = points_to_itself(compared.kind)
        for batch, found in compared:
            for each in batch:
                each.new = each.new and not is_reserved
            if self._under_way is not None and any(each.uuid in self._under_way.things for each in batch):
                self._end()
            # A thing that an earlier batch has written is compared again.
            known = {place: each for place, each in found if batch[place].uuid not in written}
            fresh = [each for place, each in enumerate(batch) if place not in known]
            differences = [each for each in known.values() if each is not None]
            for difference in differences:
                difference.new = difference.new and not is_reserved
            differences += self._graph.comparer.differences(fresh)
            self._end()
            if differences:
                transaction = thread.submit(self._graph.transactions.write, differences, self._origin())
                self._under_way = _UnderWay(batch, differences, transaction)
                written.add(self._under_way.things)
            done += len(batch)
            self._progress(f"writing {compared.kind}", done, len(compared.stated))

    @contextmanager
    def _brought_to_an_end(self) -> Iterator[None]:
        """A begun batch is counted, even if the next one can't be made."""
        try:
            yield
        except BaseException:
            under_way, self._under_way = self._under_way, None
            if under_way is not None and under_way.transaction and under_way.transaction.exception() is None:
                self._count(under_way.differences)
            raise
        self._end()

    def _end(self) -> None:
        """Wait for the transaction; compare again, a few times, if another writer changed one of the things."""
        under_way, self._under_way = self._under_way, None
        if under_way is None:
            return

        def write() -> None:
            if under_way.transaction is not None:
                under_way.transaction.result()
            elif under_way.differences:
                self._graph.transactions.write(under_way.differences, self._origin())

        def compare_again(stale: Stale) -> None:
            # Another writer created a thing that is new here: matching has to begin anew.
            if isinstance(stale, MatchAgain) or any(each.new for each in under_way.differences):
                raise stale
            under_way.differences = list(self._graph.comparer.differences(under_way.batch))
            under_way.transaction = None

        write_until_current(write, compare_again)
        self._count(under_way.differences)

    def _count(self, differences: Sequence[Difference]) -> None:
        for each in differences:
            self._wrote(each)


class _Things:
    """The written things: ``in`` is true for each of them, and rarely for another one, which costs an additional
    look-up.

    The uuids of a million things would take a hundred megabytes; here each one sets three bits of two megabytes.
    """

    _BITS = 24

    def __init__(self) -> None:
        self._bits = bytearray(1 << (self._BITS - 3))

    def add(self, uuids: Iterable[str]) -> None:
        for place in chain.from_iterable(map(self._places, uuids)):
            self._bits[place >> 3] |= 1 << (place & 7)

    def __contains__(self, uuid: str) -> bool:
        return all(self._bits[place >> 3] >> (place & 7) & 1 for place in self._places(uuid))

    def _places(self, uuid: str) -> Iterator[int]:
        drawn, most = hash(uuid), (1 << self._BITS) - 1
        return (drawn >> shift & most for shift in (0, 20, 40))
