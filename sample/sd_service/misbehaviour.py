"""The stand-in's misbehaviour on command (sd.md §7), to test how an importer handles it."""

import random
import re
from dataclasses import dataclass, field

# The text with which the service reports that it is closed or has failed; the rest of that body is unverified.
CLOSED = "<html><body>The webservice has failed. Please try again later.</body></html>"
LOGIN_PAGE = "<!DOCTYPE html>\n<html><head><title>Log ind</title></head><body>Velkommen, sy0815</body></html>"
_PARTS = re.compile(r"<(EmploymentDepartment|Profession|EmploymentStatus|WorkingTime)[ >].*?</\1>", re.DOTALL)
_EMPLOYMENT = re.compile(r"<Employment>.*?</Employment>", re.DOTALL)


@dataclass
class Misbehaviour:
    """By default none. A counter goes down by one with each request that it spoils.

    ``closed``, ``broken`` (HTTP 503), ``cut`` (half of the answer), ``hangs`` (no answer within ``hang_seconds``),
    ``pages`` (a proxy's login page with ``page_status``): how many of the next requests. ``forbidden``: 403 for all.
    ``empty``: "cpr/number" of employments whose answer has no Person. ``missing``: operation → share of its persons
    that is omitted. ``lacking``: "institution/cpr" of persons that GetPerson does not have. ``no_history``:
    departments whose parent history is 404; ``histories``: department → the answer instead. ``shuffled``: an
    employment's parts in random order. ``doubled``: each period twice. ``no_department_uuid``. ``wrapped_faults``:
    faults with prefixes, line breaks and blanks. ``extra``: text put before the root.
    """

    closed: int = 0
    broken: int = 0
    cut: int = 0
    hangs: int = 0
    hang_seconds: float = 5.0
    pages: int = 0
    page_status: int = 200
    forbidden: bool = False
    only: str = ""
    empty: set[str] = field(default_factory=set)
    missing: dict[str, float] = field(default_factory=dict)
    lacking: set[str] = field(default_factory=set)
    no_history: set[str] = field(default_factory=set)
    histories: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    shuffled: int | None = None
    doubled: bool = False
    no_department_uuid: bool = False
    wrapped_faults: bool = False
    extra: str = ""

    def concerns(self, operation: str) -> bool:
        """``only``: part of the name of the operations that the counters are for."""
        return self.only in operation

    def spoiled(self, operation: str, answer: str) -> str:
        """The answer's body, spoiled as commanded."""
        share = self.missing.get(operation, 0.0)
        if share:
            people = answer.split("<Person>")
            kept = people[: 1 + round((len(people) - 1) * (1 - share))]
            ending = "" if len(kept) == len(people) else f"</{operation}>"
            answer = "<Person>".join(kept) + ending
        if self.no_department_uuid and "Employment" in operation:
            answer = re.sub("<DepartmentUUIDIdentifier>.*?</DepartmentUUIDIdentifier>", "", answer)
        if "Employment" not in operation:
            return answer
        if self.doubled:
            answer = _PARTS.sub(lambda found: found[0] * 2, answer)
        if self.shuffled is not None:
            dice = random.Random(self.shuffled)
            answer = _EMPLOYMENT.sub(lambda found: _shuffled(found[0], dice), answer)
        return answer


def _shuffled(employment: str, dice: random.Random) -> str:
    parts = [found[0] for found in _PARTS.finditer(employment)]
    head = employment[: employment.index(parts[0])] if parts else employment.removesuffix("</Employment>")
    dice.shuffle(parts)
    return f"{head}{''.join(parts)}</Employment>"
