"""Logins under way at another identity provider: each is begun by one browser, answered once, and used once.

The answer comes by POST from another site, so without this browser's cookies. What it says is kept here, and counts for
nobody but the browser that began.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import neo4j

from idp.person_sessions import Subject, properties_of, subject_in
from idp.sealing import hash_of

LIFE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Answered:
    """``person``: uuid. ``return_to``: a path of this service."""

    person: str
    subject: Subject
    return_to: str


def begin(tx: neo4j.ManagedTransaction, name: str, request: str, browser: str, return_to: str, now: datetime) -> None:
    """``name``: the secret name of the login, which is its RelayState. ``request``: the ID of the request."""
    tx.run(
        """
        CREATE (:SamlLogin {hash: $hash, request: $request, browser: $browser, return_to: $return_to, until: $until})
        """,
        hash=hash_of(name),
        request=request,
        browser=hash_of(browser),
        return_to=return_to,
        until=now + LIFE,
    )


def request_of(tx: neo4j.ManagedTransaction, name: str, now: datetime) -> str | None:
    """The ID of the request that a login waits for the answer to."""
    row = tx.run(
        """
        MATCH (l:SamlLogin {hash: $hash})
        WHERE l.until > $now AND l.ticket IS NULL
        RETURN l.request AS request
        """,
        hash=hash_of(name),
        now=now,
    ).single()
    return None if row is None else str(row["request"])


def answer(tx: neo4j.ManagedTransaction, name: str, person: str, subject: Subject) -> str | None:
    """The identity provider has said who it is: the secret with which the browser goes on. None: it was answered."""
    ticket = secrets.token_urlsafe(32)
    row = tx.run(
        """
        MATCH (l:SamlLogin {hash: $hash})
        SET l.touched = timestamp()
        WITH l
        WHERE l.ticket IS NULL
        SET l.ticket = $ticket, l.person = $person, l += $subject
        RETURN 1 AS answered
        """,
        hash=hash_of(name),
        ticket=hash_of(ticket),
        person=person,
        subject=properties_of(subject),
    ).single()
    return None if row is None else ticket


def use(tx: neo4j.ManagedTransaction, ticket: str, browser: str, now: datetime) -> Answered | None:
    """Use the answer up. None: it isn't this browser's, or was used."""
    row = tx.run(
        """
        MATCH (l:SamlLogin {ticket: $ticket, browser: $browser})
        SET l.touched = timestamp()
        WITH l, l.until > $now AS is_valid, properties(l) AS was
        DETACH DELETE l
        RETURN is_valid, was
        """,
        ticket=hash_of(ticket),
        browser=hash_of(browser),
        now=now,
    ).single()
    if row is None or not row["is_valid"]:
        return None
    was = row["was"]
    subject = subject_in(was)
    return None if subject is None else Answered(was["person"], subject, was["return_to"])
