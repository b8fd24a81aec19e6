"""The changes by statements: each is merged with other sources' statements of its thing, and compared."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import neo4j

from graph.cpr.keyring import Keyring
from graph.identity.known_keys import KnownKeys
from graph.identity.statement_matching import MatchedStatement
from graph.model import KINDS
from graph.statements.merge import ResolvedStatement, Thing
from graph.statements.precedence import MANUAL, SourceOrder
from graph.statements.statement import Ref, cpr_numbers
from graph.statements.stored_record import from_text, to_text
from graph.time import today
from graph.writing import renumbering
from graph.writing.difference import Difference, Notice, operation
from graph.writing.loading import KeptRecord, Loaded, load
from graph.writing.withholding import WITHHELD, merged_and_withheld


@dataclass(frozen=True, slots=True)
class StatementComparer:
    """Reads and compares, outside of any transaction."""

    driver: neo4j.Driver
    keyring: Keyring
    order: SourceOrder
    index: KnownKeys

    def differences(self, matched: Sequence[MatchedStatement]) -> Iterator[Difference]:
        """The difference of each statement. Statements of one kind, already checked (``merge.check``)."""
        by_source: dict[str, list[MatchedStatement]] = {}
        self.index.learn_cprs(self.keyring.hash(each) for each in cpr_numbers(one.statement for one in matched))
        for each in matched:
            by_source.setdefault(each.source, []).append(each)
        for source, batch in by_source.items():
            self.index.learn_refs(
                {link.to for each in batch for links in each.statement.links.values() for link in links}, source
            )
        loaded = (
            load(self.driver, matched[0].statement.kind, [each.uuid for each in matched if not each.new])
            if matched
            else {}
        )
        for each in matched:
            difference = self._difference(each, loaded.get(each.uuid))
            if difference is not None:
                yield difference

    def _difference(self, matched: MatchedStatement, loaded: Loaded | None) -> Difference | None:
        statement = matched.statement
        kind = KINDS[statement.kind]
        resolved: dict[Ref, str | None] = {}
        notices: list[Notice] = []
        for name, links in statement.links.items():
            for link in links:
                if link.to not in resolved:
                    resolved[link.to] = self.index.resolve(link.to, matched.source)
                    if resolved[link.to] is None:
                        unknown = f"no {link.to.kind} is known as {link.to.key!r}"
                        notices.append(Notice(name, "unknown_reference", unknown))
        numbers = renumbering.number_change(
            statement, matched.uuid, loaded.cpr_hash if loaded else None, self.index, self.keyring
        )
        notices += numbers.notices
        candidates = [ResolvedStatement(matched.source, statement, resolved)]
        others: list[KeptRecord] = []
        own: KeptRecord | None = None
        for kept in loaded.records if loaded is not None else ():
            if (kept.source, kept.key) == (matched.source, statement.key):
                own = kept
            else:
                others.append(kept)
                candidates.append(ResolvedStatement(kept.source, *from_text(statement.kind, kept.key, kept.text)))
        left = merged_and_withheld(kind, candidates, self.order, today())
        if 0 in left.stripped and matched.source == MANUAL:
            notices += [Notice(name, "withheld", WITHHELD) for name in sorted(left.names & statement.values.keys())]
        text = to_text(left.candidates[0].statement, resolved)
        # A statement with a link to nothing yet, or with withheld values, is compared again in each run, even if its
        # record stays the same.
        fingerprint = "" if notices or 0 in left.stripped else matched.fingerprint
        same_record = own is not None and own.text == text and own.fingerprint == fingerprint
        stripped = left.records(kind.name, others)
        before, after = loaded.thing if loaded is not None else Thing(), left.after
        what = operation(kind.name, before, after, today())
        if what is None and numbers.cpr is not None and loaded is not None and loaded.cpr_hash is not None:
            what = "changed"  # nothing of it can be shown
        if what is None and same_record and numbers.cpr is None and not (numbers.formers or stripped):
            return None
        return Difference(
            kind=kind.name,
            uuid=matched.uuid,
            version=loaded.version if loaded else 0,
            operation=what or "recorded",
            record=matched.record,
            record_text=text,
            fingerprint=fingerprint,
            before=before,
            after=after,
            new=loaded is None,
            cpr=numbers.cpr,
            formers=numbers.formers,
            erased=statement.erased | left.names,
            notices=tuple(notices),
            kept=own,
            stripped=stripped,
        )
