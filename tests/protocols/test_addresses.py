"""Another system's identifiers as parts of an address."""

import httpx
import pytest

from protocols.addresses import segment


@pytest.mark.parametrize(
    ("identifier", "path"),
    [
        ("anna#2", "/Users/anna%232"),
        ("7?x=1", "/Users/7%3Fx=1"),
        ("../Groups/4", "/Users/..%2FGroups%2F4"),
        ("..", "/Users/%2E%2E"),
        (".", "/Users/%2E"),
        ("100%", "/Users/100%25"),
        ("å b", "/Users/%C3%A5%20b"),
        ("anna@klit.example", "/Users/anna@klit.example"),
        ("2819c223-7f76-453a-919d-413861904646", "/Users/2819c223-7f76-453a-919d-413861904646"),
    ],
)
def test_an_identifier_is_one_segment_whatever_it_contains(identifier: str, path: str) -> None:
    address = httpx.URL(f"https://server.example/Users/{segment(identifier)}")
    assert (address.raw_path.decode(), address.fragment) == (path, "")


def test_an_empty_identifier_is_not_everybodys_address() -> None:
    with pytest.raises(ValueError, match="empty"):
        segment("")
