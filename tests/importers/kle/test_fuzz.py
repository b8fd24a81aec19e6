"""Mutated releases: an error that is declared, or every entry taken or told of; nothing else."""

import csv
import io
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from importers.kle import emneplan, table
from importers.kle.checking import checked
from importers.kle.entries import KIND_OF_ELEMENT
from importers.kle.errors import Unreadable
from importers.kle.matching import keyed
from protocols.xml import local, tree
from tests.importers.kle.release import Node, facets, small, uuid

LARGEST = 1 << 20
XML = (
    small(
        Node("27.12.04", "Hjælp [udgår 2027]", changed="2020-02-01"),
        Node("27.12.05", "Gammelt [udgået]", moved="2020-02-01", to=["27.12.04", "27.12"]),
        Node("27.12.06", ended="2027-02-01"),
        Node("27.12.06", id="", info=False),
    ),
    facets(Node("Ø", below=[Node("Ø00")])),
)
TABLE = (
    "uuid;number;title;created;changed;ended;replaced_by\r\n"
    + "".join(f"{uuid(each)};{each};Om {each};1988-01-01;;;\r\n" for each in ("27", "27.12", "27.12.04", "Ø", "Ø00"))
    + f"{uuid('27.12.06')};27.12.06;Væk;1988-01-01;2000-01-01;2015-08-01;27.12.04,27.12\r\n"
).encode()


@st.composite
def mutated(draw: st.DrawFn, originals: tuple[bytes, ...]) -> bytes:
    content = bytearray(draw(st.sampled_from(originals)))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, max(0, len(content) - 1)))
        end = min(len(content), start + draw(st.integers(1, 60)))
        match draw(st.sampled_from(["flip", "cut", "double", "end", "text"])):
            case "flip" if content:
                content[start] = draw(st.integers(0, 255))
            case "cut":
                del content[start:end]
            case "double":
                content[start:start] = content[start:end]
            case "end":
                del content[start:]
            case _:
                content[start:start] = draw(st.text(max_size=8)).encode("utf-8", "ignore")
    return bytes(content)


@given(mutated(XML))
@settings(max_examples=400)
def test_xml(content: bytes) -> None:
    try:
        release = emneplan.release(content, "fuzz", LARGEST)
    except Unreadable:
        return
    there = sum(local(each) in KIND_OF_ELEMENT for each in tree(content, LARGEST).iter("*"))
    bad = sum(each.severity == "bad" for each in release.problems)
    assert len(release.entries) + bad == there
    _settled(release.entries)


@given(mutated((TABLE,)))
@settings(max_examples=400)
def test_table(content: bytes) -> None:
    try:
        release = table.release(content, "fuzz", LARGEST)
    except Unreadable:
        return
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))[1:]
    bad = sum(each.severity == "bad" for each in release.problems)
    assert len(release.entries) + bad == sum(any(cell.strip() for cell in row) for row in rows)
    _settled(release.entries)


def _settled(entries: list) -> None:  # type: ignore[type-arg]
    """Whatever was read can be checked and keyed; each key is one thing's."""
    sound = checked(entries)
    assert {each.number for each in (*sound.sound, *sound.left_out)} == {each.number for each in entries}
    keys = [key for key, _ in keyed(sound.sound, [], date(2026, 11, 1), None)]
    assert len(keys) == len(set(keys))
