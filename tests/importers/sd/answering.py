"""The stand-in with single answers of it replaced: what SD was not seen to do, and may do."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from io import BytesIO

import pytest

from importers.sd import source
from importers.sd.client import Body, Client

Parameters = Mapping[str, str | date | bool]
Replaced = Callable[[str, Parameters, str], str]
"""(operation, what was asked, the stand-in's answer) → the answer that is given."""

FAULT = (
    "<Envelope><Body><Fault><faultcode>soapenv:soapenvClient.Unexpected</faultcode>"
    "<faultstring>{}</faultstring></Fault></Body></Envelope>"
)


def fault(text: str) -> str:
    return FAULT.format(text)


def emptied(operation: str, answer: str) -> str:
    """The root and the echo of the request only."""
    end = "</RequestStructure>" if "</RequestStructure>" in answer else "</RequestKey>"
    return answer.partition(end)[0] + end + f"</{operation}>"


@contextmanager
def answers(replaced: Replaced) -> Iterator[None]:
    class Answering(Client):
        def ask(self, operation: str, parameters: Parameters) -> Body:
            body = super().ask(operation, parameters)
            return BytesIO(replaced(operation, parameters, body.read().decode()).encode())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "Client", Answering)
        yield
