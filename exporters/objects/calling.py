"""Calls the target's hook for every change that the target has accepted, and again for calls that failed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from exporters.objects.hook import Hook
from exporters.objects.ledger import Entry, ObjectLedger
from exporters.objects.target import Channel, Policy, Ref, Wanted
from exporters.target import Notice


@dataclass
class Calling:
    """``wanted``: as the target should have it; ``private``: fields of which the hook gets nothing; ``step``: called
    before each call, and may raise to stop the run."""

    target: str
    hook: Hook
    policy: Policy
    channel: Channel
    ledger: ObjectLedger
    entries: dict[Ref, Entry]
    wanted: Mapping[Ref, Wanted]
    private: frozenset[str]
    notices: list[Notice]
    step: Callable[[], None]

    @property
    def is_due(self) -> bool:
        return bool(self._due())

    def run(self) -> int:
        """Call it, one event after the other. Returns the number of calls."""
        calls = 0
        for ref in self._due():
            while (entry := self.entries[ref]).hooks:
                self.step()
                calls += 1
                kept, done = self._called(ref, entry)
                self.entries[ref] = kept
                self.ledger.write([kept])
                if not done:
                    break
        return calls

    def _due(self) -> list[Ref]:
        now = datetime.now(UTC)
        return [
            ref
            for ref, each in sorted(self.entries.items())
            if each.hooks and not each.unsure and (each.hook_again is None or each.hook_again <= now)
        ]

    def _called(self, ref: Ref, entry: Entry) -> tuple[Entry, bool]:
        event, *rest = entry.hooks
        answer = self.hook.call(
            {
                "event": event, "target": self.target, "kind": ref.kind, "key": ref.key, "id": entry.remote,
                "values": self._values(ref, entry),
            }
        )  # fmt: skip
        moment = datetime.now(UTC)
        said = "done" if answer.done else "given up" if answer.give_up else "failed"
        entry = replace(
            entry, hook_answer=f"{event}: {said}{f', {answer.text}' if answer.text else ''}", hook_at=moment
        )
        settled = replace(entry, hooks=tuple(rest), hook_tries=0, hook_again=None, hook_reason=None)
        if answer.done:
            return settled, True
        self.notices.append(Notice(ref.kind, ref.key, event, "hook_failed", answer.text or "it gives no reason"))
        if answer.give_up:
            return replace(settled, hook_reason=answer.text), True
        wait = answer.wait
        if wait is None:
            hours = min(self.policy.first_hours * 2**entry.hook_tries, self.policy.longest_hours)
            wait = timedelta(hours=hours)
        again = moment + wait
        return replace(
            entry, hook_tries=entry.hook_tries + 1, hook_again=again, hook_reason=answer.text
        ), False  # fmt: skip

    def _values(self, ref: Ref, entry: Entry) -> dict[str, object]:
        """What the target has of the fields that are sent: another object may have had a name first, and the script
        works with the one that this object got."""
        wanted = self.wanted.get(ref)
        there = None if wanted is None or not entry.is_there else self.channel.read(ref.kind, entry.remote)
        if wanted is None or there is None:
            return {}
        return {name: there.values[name] for name in wanted.values if name not in self.private and name in there.values}
