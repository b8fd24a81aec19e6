"""Broken and strange answers: the reading is refused, or every employment of it is taken or shown."""

from collections.abc import Iterator, Mapping
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from graph.errors import ChangeRejected
from importers.sd import source
from importers.sd.client import Body, Client
from importers.source import SourceError
from protocols import xml
from tests.importers.known import InMemory
from tests.importers.sd.klit import Payroll

Asked = tuple[str, str]
EMPLOYMENTS = "GetEmploymentChanged20111201"
FUZZED = (EMPLOYMENTS, "GetPerson20111201", "GetDepartment20111201", "GetOrganization20111201", "GetProfession20080201")


def name_of(operation: str, parameters: Mapping[str, Any]) -> Asked:
    return operation, repr(sorted(parameters.items()))


class Recorded(Client):
    """Asks the stand-in once; then answers what it has heard, with one operation's answers changed."""

    heard: dict[Asked, bytes] = {}  # noqa: RUF012 - of the class, which the source makes objects of
    histories: dict[str, bytes] = {}  # noqa: RUF012
    changed: tuple[str, bytes] | None = None

    def ask(self, operation: str, parameters: Mapping[str, str | date | bool]) -> Body:
        name = name_of(operation, parameters)
        if name not in self.heard:
            self.heard[name] = super().ask(operation, parameters).read()
        if self.changed is not None and self.changed[0] == operation:
            return BytesIO(self.changed[1])
        return BytesIO(self.heard[name])

    def parent_histories(self, uuids: Any) -> dict[str, bytes]:
        asked = list(uuids)
        self.histories.update(super().parent_histories(each for each in asked if each not in self.histories))
        return {each: self.histories[each] for each in asked}


@pytest.fixture
def recorded(payroll: Payroll, monkeypatch: pytest.MonkeyPatch) -> Iterator[Payroll]:
    monkeypatch.setattr(source, "Client", Recorded)
    Recorded.heard, Recorded.histories, Recorded.changed = {}, {}, None
    payroll.read(retries=0)
    yield payroll


def told_of(operation: str) -> bytes:
    return next(body for (asked, _), body in Recorded.heard.items() if asked == operation)


def changed(content: bytes, how: str, which: int, text: str) -> bytes:
    """One element removed, doubled, renamed, or with another text; or the bytes themselves changed."""
    if how == "flip":
        at = which % len(content)
        return content[:at] + text.encode() + content[at + 1 :]
    if how == "end":
        return content[: which % len(content)]
    root = xml.tree(content, len(content))
    elements = [each for each in root.iter("*") if each is not root]
    chosen = elements[which % len(elements)]
    parent = chosen.getparent()
    assert parent is not None
    if how == "element":
        parent.remove(chosen)
    elif how == "twice":
        parent.append(etree.fromstring(etree.tostring(chosen, with_tail=False)))
    elif how == "rename":
        chosen.tag = "Strange"
    else:
        chosen.text = "".join(letter for letter in text if letter.isprintable())
    return etree.tostring(root)


TEXTS = st.one_of(st.text(max_size=12), st.sampled_from(["0000-00-00", "9999-12-31", "-1", "nan", "1e400", "Æ&<"]))
HOWS = st.sampled_from(["flip", "end", "element", "twice", "rename", "text"])


@given(st.sampled_from(FUZZED), HOWS, st.integers(0, 5000), TEXTS)
@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_a_broken_answer_is_an_error_or_every_employment_of_it_is_taken_or_shown(
    recorded: Payroll, operation: str, how: str, which: int, text: str
) -> None:
    content = changed(told_of(operation), how, which, text)
    Recorded.changed = (operation, content)
    recorded.known = InMemory()
    try:
        applied = recorded.read(whole=True, retries=0)
    except (SourceError, ChangeRejected):  # Refused: the pipeline makes a bad record of it
        return
    finally:
        Recorded.changed = None
    root = xml.tree(content if operation == EMPLOYMENTS else told_of(EMPLOYMENTS), 1 << 20)
    keys = {*recorded.known.keys("Employment"), *(each.key for each in applied.problems)}
    for element in root.iterfind("Person/Employment"):
        number = (element.findtext("EmploymentIdentifier") or "").strip()
        assert any(f":{number}:" in each for each in keys), number
