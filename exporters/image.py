"""Reading an image: every operation of its document, with the reader that the program provides."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, Protocol

from exporters.errors import ImageError
from exporters.target import Image, ImageReader

PAGE = 10_000
"""Objects per page: limits the memory of the API and the reader."""

Ask = Callable[[str, str, Mapping[str, object]], Mapping[str, Any]]
"""Runs one operation: (document, its name, variables) → ``data`` of the answer. Raises if there are errors."""

_OPERATION = re.compile(r"^\s*query\s+(\w+)", re.MULTILINE)


def operations(document: str) -> tuple[str, ...]:
    """Names of the document's operations, in order."""
    return tuple(_OPERATION.findall(document))


class HasImage(Protocol):
    """The parts of a target that are needed to read an image."""

    @property
    def name(self) -> str: ...

    @property
    def document(self) -> str: ...

    def variables(self, at: date) -> Mapping[str, object]: ...


def read_image(target: HasImage, read: ImageReader, at: date) -> Image:
    """All answers. Every operation has the same variables, and so shows the same day."""
    asked = dict(target.variables(at))
    names = operations(target.document)
    if not names:
        raise ImageError(f"The image of {target.name} has no named query.")
    return {name: list(read(target.document, name, asked)) for name in names}


def paged(ask: Ask) -> ImageReader:
    """A reader that reads a connection page by page, with the operation's variables ``first`` and ``after``."""

    def read(document: str, operation: str, variables: Mapping[str, object]) -> Iterator[Mapping[str, Any]]:
        after: object = None
        while True:
            data = ask(document, operation, {**variables, "first": PAGE, "after": after})
            answer = next(iter(data.values()))
            if isinstance(answer, list):
                yield from answer
                return
            yield from answer["nodes"]
            if not answer["pageInfo"]["hasNextPage"]:
                return
            after = answer["pageInfo"]["endCursor"]

    return read
