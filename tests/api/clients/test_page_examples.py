"""The examples of docs/api.md work as they are written, with the address and the token of a service of one's own."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import neo4j
import pytest

from graph.cpr.keyring import Keyring
from importers.pipeline.import_run import run_import
from reconnect.embedded import Addresses
from tests.api.clients import node
from tests.api.serving import CLIENT, Served, serving
from tests.emptied import empty
from tests.graph.organisation import Stating, small

PAGE = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")
SOMEBODYS = "reconnect.kommune.example"


@pytest.fixture(scope="module")
def service(driver: neo4j.Driver, addresses: Addresses) -> Iterator[Served]:
    empty(driver)
    ring = Keyring.generate()
    run_import(driver, Stating(*small()), ring)
    with serving(addresses, driver, ring) as served:
        yield served


def example(language: str, word: str, service: Served) -> str:
    """The example in a language that has a word, for the running service."""
    found = [each for each in re.findall(rf"```{language}\n(.*?)\n```", PAGE, re.DOTALL) if word in each]
    (text,) = found
    assert isinstance(text, str)
    assert f"https://{SOMEBODYS}/graphql" in text
    address = service.url.partition("://")[2]
    return text.replace(f"https://{SOMEBODYS}", service.url).replace(f"wss://{SOMEBODYS}", f"ws://{address}")


@pytest.fixture(scope="module")
def names(service: Served) -> list[str]:
    """What each example asks for."""
    return [each["name"] for each in service.data("{ units(first: 2) { nodes { name } } }")["units"]["nodes"]]


def test_curl(service: Served, names: list[str]) -> None:
    words = shlex.split(example("sh", "curl", service).replace("$TOKEN", service.token("reader")))
    headers = [words[place + 1].split(": ", 1) for place, each in enumerate(words) if each == "-H"]
    (body,) = [words[place + 1] for place, each in enumerate(words) if each == "-d"]
    (address,) = [each for each in words if each.startswith("http")]
    answer = CLIENT.post(address, content=body, headers=[(name, value) for name, value in headers]).json()
    assert [each["name"] for each in answer["data"]["units"]["nodes"]] == names


def test_gql(service: Served, names: list[str]) -> None:
    command = [sys.executable, "-c", example("python", "gql", service)]
    told = {**os.environ, "TOKEN": service.token()}
    done = subprocess.run(command, env=told, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    units, change = map(eval, done.stdout.splitlines())
    assert [each["name"] for each in units["units"]["nodes"]] == names
    assert change["number"] == 1


def test_urql(service: Served, names: list[str]) -> None:
    text = example("js", "urql", service)
    assert node.printed(text, TOKEN=service.token("reader"), NO_COLOR="1").split("'")[1::2] == names
    # Why the page says so: as urql comes, the question is refused.
    refused = node.printed(text.replace("  preferGetMethod: false,\n", ""), TOKEN=service.token("reader"))
    assert "Send queries by POST" in refused


def test_apollo(service: Served, names: list[str]) -> None:
    units, change = node.printed(
        example("js", "apollo", service), TOKEN=service.token(), NO_COLOR="1"
    ).splitlines()  # fmt: skip
    assert units.split("'")[1::2] == names
    assert change == "1"
