"""The model's own facts from YAML, JSON and CSV."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import neo4j
import pytest
import yaml

from graph.cpr.keyring import Keyring
from graph.statements.statement import Problem
from importers.facts.schema import FILE as SCHEMA
from importers.facts.schema import text
from importers.facts.settings import FactsSettings
from importers.facts.source import Facts
from importers.pipeline.import_run import ImportReport, run_import
from importers.source import SourceError
from tests.acceptance.cases import CASES, FILE, REFUSALS, named
from tests.graph.organisation import Stating, small
from tests.graph.snapshot import last_write, snapshot
from tests.importers.known import InMemory

RING = Keyring.generate()


def take(driver: neo4j.Driver, path: Path, **settings: Any) -> ImportReport:
    return run_import(driver, Facts(FactsSettings(path=path, **settings)), RING)


def facts_only() -> dict[str, Any]:
    """nearest.yaml without its questions, as plain JSON values."""
    plain: dict[str, Any] = json.loads(json.dumps(CASES, default=str))
    return {name: section for name, section in plain.items() if name not in ("queries", "refusals")}


def test_the_schema_beside_the_code_is_what_the_code_says() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == text()


def test_nearest_yaml_is_a_valid_facts_file() -> None:
    jsonschema.validate(facts_only(), json.loads(text()))


def test_the_same_facts_from_yaml_and_json_and_again_write_nothing(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    assert take(clean_graph, FILE).problems == []
    from_yaml, written = snapshot(clean_graph), last_write(clean_graph)
    take(clean_graph, FILE)
    assert last_write(clean_graph) == written
    (tmp_path / "facts.json").write_text(json.dumps(facts_only()), encoding="utf-8")
    assert take(clean_graph, tmp_path / "facts.json").changes == 0
    assert [each[3:] for each in snapshot(clean_graph)] == [each[3:] for each in from_yaml]


@pytest.mark.parametrize("case", REFUSALS, ids=named)
def test_refusals_through_a_facts_file(clean_graph: neo4j.Driver, tmp_path: Path, case: dict[str, Any]) -> None:
    take(clean_graph, FILE)
    before = snapshot(clean_graph)
    changed = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    for section, changes in case["change"].items():
        for entry in changed[section]:
            entry.update(changes.get(entry["id"], {}))
    (tmp_path / "changed.yaml").write_text(yaml.safe_dump(changed), encoding="utf-8")
    report = take(clean_graph, tmp_path / "changed.yaml")
    if case["expect"] == "accepted":
        assert report.problems == [] and report.changes > 0
        return
    assert {each.rule for each in report.problems} == {case["expect"]["refused"]}
    touched = {key for changes in case["change"].values() for key in changes}
    assert {each.key for each in report.problems} <= touched
    assert snapshot(clean_graph) == before


def test_csv_tells_the_same_as_yaml(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    tables = {
        "roles": "id;title;covers_all\nmanager;Leder;true\n",
        "kle": "id;parent\n27;\n27.12;27\n",
        "systems": "id;groups\ncura;care\n",
        "groups": "id\ncare\n",
        "units": "id;name;parents;tags;performs\nroot;Strandby;;;\nelderly;Ældre;root@2007-01-01..;a|b;27.12\n",
        "persons": "id;name;absences\ndorte;Dorte Præst;2026-04-01..2026-04-15\nsoren;Søren Vang;\n",
        "employments": "id;person;from;units;leave\ne1;dorte;2014-05-01;elderly;2026-03-01..2026-06-01\n",
        "assignments": "id;employment;role;about;for;primary\na1;e1;manager;kle:27.12|system:cura;elderly;true\n",
        "substitutes": "id;assignment;person;rank;scope_units\ns1;a1;soren;1;elderly\n",
    }
    folder = tmp_path / "csv"
    folder.mkdir()
    for name, table in tables.items():
        (folder / f"{name}.csv").write_text("\ufeff" + table, encoding="utf-8")
    assert take(clean_graph, folder).problems == []
    facts = """
    roles: {manager: {title: Leder, covers_all: true}}
    kle: {"27": null, "27.12": "27"}
    groups: [care]
    systems: {cura: [care]}
    units:
    - {id: root, name: Strandby}
    - {id: elderly, name: Ældre, parents: [{unit: root, from: 2007-01-01}], tags: [a, b], performs: ["27.12"]}
    persons:
    - {id: dorte, name: Dorte Præst, absences: [{from: 2026-04-01, to: 2026-04-15}]}
    - {id: soren, name: Søren Vang}
    employments:
    - {id: e1, person: dorte, from: 2014-05-01, units: [{unit: elderly}], leave: [{from: 2026-03-01, to: 2026-06-01}]}
    assignments:
    - {id: a1, holder: {employment: e1}, role: manager, about: ["kle:27.12", "system:cura"],
       for: [{unit: elderly}], primary: true}
    substitutes: [{id: s1, assignment: a1, person: soren, rank: 1, scope: {units: [elderly]}}]
    """
    (tmp_path / "same.yaml").write_text(facts, encoding="utf-8")
    report = take(clean_graph, tmp_path / "same.yaml")
    assert report.changes == 0, report.as_counts()


BAD = [
    ({"units": [{"id": "u", "nmae": "A"}]}, "Unit", "u", "nmae", "unknown_property"),
    ({"units": [{"id": "u", "name": "A", "from": "2026-13-01"}]}, "Unit", "u", "from", "date"),
    ({"units": [{"name": "A"}]}, "Unit", "units[1]", "id", "id"),
    ({"units": ["A"]}, "Unit", "units[1]", "", "entry"),
    ({"units": [{"id": "u", "name": "A", "parents": "root"}]}, "Unit", "u", "parents", "list"),
    ({"persons": [{"id": "p"}]}, "Person", "p", "name", "name"),
    ({"persons": [{"id": "p", "name": "A", "absences": ["x"]}]}, "Person", "p", "absences", "period"),
    ({"employments": [{"id": "e"}]}, "Employment", "e", "person", "person"),
    ({"assignments": [{"id": "a", "role": "r", "holder": {}}]}, "Assignment", "a", "holder", "holder"),
    ({"assignments": [{"id": "a", "holder": {"person": "p"}}]}, "Assignment", "a", "role", "role"),
    (
        {"assignments": [{"id": "a", "role": "r", "holder": {"person": "p"}, "about": ["payroll"]}]},
        "Assignment",
        "a",
        "about",
        "responsibility",
    ),
    ({"substitutes": [{"id": "s", "person": "p"}]}, "Substitution", "s", "assignment", "assignment"),
    # As written by hand: another type than the field has, a day that no month has, nothing where an id is due.
    ({"units": [{"id": "u", "name": True}]}, "Unit", "u", "name", "text"),
    ({"units": [{"id": "u", "title": {"da": "A"}}]}, "Unit", "u", "title", "text"),
    ({"units": [{"id": "u", "name": "A", "tags": ["x", {"y": 1}]}]}, "Unit", "u", "tags", "text"),
    ({"units": [{"id": "u", "name": "A", "from": "2026-02-31"}]}, "Unit", "u", "from", "date"),
    ({"units": [{"id": "u", "name": "A", "parents": [{"unit": None}]}]}, "Unit", "u", "parents", "reference"),
    ({"units": [{"id": "u", "name": "A", "performs": [["27"]]}]}, "Unit", "u", "performs", "reference"),
    ({"employments": [{"id": "e", "person": ["p"]}]}, "Employment", "e", "person", "reference"),
    ({"employments": [{"id": "e", "person": "p", "fraction": "half"}]}, "Employment", "e", "fraction", "decimal"),
    ({"assignments": [{"id": "a", "role": "r", "holder": {"person": None}}]}, "Assignment", "a", "holder", "reference"),
    (
        {"persons": [{"id": "p", "name": "A", "address_protected": "maybe"}]},
        "Person",
        "p",
        "address_protected",
        "yes_no",
    ),
]


@pytest.mark.parametrize(("facts", "kind", "key", "field", "rule"), BAD)
def test_a_bad_entry_is_kept_with_field_and_rule_and_the_rest_goes_on(
    clean_graph: neo4j.Driver, tmp_path: Path, facts: dict[str, Any], kind: str, key: str, field: str, rule: str
) -> None:
    path = tmp_path / "bad.json"
    path.write_text(json.dumps({**facts, "functions": ["economy"]}), encoding="utf-8")
    report = take(clean_graph, path)
    assert [(p.kind, p.key, p.field, p.rule, p.severity) for p in report.problems if p.severity == "bad"] == [
        (kind, key, field, rule, "bad")
    ]
    assert report.as_counts()["Function"] == {"created": 1}
    assert "123" not in str([each.text for each in report.problems])


@pytest.mark.parametrize("number", ["123", "3201011234", "2902011118", "ekstern"])
def test_what_is_not_a_cpr_number_does_not_lose_the_person(tmp_path: Path, number: str) -> None:
    """The person is known by the id, and by a number once there is one."""
    known = InMemory()
    path = tmp_path / "staff.json"
    for cpr, rules in ((number, ["wrong_cpr"]), ("020257-5002", [])):
        entries = {"persons": [{"id": "p", "name": "A", "cpr": cpr}], "employments": [{"id": "e", "person": "p"}]}
        path.write_text(json.dumps(entries), encoding="utf-8")
        applied = known.take(Facts(FactsSettings(path=path)))
        assert [each.rule for each in applied.problems if each.kind == "Person"] == rules
        assert number not in str([each.text for each in applied.problems])
        assert known.kept["Person", "p"][0].cpr == ("0202575002" if not rules else None)
        assert known.link("Employment", "e", "person", date(2026, 3, 2)) == "p"


TWICE = {
    "json": '{"units": [{"id": "u", "name": "A", "name": "B"}, {"id": "w", "name": "W"}]}',
    "yaml": "units:\n- {id: u, name: A, name: B}\n- {id: w, name: W}\n",
}
NESTED = {
    "json": '{"units": [{"id": "u", "name": "A", "parents": [{"unit": "w", "unit": "x"}]}, {"id": "w", "name": "W"}]}',
    "yaml": "units:\n- id: u\n  name: A\n  parents:\n  - unit: w\n    unit: x\n- {id: w, name: W}\n",
}


@pytest.mark.parametrize("form", ["json", "yaml"])
@pytest.mark.parametrize(("content", "field"), [(TWICE, "name"), (NESTED, "unit")])
def test_a_field_that_stands_twice_is_its_entrys_problem(
    clean_graph: neo4j.Driver, tmp_path: Path, content: dict[str, str], field: str, form: str
) -> None:
    path = tmp_path / f"twice.{form}"
    path.write_text(content[form])
    report = take(clean_graph, path)
    assert [(each.key, each.field, each.rule) for each in report.problems] == [("u", field, "field_twice")]
    assert report.as_counts()["Unit"] == {"created": 1}


def test_a_field_that_comes_to_stand_twice_is_seen_though_its_last_value_is_the_old_one(
    clean_graph: neo4j.Driver, tmp_path: Path
) -> None:
    path = tmp_path / "facts.json"
    path.write_text('{"units": [{"id": "u", "name": "B"}]}')
    assert take(clean_graph, path).problems == []
    path.write_text('{"units": [{"id": "u", "name": "A", "name": "B"}]}')
    assert [each.rule for each in take(clean_graph, path).problems] == ["field_twice"]
    path.write_text('{"units": [{"id": "u", "name": "B"}]}')
    mended = take(clean_graph, path)
    assert (mended.problems, mended.changes) == ([], 0)


def test_what_is_no_entry_is_not_quoted(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    """It may be anything, a CPR number too."""
    path = tmp_path / "facts.json"
    path.write_text('{"persons": ["0101571239"], "employments": [[101571239]]}')
    problems = take(clean_graph, path).problems
    assert {each.rule for each in problems} == {"entry"}
    assert "1571239" not in str(problems)


def test_a_reference_to_nothing_is_noticed_and_its_entry_goes_in(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    path.write_text('{"units": [{"id": "u", "name": "U", "parents": [{"unit": "nowhere"}]}]}')
    report = take(clean_graph, path)
    assert [(each.key, each.field, each.rule, each.severity) for each in report.problems] == [
        ("u", "parent", "unknown_reference", "notice")
    ]
    assert "'nowhere'" in report.problems[0].text
    assert report.as_counts() == {"Unit": {"created": 1}}


def test_an_impossible_date_in_yaml_is_that_entrys_problem(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    path = tmp_path / "date.yaml"
    path.write_text("units:\n- {id: u, name: A, from: 2026-13-45}\n- {id: w, name: B}\n")
    report = take(clean_graph, path)
    assert [(each.key, each.field, each.rule) for each in report.problems] == [("u", "from", "date")]
    assert report.as_counts() == {"Unit": {"created": 1}}


def test_a_code_without_quotes_in_yaml_is_the_text_that_is_written(tmp_path: Path) -> None:
    """To YAML, 00417 is octal, 12:30 has base 60, and 27.10 is 27.1; the same file as CSV has the texts."""
    path = tmp_path / "codes.yaml"
    path.write_text(
        "units:\n- {id: 0100, name: A, cost_center: 004010000000, postal_code: 0555, phone: 12:30, ean: 1_000}\n"
        "persons:\n- {id: p, name: B, cpr: 0202575002}\n"
        "employments:\n- {id: e, person: p, number: 00417, weekly_hours: 37.00, fraction: 0.50, position_code: 27.10}\n"
    )
    known = InMemory()
    applied = known.take(Facts(FactsSettings(path=path)))
    assert applied.problems == []
    day = date(2026, 3, 2)
    names = ("cost_center", "postal_code", "phone", "ean")
    assert [known.value("Unit", "0100", name, day) for name in names] == ["004010000000", "0555", "12:30", "1_000"]
    names = ("number", "weekly_hours", "fraction", "position_code")
    assert [known.value("Employment", "e", name, day) for name in names] == ["00417", 37.0, 0.5, "27.10"]
    assert known.kept["Person", "p"][0].cpr == "0202575002"


def test_a_number_without_quotes_in_yaml_that_is_none_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "hours.yaml"
    path.write_text("persons:\n- {id: p, name: B}\nemployments:\n- {id: e, person: p, weekly_hours: 12:30}\n")
    applied = InMemory().take(Facts(FactsSettings(path=path)))
    assert [(each.key, each.field, each.rule) for each in applied.problems] == [("e", "weekly_hours", "decimal")]


def test_an_id_that_comes_twice_and_a_section_that_nobody_knows_are_shown(
    clean_graph: neo4j.Driver, tmp_path: Path
) -> None:
    path = tmp_path / "twice.json"
    path.write_text(json.dumps({"units": [{"id": "u", "name": "A"}, {"id": "u", "name": "B"}], "untis": []}))
    problems = {(each.key, each.rule): each for each in take(clean_graph, path).problems}
    assert set(problems) == {("u", "duplicate_id"), ("untis", "unknown_section")}
    assert isinstance(problems["u", "duplicate_id"], Problem)


def test_a_folder_without_any_file_is_no_empty_organisation(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"there is no \.csv file in it"):
        take(clean_graph, tmp_path)


def test_what_is_mended_in_the_file_is_shown_no_longer(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    """Also what had no key to be known by: an entry without id, a section that nobody knows."""
    path = tmp_path / "mended.json"
    wrong = {"units": [{"name": "A"}, {"id": "b", "name": "B"}, {"id": "b", "name": "B2"}], "untis": []}
    path.write_text(json.dumps(wrong))
    assert len(take(clean_graph, path).problems) == 3
    path.write_text(json.dumps({"units": [{"id": "a", "name": "A"}, {"id": "b", "name": "B"}]}))
    assert take(clean_graph, path).problems == []
    rows, _, _ = clean_graph.execute_query("MATCH (b:BadRecord) RETURN b.key")
    assert rows == []


def test_references_to_other_sources_things(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    path.write_text(
        json.dumps(
            {
                "units": [{"id": "dep:1", "name": "A"}],
                "persons": [{"id": "p", "name": "P"}],
                "employments": [{"id": "e", "person": "p", "units": [{"unit": "dep:1"}]}],
            }
        )
    )
    take(clean_graph, path, name="hr_list")
    other = tmp_path / "other.json"
    other.write_text(
        json.dumps(
            {
                "roles": {"manager": "Leder"},
                "assignments": [
                    {
                        "id": "a",
                        "role": "manager",
                        "holder": {"employment": "hr_list:e"},
                        "for": [{"unit": "hr_list:dep:1"}],
                    }
                ],
            }
        )
    )
    assert take(clean_graph, other).problems == []
    rows, _, _ = clean_graph.execute_query(
        "MATCH (e:Employment)-[:HOLDS]->(:Assignment)-[:FOR]->(u:Unit) RETURN e.number AS e, u.name AS u"
    )
    assert [tuple(row) for row in rows] == [("e", "A")]


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.yaml", "a: [b"), ("a.json", "{"), ("a.txt", ""), ("a.json", "[1]"), ("a.yaml", "!!python/object:os.system x")],
)
def test_a_file_that_cant_be_read_changes_nothing(
    clean_graph: neo4j.Driver, tmp_path: Path, name: str, content: str
) -> None:
    before = last_write(clean_graph)
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(SourceError, match=name):
        take(clean_graph, path)
    with pytest.raises(SourceError):
        take(clean_graph, tmp_path / "none.yaml")
    assert last_write(clean_graph) == before


def test_a_quotation_mark_that_nobody_closes_swallows_no_rows(tmp_path: Path) -> None:
    (tmp_path / "persons.csv").write_text('id;name\np1;"Ole\np2;Bo\np3;Eva\n', encoding="utf-8")
    with pytest.raises(SourceError, match="unexpected end of data"):
        InMemory().take(Facts(FactsSettings(path=tmp_path)))


@pytest.mark.parametrize(
    ("last", "rules", "email"),
    [
        ("p2;Bo;b@x.dk", [], "b@x.dk"),
        ("p2;B", ["entry"], "bo@x.dk"),  # the file was cut off
        ("p2", ["entry"], "bo@x.dk"),
        ('p2;"Bo\np3;Eva\n"\n', ["entry"], "bo@x.dk"),  # a quotation mark has swallowed rows
        ("p2;Bo;b@x.dk;;", [], "b@x.dk"),
        ("p2;Bo\n", [], ""),  # Excel leaves empty cells out at the end of a row
        ("p2;Bo\r\n", [], ""),
        ("p2;Bo\np4;Ib;;\n", [], ""),
    ],
)
def test_what_was_cut_off_takes_nothing_away(tmp_path: Path, last: str, rules: list[str], email: str) -> None:
    known, file = InMemory(), tmp_path / "persons.csv"
    for content, found in (("p2;Bo;bo@x.dk\n", []), (last, rules)):
        file.write_text(f"id;name;work_email;\np1;Ole;ole@x.dk\n{content}", encoding="utf-8", newline="")
        assert known.take(Facts(FactsSettings(path=tmp_path))).rules() == found
    told = known.kept["Person", "p2"][0].values.get("work_email", ())
    assert [each.value for each in told] == ([email] if email else [])


def test_more_values_for_what_another_source_makes(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    school = {"id": "north_stil", "adds_to": "sd:north", "institution_number": "012345"}
    (tmp_path / "facts.json").write_text(json.dumps({"units": [school]}), encoding="utf-8")
    jsonschema.validate({"units": [school]}, json.loads(text()))
    waiting = take(clean_graph, tmp_path / "facts.json")
    assert [(each.key, each.rule) for each in waiting.problems] == [("north_stil", "unknown_reference")]
    run_import(clean_graph, Stating(*small()), RING)
    assert take(clean_graph, tmp_path / "facts.json").problems == []
    rows, _, _ = clean_graph.execute_query("MATCH (u:Unit {institution_number: '012345'}) RETURN u.name AS name")
    assert [row["name"] for row in rows] == ["North"]


def test_a_wrong_value_about_a_person_is_not_quoted(tmp_path: Path) -> None:
    """Bad records are told to every reader, and kept."""
    content = {
        "units": [{"id": "u", "name": "U", "parents": ["Hemmelig"], "tags": {"a": "Hemmelig"}}],
        "employments": [
            {"id": "e1", "person": {"cpr": "0101901234", "name": "Hemmelig"}},
            {"id": "e2", "person": ["Hemmelig"]},
            {"id": "e3", "person": "p", "weekly_hours": "3_7"},
            {"id": "e4", "person": "p", "weekly_hours": "٣٧"},
        ],
        "persons": [{"id": "p", "name": {"first": "Hemmelig"}}],
        "name_policies": {"staff": {"title": "Staff", "login_patterns": ["  "]}},
    }
    (tmp_path / "facts.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    found = InMemory().take(Facts(FactsSettings(path=tmp_path / "facts.yaml"))).problems
    text = " ".join(each.text for each in found)
    assert "0101901234" not in text and "Hemmelig" not in text
    assert {each.key for each in found} >= {"u", "e1", "e2", "e3", "e4", "p"}
