"""The owner of an account, and the primary one of a person's accounts (active_directory.md §8, pitfalls 12 and 13).

An account with a CPR number is matched by that number only; otherwise by employment number; otherwise by the match keys
in their order. An account that fits several persons is not matched.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from graph.statements.statement import Ref, Statement
from importers.active_directory.entries import User
from importers.active_directory.gaps import Gaps
from importers.active_directory.lookup import Lookup
from importers.active_directory.settings import ActiveDirectorySettings, MatchKey
from importers.source import Known


@dataclass(frozen=True, slots=True)
class Owner:
    """``ref``: how the account names the person; ``uuid``: that person's today. ``employment``: the one that it is used
    for."""

    ref: Ref
    uuid: str
    employment: Ref | None = None


def owners(
    users: Iterable[User], settings: ActiveDirectorySettings, known: Known, lookup: Lookup, gaps: Gaps
) -> Mapping[str, Owner]:
    """Account → owner, of those that have one. Queries the graph once per way of matching, not once per account.

    If an attribute that identifies the owner can't be read, a known account keeps its owner.
    """
    users = list(users)
    doubtful = [each.key for each in users if gaps.owner(each)]
    as_known = _as_known(known.several("Account", doubtful), lookup) if doubtful else {}
    users = [each for each in users if each.key not in as_known]
    hashes = {each.key: known.person_key(each.cpr) for each in users if each.cpr}
    holders = lookup.holders({*hashes.values()}) if hashes else {}
    numbers = {each.key: f"{settings.institution}:{each.employment}" for each in users if each.employment}
    employed = lookup.employed({*numbers.values()}) if numbers else {}
    found = {key: owner for key, owner in as_known.items() if owner is not None}
    left: list[User] = []
    for each in users:
        person, employment = employed.get(numbers.get(each.key, ""), ("", ""))
        used_for = Ref("Employment", numbers[each.key], by="employment") if employment else None
        if each.cpr:
            if uuid := holders.get(hashes[each.key]):
                found[each.key] = Owner(
                    Ref("Person", hashes[each.key], by="cpr"), uuid, used_for if uuid == person else None
                )
        elif person:
            found[each.key] = Owner(Ref("Person", numbers[each.key], by="employment"), person, used_for)
        else:
            left.append(each)
    for place, key in enumerate(settings.match_keys):
        values = {each.key: each.match[place] for each in left if each.match[place]}
        if values:
            fits = _fitting(key, values, lookup)
            found.update((key, Owner(Ref("Person", uuid, by="uuid"), uuid)) for key, uuid in fits.items())
            left = [each for each in left if each.key not in fits]
    return found


def _as_known(kept: Mapping[str, Statement], lookup: Lookup) -> dict[str, Owner | None]:
    """Known account → its last owner; None if there was none, or one whom only the directory has."""
    refs = {key: _last(each, "owner") for key, each in kept.items()}
    hashes = {ref.key for ref in refs.values() if ref is not None and ref.by == "cpr"}
    numbers = {ref.key for ref in refs.values() if ref is not None and ref.by == "employment"}
    holders = lookup.holders(hashes) if hashes else {}
    employed = lookup.employed(numbers) if numbers else {}
    found: dict[str, Owner | None] = {}
    for key, ref in refs.items():
        uuid: str | None = None
        if ref is not None and ref.by == "cpr":
            uuid = holders.get(ref.key)
        elif ref is not None and ref.by == "employment":
            uuid = employed.get(ref.key, (None, ""))[0]
        elif ref is not None and ref.by == "uuid":
            uuid = ref.key
        found[key] = Owner(ref, uuid, _last(kept[key], "employment")) if ref is not None and uuid else None
    return found


def _last(kept: Statement, link: str) -> Ref | None:
    links = kept.links.get(link, ())
    return links[-1].to if links and links[-1].period.end is None else None


def primary(
    users: Iterable[User], owned: Mapping[str, Owner], by_hand: Callable[[], Collection[str]], rules: int
) -> Mapping[str, bool | None]:
    """Account with an owner → whether it is the primary one; None = unknown. ``by_hand`` returns users' choices; it is
    called if any person has several accounts."""
    of: dict[str, list[User]] = {}
    for each in users:
        if each.key in owned:
            of.setdefault(owned[each.key].uuid, []).append(each)
    decided = by_hand() if any(len(accounts) > 1 for accounts in of.values()) else ()
    found: dict[str, bool | None] = {}
    for accounts in of.values():
        chosen = _chosen(accounts, decided, rules)
        found.update((each.key, None if chosen is None else each is chosen) for each in accounts)
    return found


def _chosen(accounts: Sequence[User], by_hand: Collection[str], rules: int) -> User | None:
    decided = [each for each in accounts if each.key in by_hand]
    if len(accounts) == 1 or len(decided) == 1:
        return (decided or accounts)[0]
    for rule in range(rules):
        fitting = [each for each in accounts if each.primary[rule]]
        if len(fitting) == 1:
            return fitting[0]
    return None


def _fitting(key: MatchKey, values: Mapping[str, str], lookup: Lookup) -> dict[str, str]:
    """Account → person, if exactly one person has the key's value."""
    if key.property == "uuid":
        return _by_uuid(values, lookup)
    if key.property == "email":
        values = {account: value.lower() for account, value in values.items()}
        persons = lookup.by_email({*values.values()})
    else:
        persons = lookup.by_login(key.system, {*values.values()})
    return {
        account: next(iter(persons[value])) for account, value in values.items() if len(persons.get(value, ())) == 1
    }


def _by_uuid(values: Mapping[str, str], lookup: Lookup) -> dict[str, str]:
    uuids = {key: str(UUID(value)) for key, value in values.items() if _is_uuid(value)}
    persons = lookup.persons({*uuids.values()})
    return {key: uuid for key, uuid in uuids.items() if uuid in persons}


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
