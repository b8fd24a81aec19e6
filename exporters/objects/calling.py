"""Calls the target's hook for every change that the target has accepted, and again for calls that failed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from exporters.objects.hook import Hook
from exporters.objects.ledger import Entry, ObjectLedger
from exporters.objects.target import Policy, Ref, Wanted
from exporters.target import Notice


@dataclass
class Calling:
    """``wanted``: as the target should have it; ``private``: fields of which the hook gets nothing."""

    target: str
    hook: Hook
    policy: Policy
    ledger: ObjectLedger
    entries: dict[Ref, Entry]
    wanted: Mapping[Ref, Wanted]
    private: frozenset[str]
    notices: list[Notice]

    @property
    def is_due(self) -> bool:
        return bool(self._due())

    def run(self) -> int:
        """Call it, one event after the other. Returns the number of calls."""
        calls = 0
        for ref in self._due():
            while (entry := self.entries[ref]).hooks:
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
                "values": self._values(ref),
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

    def _values(self, ref: Ref) -> dict[str, object]:
        wanted = self.wanted.get(ref)
        given = {} if wanted is None else wanted.values
        return {name: value for name, value in given.items() if name not in self.private}
