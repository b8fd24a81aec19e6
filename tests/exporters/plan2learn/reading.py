"""The image read by the API's own compiler, as the program does it."""

import asyncio
from collections.abc import Mapping
from typing import Any

import neo4j
import orjson

from api.reads.question import question_of
from api.reads.reader import Reader
from exporters.image import paged
from exporters.target import ImageReader
from graph.connection import connect_async
from graph.cpr.keyring import Keyring
from reconnect.embedded import Addresses

RIGHTS = frozenset({"cpr"})


def image_reader(addresses: Addresses, driver: neo4j.Driver, keyring: Keyring) -> ImageReader:
    """A reader with the rights that Plan2Learn's image needs."""

    async def answer(document: str, operation: str, variables: Mapping[str, object]) -> bytes:
        async with connect_async(addresses.bolt_uri, addresses.user, addresses.password) as reading:
            reader = Reader(reading, driver, keyring)
            got = await reader.answer(question_of(document, operation), variables, RIGHTS, "export plan2learn")
            return got if isinstance(got, bytes) else b"".join([chunk async for chunk in got])

    def ask(document: str, operation: str, variables: Mapping[str, object]) -> Mapping[str, Any]:
        data: Mapping[str, Any] = orjson.loads(asyncio.run(answer(document, operation, variables)))["data"]
        return data

    return paged(ask)
