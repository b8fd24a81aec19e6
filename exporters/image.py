"""Reading an image: every operation of its document, by the reader that the program has given."""

import re
from collections.abc import Mapping
from datetime import date

from exporters.errors import ImageError
from exporters.target import Image, ImageReader, Target

_OPERATION = re.compile(r"^\s*query\s+(\w+)", re.MULTILINE)


def operations(document: str) -> tuple[str, ...]:
    """Names of the document's operations, in order."""
    return tuple(_OPERATION.findall(document))


def read_image(target: Target, read: ImageReader, at: date, variables: Mapping[str, object] | None = None) -> Image:
    """All answers. Every operation is asked with the same variables, and so of the same day."""
    asked = dict(target.variables(at)) if variables is None else dict(variables)
    names = operations(target.document)
    if not names:
        raise ImageError(f"The image of {target.name} has no named query.")
    return {name: list(read(target.document, name, asked)) for name in names}
