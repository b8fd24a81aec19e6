"""Writing what differs, a batch a transaction: while the graph writes one, the next is worked out."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from graph.change_log import Origin
from graph.identity.known_keys import RecordId
from graph.writing.difference import Difference
from graph.writing.door import ATTEMPTS, Door, MatchAgain, Stale, Stated, points_to_itself
from importers.pipeline.intake import BATCH, Progress

Compared = dict[RecordId, Difference | None]  # None: nothing differs


@dataclass(slots=True)
class _UnderWay:
    """A batch whose transaction has begun."""

    batch: Sequence[Stated]
    differences: list[Difference]
    transaction: Future[list[int | None]]
    things: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.things = frozenset(each.uuid for each in self.differences)


class Writing:
    """``wrote`` is told of each difference that has been written. Transactions follow one another, in order.

    Only transactions run in the second thread; what is looked up or compared, again too, stays in the caller's.
    """

    def __init__(
        self, door: Door, origin: Callable[[], Origin], wrote: Callable[[Difference], None], progress: Progress
    ) -> None:
        self._door = door
        self._origin = origin
        self._wrote = wrote
        self._progress = progress
        self._under_way: _UnderWay | None = None

    def apply(self, kind: str, stated: Sequence[Stated], compared: Compared) -> None:
        """Write what differs, in batches in which no thing comes twice. Raises Stale, Refused."""
        if points_to_itself(kind):
            for batch in distinct([each for each in stated if each.new]):
                self._origin()
                self._door.reserve(batch)
        with ThreadPoolExecutor(1, thread_name_prefix="writing") as thread, self._brought_to_an_end():
            self._apply(kind, stated, compared, thread)

    def _apply(self, kind: str, stated: Sequence[Stated], compared: Compared, thread: ThreadPoolExecutor) -> None:
        written: set[str] = set()
        done = 0
        for batch in distinct(stated):
            if self._under_way is not None and any(each.uuid in self._under_way.things for each in batch):
                self._end()
            # A thing that a batch before has written is compared anew.
            fresh = [each for each in batch if each.record not in compared or each.uuid in written]
            ready = [compared[each.record] for each in batch if each.record in compared and each.uuid not in written]
            differences = [each for each in ready if each is not None]
            for each in differences:
                each.new = each.new and not points_to_itself(kind)  # reserved meanwhile
            differences += self._door.differences(fresh)
            self._end()
            if differences:
                transaction = thread.submit(self._door.write, differences, self._origin())
                self._under_way = _UnderWay(batch, differences, transaction)
                written |= self._under_way.things
            done += len(batch)
            self._progress(f"writing {kind}", done, len(stated))

    @contextmanager
    def _brought_to_an_end(self) -> Iterator[None]:
        """What has begun is counted, even where the next batch can't be made."""
        try:
            yield
        except BaseException:
            under_way, self._under_way = self._under_way, None
            if under_way is not None and under_way.transaction.exception() is None:
                self._count(under_way.differences)
            raise
        self._end()

    def _end(self) -> None:
        """Wait for the transaction; compare again, a few times, where others wrote one of the things meanwhile."""
        under_way, self._under_way = self._under_way, None
        if under_way is None:
            return
        differences = under_way.differences
        for attempt in range(ATTEMPTS):
            try:
                if attempt == 0:
                    under_way.transaction.result()
                elif differences:
                    self._door.write(differences, self._origin())
            except MatchAgain:
                raise
            except Stale:
                # Somebody else made a thing that is new here: then matching has to begin anew.
                if attempt + 1 == ATTEMPTS or any(each.new for each in differences):
                    raise
                differences = list(self._door.differences(under_way.batch))
                continue
            self._count(differences)
            return

    def _count(self, differences: Sequence[Difference]) -> None:
        for each in differences:
            self._wrote(each)


def distinct(stated: Sequence[Stated]) -> Iterator[list[Stated]]:
    """Batches in which no thing comes twice: each is compared with what the one before has written."""
    rest = list(stated)
    while rest:
        batch: list[Stated] = []
        met: set[str] = set()
        later: list[Stated] = []
        for position, each in enumerate(rest):
            if len(batch) == BATCH:
                later += rest[position:]
                break
            if each.uuid in met:
                later.append(each)
            else:
                met.add(each.uuid)
                batch.append(each)
        rest = later
        yield batch
