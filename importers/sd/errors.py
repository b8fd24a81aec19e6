"""Errors of the service. None of them changes anything.

Every error states whether and when to try again.

SourceError
├── ServiceFault         SD rejects a request
├── Unreadable           the answer does not match SD's description
├── Unavailable          closed, failing or out of reach, after all attempts
│   └── NoAnswer         ... for this one request
├── OutsideOpeningHours  no call was made
└── AccessRejected       user or password is not accepted
"""

import re
from datetime import datetime
from typing import Literal

from graph.cpr.keyring import without_numbers
from graph.retry import NEVER, NEXT, SOON, at
from importers.source import SourceError

FaultKind = Literal["unknown_employment", "unknown_person", "unknown_department", "other"]

_KINDS: tuple[tuple[re.Pattern[str], FaultKind], ...] = (
    (re.compile(r"^The stated EmploymentIdentifier '.*' does not exist$"), "unknown_employment"),
    (re.compile(r"^The stated PersonCivilRegistrationIdentifier '.*' does not exist$"), "unknown_person"),
    (re.compile(r"^DepartmentUUIDIdentifier was not found$"), "unknown_department"),
)


class ServiceFault(SourceError):
    """SD rejects a request (HTTP 200 with a SOAP fault). ``kind`` names the faults that the importer handles."""

    retry = NEXT

    def __init__(self, operation: str, text: str) -> None:
        said = " ".join(text.split()).removesuffix(".").strip()
        self.kind: FaultKind = next((kind for pattern, kind in _KINDS if pattern.match(said)), "other")
        self.text = without_numbers(said)  # the text quotes the requested CPR number
        super().__init__(f"SD answered {operation} with the fault: {self.text}")


class Unreadable(SourceError):
    """The answer does not match SD's description: cut off, another root, a DTD, another echo."""

    retry = NEXT


class Unavailable(SourceError):
    """Closed, failing or out of reach, also after all retries. Try again later."""

    retry = SOON


class NoAnswer(Unavailable):
    """Every attempt at this request got an HTTP error; other requests may still succeed."""

    retry = SOON


class OutsideOpeningHours(SourceError):
    """Outside opening hours: no call was made; the run is postponed until ``opens``."""

    def __init__(self, text: str, opens: datetime) -> None:
        super().__init__(text, retry=at(opens))


class AccessRejected(SourceError):
    """User or password is not accepted; another attempt would lock the user out."""

    retry = NEVER


OF_ONE_THING = (ServiceFault, Unreadable, NoAnswer)
"""Errors that concern the look-up of one thing; other look-ups may succeed."""
