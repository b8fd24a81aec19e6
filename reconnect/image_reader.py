"""Reads a target's image through the API's own compiler, with the target's rights."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from neo4j.exceptions import DriverError, Neo4jError

from api.access.rights import Access
from exporters.errors import ImageError
from exporters.image import paged
from exporters.target import ImageReader
from reconnect import folders
from reconnect.context import Context
from reconnect.local_api import QueryRejected, local_api


@contextmanager
def image_reader(context: Context, target: str) -> Iterator[ImageReader]:
    """A reader of images while the block runs, with the rights that the target's folder names. Each reading of a CPR
    number is logged under the target's name."""
    access = Access(f"export:{target}", folders.target(target.partition("-")[0]).RIGHTS)
    with local_api(context) as api:

        def ask(document: str, operation: str, variables: Mapping[str, object]) -> dict[str, Any]:
            try:
                return api.data(access, document, operation, variables)
            except (QueryRejected, Neo4jError, DriverError) as error:
                raise ImageError(f"The image of {target}, {operation}, could not be read: {error}") from error

        yield paged(ask)
