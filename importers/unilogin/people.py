"""Matches the people of an export (unilogin.md §5): by verified CPR number, otherwise by a known login.

Nothing else is guessed: a user decides who it is, or that the person is new. Keys of persons: the keyed hash of their
first CPR number, or ``user:<UserId>`` for those that a user decided on.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from graph.cpr.keyring import is_number
from graph.statements import normal_text
from graph.statements.statement import Problem
from importers.source import Known
from importers.unilogin.accounts import Accounts
from importers.unilogin.answers import PersonAnswer
from importers.unilogin.lookup import Lookup


@dataclass(frozen=True, slots=True)
class Placed:
    """A person of the export. ``uuid``: empty if the graph does not have the person yet.

    ``among``: the candidates, if a user has to decide; nothing else is stated of the person then.
    """

    answer: PersonAnswer
    key: str
    uuid: str
    cpr: str | None = field(default=None, repr=False)
    among: tuple[str, ...] | None = None


@dataclass(slots=True)
class Sorted:
    """An export's people. ``doubtful``: keys of known persons with rejected records; they are present, and what is
    known of them stays."""

    placed: list[Placed] = field(default_factory=list)
    doubtful: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    unidentified: int = 0
    """Records that may belong to any person."""


class People:
    """The known persons: the source's own keys, and users' decisions."""

    def __init__(self, known: Known, lookup: Lookup, accounts: Accounts) -> None:
        self._known = known
        self._lookup = lookup
        self._accounts = accounts
        self._decided = lookup.decided()
        self._by_key: dict[str, str] = {}
        self._by_uuid: dict[str, str] = {}
        self._learn(lookup.own_persons(None))

    def refresh(self, keys: Collection[str]) -> None:
        """A reading with these persons has been applied or stopped by the brake: there may be new ones."""
        self._learn(self._lookup.own_persons(keys))

    def _learn(self, found: Mapping[str, str]) -> None:
        self._by_key.update(found)
        for key, uuid in found.items():
            self._by_uuid[uuid] = min(key, self._by_uuid.get(uuid, key))

    def sort(self, institution: str, persons: Sequence[PersonAnswer]) -> Sorted:
        """Matches all people of one export."""
        made = Sorted()
        note = _Notes(institution, made.problems)
        by_user: dict[str, list[PersonAnswer]] = {}
        for each in persons:
            if not each.identified or not each.user:
                made.unidentified += 1
                note(each, "no_person", "the record has no person with a UserId; it is skipped")
            else:
                by_user.setdefault(each.user, []).append(each)
        answer = [one for user, group in by_user.items() if (one := self._one(user, group, made, note)) is not None]
        self._place(answer, made, note)
        for placed in [each for each in made.placed if not each.answer.tie]:
            text = "neither employee nor external: the record is skipped; what is known of the person stays"
            note(placed.answer, "no_role", text)
            made.placed.remove(placed)
            made.doubtful.add(placed.key)
        return made

    def _one(self, user: str, group: list[PersonAnswer], made: Sorted, note: "_Notes") -> PersonAnswer | None:
        """The person with a UserId. Two records with it are one person if their verified numbers are the same."""
        first = group[0]
        if len(group) == 1:
            return first
        if not all(each.verified and each.cpr == first.cpr for each in group):
            text = f"{len(group)} records have the UserId and may be different persons; all of them are rejected"
            note(first, "same_user_id", text)
            if (owner := self._accounts.owner(user)) is not None:
                made.doubtful.add(owner)
            made.doubtful |= {self._known.person_key(each.cpr) for each in group if each.verified}
            return None
        of = next((each for each in group if each.tie == "employee"), first)
        roles = tuple(dict.fromkeys(role for each in group if each.tie == of.tie for role in each.roles))
        return replace(of, roles=roles, protected=any(each.protected for each in group))

    # -- by number, by login ----------------------------------------------------------------------------------------

    def _place(self, answer: list[PersonAnswer], made: Sorted, note: "_Notes") -> None:
        hashes = {each.user: self._known.person_key(each.cpr) for each in answer if is_number(each.cpr)}
        for each in answer:
            if each.verified and each.user not in hashes:
                note(each, "wrong_cpr", "STIL calls the CPR number verified, but it is not valid; it is ignored")
        verified = {each.user: hashes[each.user] for each in answer if each.verified and each.user in hashes}
        holders = self._lookup.holders(set(verified.values())) if verified else {}
        found: dict[str, list[Placed]] = {}
        undecided: list[PersonAnswer] = []
        for each in answer:
            by_login = self._accounts.owner(each.user)
            if each.user in verified:
                placed = self._by_number(each, verified[each.user], holders, by_login)
                if placed is None:
                    text = "the UserId belongs to another person than the CPR number; what is known stays"
                    note(each, "user_id_of_another", text)
                    number = verified[each.user]
                    keys = (by_login, number, self._by_uuid.get(holders.get(number, "")))
                    made.doubtful |= {key for key in keys if key is not None}
                    continue
            elif by_login is not None:
                placed = Placed(each, by_login, self._by_key.get(by_login, ""))
            else:
                undecided.append(each)
                continue
            found.setdefault(placed.key, []).append(placed)
        for key, group in found.items():
            self._keep_one(key, group, made, note)
        made.placed += self._to_decide(undecided, hashes)

    def _by_number(
        self, answer: PersonAnswer, number: str, holders: Mapping[str, str], by_login: str | None
    ) -> Placed | None:
        """By the verified number; None if the login belongs to another person."""
        uuid = holders.get(number, "")
        key = self._by_uuid.get(uuid) if uuid else None
        if by_login is not None and by_login != key:
            same = uuid != "" and uuid == self._by_key.get(by_login)
            met_without_number = not uuid and by_login.startswith("user:")
            if not (same or met_without_number):
                return None
            key = by_login
        return Placed(answer, key or number, uuid or self._by_key.get(key or "", ""), answer.cpr)

    def _keep_one(self, key: str, group: list[Placed], made: Sorted, note: "_Notes") -> None:
        """Of two UserIds of one person in one export, the one that is known already, if any."""
        if len(group) > 1:
            holding = self._accounts.holding(key)
            kept = [each for each in group if holding is not None and each.answer.user == holding.login]
            for each in group:
                text = "the export has another UserId for the same person; the known one is kept"
                note(each.answer, "two_user_ids", text)
            made.doubtful.add(key)
            group = kept
        made.placed += group

    # -- by decision ------------------------------------------------------------------------------------------------

    def _to_decide(self, answer: list[PersonAnswer], hashes: Mapping[str, str]) -> Iterator[Placed]:
        """People whom a user has to match: by an earlier decision, otherwise with candidates."""
        placed = {**self._decided, **self._by_key}
        new = [each for each in answer if f"user:{each.user}" not in placed]
        # An unverified number may be right, so its holder is a candidate; a replacement number has no holder.
        numbers = {each.user: hashes.get(each.user, "") for each in new if each.cpr_type == "CPR_UNVERIFIED"}
        alike = self._lookup.alike({_name(each) for each in new}, set(numbers.values()) - {""}) if new else {}
        for each in answer:
            key = f"user:{each.user}"
            if key in placed:
                uuid = placed[key]
                yield Placed(each, self._by_uuid.get(uuid, key), uuid)
                continue
            fits = {*alike.get(_name(each), ()), *alike.get(numbers.get(each.user, ""), ())}
            yield Placed(each, key, "", among=tuple(sorted(fits)))


@dataclass(frozen=True)
class _Notes:
    """Problems of persons have their institution in the key, so that each reading removes those that are corrected."""

    institution: str
    problems: list[Problem]

    def __call__(self, answer: PersonAnswer, rule: str, text: str) -> None:
        self.problems.append(Problem("Unit", self.institution, answer.name, rule, text))


def _name(answer: PersonAnswer) -> str:
    return normal_text.normal(f"{answer.given_name} {answer.surname}").lower()
