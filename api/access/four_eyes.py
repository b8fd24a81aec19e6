"""Four eyes: what one person must not do alone.

- ``approve_brake``, ``erase_person``, ``end_sensitivity``: two people ask for the same within a day, and the second
  request is carried out. The last makes a sensitive right a common one, whose grants need no approval.
- ``extra_account``: likewise an extra account that is made at once, or open on more days than before. Otherwise
  (``AccountRequest``) one person asks for it, and another decides.
- ``end_stop``: another than those who have stopped the person ends it; where several have, two people may ask for it.
  The stop itself is immediate.

Grants of sensitive rights, and so of every right to REConnect but reader, need another's approval in any case
(``approveGrant``), and so do plans. A caller is told apart by the name in the change log: a token that belongs to a
person has that person's, and who was joined into another person is that person. The break-glass account is never one of
two people, since it may be either of them. Who has logged in decides in the own name. A municipality with only one such
person turns single rules off (setting ``api.four_eyes``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal, get_args

import neo4j
import orjson

from api.access.caller_names import is_nobody_known
from graph.change_log import now
from graph.errors import ChangeRejected
from graph.identity.user_names import names_of_same
from graph.rehearsal import Rehearsal
from graph.time import ALWAYS, Period, since, today, without

if TYPE_CHECKING:
    from graphql import GraphQLError

    from api.access.rights import Access

Rule = Literal["approve_brake", "end_sensitivity", "end_stop", "erase_person", "extra_account"]
RULES: frozenset[Rule] = frozenset(get_args(Rule))
WITHIN = timedelta(days=1)
"""In which the second person must ask for the same."""
_NOBODY = (
    "This needs two people, and the break-glass account is not one of them: nobody knows who uses it. Log in as "
    "yourself."
)
_STOPPED = """
MATCH (:Person {uuid: $person})-[state:STATE]->(values)
WHERE values.stopped
RETURN collect({from: toString(state.from), to: toString(state.to)}) AS states
"""
_STOPS = """
MATCH (:Person {uuid: $person})<-[:CONCERNS]-(c:Change)
RETURN c.user AS user, c.before AS before, c.after AS after
ORDER BY c.number DESC
"""


def require_second(driver: neo4j.Driver, rules: Collection[Rule], rule: Rule, thing: str, by: str) -> None:
    """The request of the second person passes. That of the first is noted, and refused: GraphQLError (second_person).

    ``thing``: what exactly it is about. A rehearsal needs one person: a request would be rolled back with it. So would
    one among several changes that are made together, which is therefore refused.
    """
    if rule not in rules:
        return
    if isinstance(driver, Rehearsal):
        if driver.stays:
            raise _second_person("This needs two people: send the change in a request of its own.")
        return
    if is_nobody_known(by):
        raise _second_person(_NOBODY)
    moment = now()
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        same = names_of_same(session, by)
    rows, _, _ = driver.execute_query(
        """
        MERGE (r:FirstRequest {key: $key})
        SET r.touched = $now
        WITH r, NOT r.by IN $same AND r.at > $since AS is_second
        FOREACH (_ IN CASE WHEN is_second THEN [] ELSE [1] END | SET r.by = $by, r.at = $now)
        FOREACH (_ IN CASE WHEN is_second THEN [1] ELSE [] END | DETACH DELETE r)
        RETURN coalesce(is_second, false) AS is_second
        """,
        key=f"{rule}\n{thing}",
        by=by,
        same=sorted(same),
        now=moment,
        since=moment - WITHIN,
    )
    if not rows[0]["is_second"]:
        hours = int(WITHIN.total_seconds() // 3600)
        raise _second_person(
            "This needs two people. Your request is noted; it is carried out when another person asks for the same "
            f"within {hours} hours.",
            noted=True,
        )


def require_other_than_stopper(
    session: neo4j.Session, driver: neo4j.Driver, rules: Collection[Rule], person: str, by: str
) -> None:
    """Who has made or extended a person's stop does not end it alone: where several have, a second person must ask for
    the same. Raises GraphQLError (second_person)."""
    if "end_stop" not in rules:
        return
    stoppers = _stoppers(session, person)
    if not stoppers.isdisjoint(same := names_of_same(session, by)):
        stoppers = (stoppers - same) | {by}
    if stoppers and is_nobody_known(by):
        raise _second_person(_NOBODY)
    if stoppers == {by}:
        raise _second_person("You have stopped this person: another person must end the stop.")
    if by in stoppers or any(is_nobody_known(each) for each in stoppers):
        require_second(driver, rules, "end_stop", person, by)


def _stoppers(session: neo4j.Session, person: str) -> set[str]:
    """Names of those who have made days of the person's stop that apply today or later."""
    row = session.run(_STOPPED, person=person).single()
    left = since(() if row is None else _periods(row["states"]), today())
    found: set[str] = set()
    for row in session.run(_STOPS, person=person):
        kept = without(left, _stopped(row["after"]))
        made = without(without(left, kept), _stopped(row["before"]))
        if made and row["user"] is not None:
            found.add(row["user"])
        left = without(left, made)
        if not left:
            break
    return found


def require_own_name(access: Access, person: str | None, field: str) -> None:
    """A person who has logged in decides, asks and approves in the own name (``person``: uuid that ``field`` gives);
    the break-glass account has none. A token acts for the people who use its system. Raises ChangeRejected (own_name).
    """
    if is_nobody_known(access.name):
        text = f"{field}: the break-glass account can't decide this: nobody knows who uses it. Log in as yourself"
        raise ChangeRejected("own_name", text, field=field)
    if access.decides is None or access.decides == person:
        return
    if access.plan_author:
        text = f"{field}: a plan's author decides ({access.decides}); leave it out, or let that person write the plan"
        raise ChangeRejected("own_name", text, field=field)
    raise ChangeRejected("own_name", f"{field}: you are logged in, so name yourself ({access.person})", field=field)


def refuse_nobody_known(authors: Collection[str], field: str) -> None:
    """Before somebody approves what these (names) have written: the approver may have been the break-glass account.
    Raises ChangeRejected (own_approval)."""
    if any(is_nobody_known(each) for each in authors):
        text = (
            f"{field}: the break-glass account has written this, and nobody knows who used it: write it anew, and have "
            "another person approve that"
        )
        raise ChangeRejected("own_approval", text, field=field)


def _second_person(text: str, *, noted: bool = False) -> GraphQLError:
    """``noted``: whether it is carried out once another person asks for the same."""
    from graphql import GraphQLError  # only here: the settings name the rules, and load none of the API

    return GraphQLError(text, extensions={"code": "second_person", "noted": noted})


def _stopped(told: str) -> tuple[Period, ...]:
    """The days on which a side of an entry of the log has the person stopped."""
    return _periods(each for each in orjson.loads(told).get("states", ()) if each.get("stopped"))


def _periods(states: Iterable[Mapping[str, str | None]]) -> tuple[Period, ...]:
    """Those of states whose days are written."""

    def day(text: str | None) -> date | None:
        return None if text is None else date.fromisoformat(text)

    return tuple(Period(day(each["from"]) or ALWAYS, day(each["to"])) for each in states)
