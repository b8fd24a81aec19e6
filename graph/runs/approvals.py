"""An approval names a brake that waits. What else its id may be is told, so that nobody believes to have allowed it."""

import neo4j

from graph.errors import GraphError


class StaleApproval(GraphError):
    """The id is no brake that waits for this source or target: unknown, another's, or used. Nothing was done."""

    code = "stale_approval"


def require_held(driver: neo4j.Driver, source: str, brake: str) -> None:
    """Raises StaleApproval unless ``brake`` holds, or held until it was approved, a difference of ``source``."""
    rows, _, _ = driver.execute_query(
        """
        MATCH (b:Brake {id: $id})
        RETURN b.source AS source, b.state AS state, b.approved_by AS by, toString(date(b.approved)) AS day
        """,
        id=brake,
    )
    again = "Run it without an approval to see what it would do now."
    if not rows:
        raise StaleApproval(f"No brake is known as {brake}. {again}")
    held = rows[0]
    if held["source"] != source:
        raise StaleApproval(f"{brake} is a brake of {held['source']}, not of {source}.")
    if held["state"] == "used":
        raise StaleApproval(
            f"{brake} was approved by {held['by']} on {held['day']} and has been used; an approval holds once. {again}"
        )


def not_used(brake: str, stopped: bool) -> str:
    """Why a run did not use the approval of ``brake``, which it was given. ``stopped``: something else is held."""
    if stopped:
        return f"{brake} allows another difference than the one that was found now, so nothing was let through."
    return f"{brake} was not needed: nothing had to be let through."
