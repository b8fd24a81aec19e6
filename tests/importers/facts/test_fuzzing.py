"""Broken and strange facts files: refused as a whole with its name, or every entry is taken or shown."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.errors import ChangeRejected
from graph.statements.merge import check
from graph.statements.statement import BadRecord
from importers.facts import loading
from importers.facts.mapping import SECTIONS
from importers.facts.reader import LISTS, MAPPINGS
from importers.facts.settings import FactsSettings
from importers.facts.source import WHOLE_FILE, Facts
from importers.source import SourceError
from tests.acceptance.cases import CASES, FILE
from tests.importers.known import InMemory

SMALL = """\
roles:
  manager: {title: Leder, covers_all: true}
kle: {"27": null, "27.12": "27"}
functions: [payroll_reporting]
units:
- &top {id: top, name: Ældre, from: 2007-01-01}
- {id: below, title: "Hjem & \\u00f8", parents: [{unit: top, from: 2020-01-01, to: 2030-01-01}], performs: ["27.12"]}
persons:
- {id: dorte, name: Dorte Præst, absences: [{from: 2026-04-01, to: 2026-04-15}]}
employments:
- {id: e1, person: dorte, from: 2014-05-01, fraction: 0.5, units: [{unit: below}]}
assignments:
- {id: a1, holder: {employment: e1}, role: manager, about: ["kle:27.12"], for: [{unit: top}], primary: true}
substitutes:
- {id: s1, assignment: a1, person: dorte, rank: 1, scope: {units: [top]}}
"""
SNIPPETS = st.sampled_from(
    ["&a ", "*a", "*top", "<<: *top", "!!int x", "!!bool x", "!!timestamp x", "!!binary ø", "? [a]", "{", "]", "\t",
     "---\n", "\\ud800", "\0", ".nan", ".inf", "0x", "9" * 30, "2026-02-30", "0001-01-01 00:00:00 +23:59", "- - - -",
     "id: ", ";", "|"]
)  # fmt: skip
STRANGE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["id", "from", "2026-02-30", "9999-12-31", "1e400", "9" * 30, 10**30, "kle:", "cpr", "x" * 999]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip
BOUNDED = settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])


def outcomes(path: Path) -> Counter[str]:
    """How many entries of each kind are taken or shown. Raises SourceError."""
    found: Counter[str] = Counter()
    for reading in Facts(FactsSettings(path=path)).readings(InMemory()):
        found.update(each.kind for each in reading.problems)
        for raw in reading.records:
            found[raw.kind] += 1
            try:
                mapped = raw.map(None)
                assert mapped.statement is not None
                check(mapped.statement)
            except BadRecord as bad:
                assert bad.problem.key
            except ChangeRejected:
                pass  # the pipeline makes a bad record of it
    return found


def none_is_dropped(path: Path, content: Any) -> None:
    """``content``: the file as the format's own library reads it."""
    found = outcomes(path)
    assert isinstance(content, dict)
    for section in (*LISTS, *MAPPINGS):
        told = content.get(section)
        if isinstance(told, list) or (isinstance(told, dict) and section in MAPPINGS):
            assert found[SECTIONS[section]] == len(told), section
        elif section in content:
            assert found[WHOLE_FILE] >= 1, section  # shown as a section that nobody knows


def places(content: Any) -> list[tuple[Any, Any]]:
    """Each (container, key) below."""
    found: list[tuple[Any, Any]] = []
    rest = [content]
    while rest:
        here = rest.pop()
        keys = list(here) if isinstance(here, dict) else range(len(here))
        found += [(here, key) for key in keys]
        rest += [here[key] for key in keys if isinstance(here[key], dict | list)]
    return found


def mutated(content: Any, how: str, which: int, strange: Any) -> Any:
    copy = json.loads(json.dumps(content, default=str))
    every = places(copy)
    holder, key = every[which % len(every)]
    if how == "replace":
        holder[key] = strange
    elif how == "remove":
        del holder[key]
    elif isinstance(holder, list):
        holder.append(holder[key])
    else:
        holder[str(strange)[:20]] = holder[key]
    return copy


HOWS = st.sampled_from(["replace", "remove", "repeat"])


@given(HOWS, st.integers(0, 10_000), STRANGE)
@BOUNDED
def test_no_entry_of_a_mutated_json_file_is_dropped(tmp_path: Path, how: str, which: int, strange: Any) -> None:
    """nearest.yaml, as JSON."""
    file = tmp_path / "facts.json"
    facts = {name: each for name, each in CASES.items() if name not in ("queries", "refusals")}
    file.write_text(json.dumps(mutated(facts, how, which, strange)), encoding="utf-8")
    none_is_dropped(file, json.loads(file.read_text(encoding="utf-8")))


@given(HOWS, st.integers(0, 200), STRANGE)
@BOUNDED
def test_no_entry_of_a_mutated_yaml_file_is_dropped(tmp_path: Path, how: str, which: int, strange: Any) -> None:
    file = tmp_path / "facts.yaml"
    text = yaml.safe_dump(mutated(yaml.safe_load(SMALL), how, which, strange), allow_unicode=True)
    file.write_text(text, encoding="utf-8")
    none_is_dropped(file, yaml.safe_load(text))


@given(st.integers(0, len(SMALL)), st.integers(0, 3), SNIPPETS)
@BOUNDED
def test_broken_yaml_text_is_refused_or_read(tmp_path: Path, at: int, lost: int, snippet: str) -> None:
    text = SMALL[:at] + snippet + SMALL[at + lost :]
    file = tmp_path / "facts.yaml"
    file.write_text(text, encoding="utf-8")
    try:
        found = outcomes(file)
    except SourceError as refused:
        assert str(file) in str(refused)
        return
    try:
        content = yaml.safe_load(text)
    except Exception:  # a value that YAML's own loader chokes on and ours keeps as a text
        assert found
    else:
        none_is_dropped(file, content)


@given(st.integers(0, 400_000), st.sampled_from(["&a ", "*a", "- ", "\n", "{", "'", "9" * 30]))
@settings(parent=BOUNDED, max_examples=4)
def test_nearest_yaml_with_its_text_broken_is_refused_or_read(tmp_path: Path, where: int, snippet: str) -> None:
    text = FILE.read_text(encoding="utf-8")
    at = where % len(text)
    file = tmp_path / "nearest.yaml"
    file.write_text(text[:at] + snippet + text[at:], encoding="utf-8")
    try:
        assert outcomes(file)
    except SourceError as refused:
        assert str(file) in str(refused)


CSV = "id;name;parents;tags\nu1;Ældre;;a|b\nu2;Hjem;u1@2020-01-01..2030-01-01;\n"


@given(st.integers(0, len(CSV)), st.integers(0, 3), SNIPPETS | st.sampled_from(['"', "\n", "\r", ";;;;x", "@", ".."]))
@BOUNDED
def test_no_row_of_a_mutated_csv_file_is_dropped(tmp_path: Path, at: int, lost: int, snippet: str) -> None:
    folder = tmp_path / "facts"
    folder.mkdir(exist_ok=True)
    text = CSV[:at] + snippet + CSV[at + lost :]
    (folder / "units.csv").write_text(text, encoding="utf-8", newline="")
    try:
        found = outcomes(folder)
    except SourceError as refused:
        assert str(folder) in str(refused)
        return
    if '"' not in text:
        assert found["Unit"] == len([line for line in text.splitlines()[1:] if line])


# -- what is refused whatever it means --------------------------------------------------------------------------------


def laughs(link: Callable[[int], str]) -> str:
    return "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} {link(n - 1)}\n" for n in range(1, 12))


@pytest.mark.parametrize(
    "content",
    [
        laughs(lambda n: "[" + ", ".join([f"*a{n}"] * 10) + "]"),
        laughs(lambda n: "{<<: [" + ", ".join([f"*a{n}"] * 10) + "]}"),
        "units: &a [*a]",
        "units: " + "[" * 400 + "]" * 400,
        "units: " + "[" * 60 + "]" * 60,
        "units: []\nunits: [{id: a}]",
        "units: [{id: a, id: b}]",
    ],
    ids=["billion_laughs", "merged_laughs", "in_itself", "absurd_depth", "depth", "section_twice", "field_twice"],
)
def test_yaml_that_would_grow_or_lose_something_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    monkeypatch.setattr(loading, "LARGEST_CONTENT", 100_000)
    file = tmp_path / "facts.yaml"
    file.write_text(content)
    with pytest.raises(SourceError, match=r"facts\.yaml can't be read"):
        outcomes(file)


@pytest.mark.parametrize(
    "content", ["[" * 100_000, '{"units": ' + "[" * 60 + "]" * 60 + "}", '{"units": [{"id": "a", "id": "b"}]}', "{"]
)
def test_json_of_absurd_depth_or_with_a_field_twice_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "facts.json"
    file.write_text(content)
    with pytest.raises(SourceError, match=r"facts\.json can't be read"):
        outcomes(file)


@pytest.mark.parametrize("name", ["facts.yaml", "facts.json", "units.csv"])
def test_a_file_of_absurd_size_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(loading, "LARGEST_FILE", 10)
    (tmp_path / name).write_text('{"units": []}')
    with pytest.raises(SourceError, match="bytes; 10 are allowed"):
        outcomes(tmp_path if name == "units.csv" else tmp_path / name)


def test_aliases_that_stay_small_are_read(tmp_path: Path) -> None:
    file = tmp_path / "facts.yaml"
    file.write_text("units:\n- &a {id: a, name: A, from: 2020-01-01}\n- {<<: *a, id: b}\n")
    assert outcomes(file) == {"Unit": 2}
    known = InMemory()
    known.take(Facts(FactsSettings(path=file)))
    assert known.of("Unit", "b").values == known.of("Unit", "a").values


def test_a_csv_row_that_is_longer_than_the_header_is_shown(tmp_path: Path) -> None:
    (tmp_path / "units.csv").write_text("id;name\nu1;A;lost\nu2;B;\n")
    applied = InMemory().take(Facts(FactsSettings(path=tmp_path)))
    assert [(each.key, each.rule) for each in applied.problems] == [("u1", "entry")]


def test_a_key_that_stands_twice_in_csv_is_shown(tmp_path: Path) -> None:
    (tmp_path / "roles.csv").write_text("id;title\nmanager;Leder\nmanager;Chef\n")
    applied = InMemory().take(Facts(FactsSettings(path=tmp_path)))
    assert [(each.key, each.rule) for each in applied.problems] == [("manager", "duplicate_id")]


@pytest.mark.parametrize("entry", ["{name: A}", "{id: null, name: A}", "{id: [a], name: A}", "text", "null", "[a]"])
def test_an_entry_without_an_id_is_shown_by_its_place(tmp_path: Path, entry: str) -> None:
    file = tmp_path / "facts.yaml"
    file.write_text(f"units:\n- {{id: a, name: A}}\n- {entry}\n")
    applied = InMemory().take(Facts(FactsSettings(path=file)))
    assert [(each.kind, each.key) for each in applied.problems] == [("Unit", "units[2]")]
    assert [each.key for each in applied.changed] == ["a"]
