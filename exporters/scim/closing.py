"""What closing.graphql's answers mean for users. Only this module knows their form."""

from datetime import date

from exporters.errors import ImageError
from exporters.objects.target import Closing, Ref
from exporters.target import Image
from graph.time import NO_BEGINNING, Period

_OF_TIES = ("Employment", "Affiliation")


def closings(image: Image, at: date) -> Closing:
    """The users of people who are stopped on the day, or who no longer have an employment or affiliation. Raises
    ImageError."""
    stopped, ended, open_ = set[Ref](), set[Ref](), set[Ref]()
    try:
        people = [*image["Person_stopped"], *(each["person"] for name in _OF_TIES for each in image[name])]
        for person in people:
            if person is None:
                continue
            is_stopped = any(
                each["stopped"]
                for each in person["history"]
                if Period(
                    date.fromisoformat(each["from"] or NO_BEGINNING), each["to"] and date.fromisoformat(each["to"])
                ).holds(at)
            )  # fmt: skip
            has_any = bool(person["employments"] or person["affiliations"])
            (stopped if is_stopped else open_ if has_any else ended).add(Ref("user", person["uuid"]))
    except (LookupError, TypeError, ValueError) as error:
        raise ImageError(f"The answers lack what closing needs: {error!r}") from error
    return Closing(frozenset(stopped), frozenset(ended), frozenset(open_))
