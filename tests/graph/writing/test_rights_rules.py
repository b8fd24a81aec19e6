"""What is refused when rights are saved: shown as a bad record by an import, and nothing of it is written."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import neo4j
import pytest

from graph.questions.rights.asking import asked, rights_on
from graph.time import today
from graph.writing.rights_things import Thing, bundles
from tests.emptied import empty
from tests.graph.questions.rights.imported import imported
from tests.graph.questions.rights.town import TOWN

pytestmark = pytest.mark.slow
SETTING = {"of": "job_function_role:sapa_case_worker", "system_role": "sapa_read"}
MORE: dict[str, list[tuple[dict[str, Any], str, str, str]]] = {
    "constraint_types": [
        ({"id": "t1", "pattern": "(["}, "pattern", "wrong_value", "pattern"),
        ({"id": "t2", "pattern": "(?=a)(a|aa)+"}, "pattern", "wrong_value", "pattern"),
        ({"id": "t3", "content": "colour"}, "content", "wrong_value", "allowed: kle, unit"),
        ({"id": "t4", "form": "many"}, "form", "wrong_value", "allowed: single, multi, text"),
        ({"id": "t5", "levels": ["LOW"]}, "levels", "wrong_value", "LABEL=value"),
    ],
    "job_function_roles": [
        ({"id": "j1", "includes": ["job_function_role:j2"]}, "includes", "cycle", "includes"),
        ({"id": "j2", "includes": ["job_function_role:j1"]}, "includes", "cycle", "includes"),
        ({"id": "j3", "description": "x" * 201}, "description", "wrong_value", "200"),
        ({"id": "j4", "delegated_from_cvr": "123"}, "delegated_from_cvr", "wrong_value", "eight digits"),
        ({"id": "j5", "uri": "http://solbjerg.example/roles/jobrole/sapa/1"}, "uri", "taken", "already"),
        ({"id": "j6", "uri": "http://solbjerg.example/roles/jobrole/SAPA/1"}, "uri", "taken", "don't tell it from"),
        ({"id": "deep0", "includes": ["job_function_role:deep1"]}, "includes", "too_deep", "11 levels"),
    ],
    "constraint_settings": [
        ({"id": "s1", **SETTING, "type": "area", "fixed": ["X"]}, "fixed", "wrong_value", "allowed: N, S"),
        ({"id": "s2", **SETTING, "type": "area", "derived": "kle_performs"}, "derived", "wrong_value", "is for kle"),
        ({"id": "s3", **SETTING, "type": "area", "derived": "all_of_it"}, "derived", "wrong_value", "there are unit"),
        ({"id": "s4", **SETTING, "type": "kle", "unlimited": True}, "unlimited", "wrong_value", "needs a limit"),
        ({"id": "s5", "of": "job_function_role:everyone", "system_role": "mail_box", "type": "kle", "fixed": ["27"]},
         "type", "wrong_value", "it takes none"),
        ({"id": "s6", **SETTING, "type": "unit", "derived": "unit",
          "parameter": "http://solbjerg.example/sapa-kle/1/parametric"}, "parameter", "taken", "already"),
        ({"id": "s8", **SETTING, "type": "kle", "fixed": ["27"]}, "type", "taken", "is set there already"),
        ({"id": "s9", "of": "grant:g_all", "type": "kle", "fixed": ["27"]}, "type", "wrong_value", "nothing that Alle"),
        ({"id": "s10", "of": "job_function_role:everyone", "type": "kle", "fixed": ["27"]},
         "type", "wrong_value", "nothing that Alle gives"),
        ({"id": "s11", **SETTING, "type": "unit", "fixed": ["job"], "derived": "unit"},
         "derived", "wrong_value", "fixed is set as well"),
        ({"id": "s14", **SETTING, "type": "unit", "derived": "unit_and_below", "excluded_units": ["nowhere"]},
         "excluded_units", "unknown_reference", "no Unit is known as 'nowhere'"),
        ({"id": "s15", **SETTING, "type": "nothing", "fixed": ["27"]}, "type", "unknown_reference", "'nothing'"),
        ({"id": "s16", "of": SETTING["of"], "system_role": "nothing", "type": "unit", "derived": "unit"},
         "system_role", "unknown_reference", "'nothing'"),
        ({"id": "s12", "of": "job_function_role:everyone", "system_role": "sapa_read", "type": "kle", "fixed": ["27"]},
         "system_role", "wrong_value", "does not include Se sager itself"),
        ({"id": "s13", "of": "job_function_role:deep9", "type": "kle", "fixed": ["27"]},
         "type", "wrong_value", "nothing that"),
        ({"id": "s7", **SETTING, "type": "unit", "derived": "unit_at_level(top)"}, "derived", "wrong_value", "a whole"),
    ],
    "grants": [
        ({"id": "g1", "gives": "system_role:sapa_read", "given_to": ["unit:job"]},
         "gives", "mandatory_not_configured", "needs a limit of KLE"),
        ({"id": "g2", "gives": "system_role:mail_box", "given_to": ["unit:job"], "condition": "employee.type == 'x'"},
         "condition", "wrong_value", "allowed: employment"),
        ({"id": "g3", "gives": "system_role:mail_box", "given_to": ["unit:job"], "condition": "employment.hue == 'x'"},
         "condition", "wrong_value", "employment.hue is not known"),
        ({"id": "g6", "gives": "system_role:mail_box", "given_to": ["unit:job"], "about": ["kle:27"]},
         "about", "wrong_value", "narrows only who holds a role"),
        ({"id": "g4", "gives": "system_role:mail_box", "given_to": ["job"]}, "given_to", "reference", "unit:"),
        ({"id": "g5", "gives": "system_role:mail_box", "given_to": []}, "given_to", "given_to", "at least one"),
        *(
            ({"id": f"g_{field}", "gives": "system_role:mail_box", "given_to": ["role:case_worker"], **narrowed},
             field, "unknown_reference", f"'{unknown}'")
            for field, narrowed, unknown in [
                ("within_units", {"within": ["job", "nowhere"]}, "nowhere"),
                ("exceptions", {"except": ["person:nobody"]}, "nobody"),
                ("for_unit", {"for": "nowhere"}, "nowhere"),
                ("responsibilities", {"about": ["kle:99"]}, "99"),
            ]
        ),
    ],
    "system_roles": [
        ({"id": "r1", "system": "mail", "uri": "urn:r1", "required": ["kle", "nothing"]},
         "required_types", "unknown_reference", "'nothing'"),
        ({"id": "r2", "system": "mail", "uri": "urn:r2", "optional": ["nothing"]},
         "optional_types", "unknown_reference", "'nothing'"),
    ],
    "rights_conflicts": [
        ({"id": "x1", "first": "system_role:mail_box", "second": "system_role:r1"},
         "second", "unknown_reference", "'r1'"),
    ],
    "substitutes": [
        ({"id": "b1", "assignment": "a_anna", "person": "bo", "rank": 1, "scope": {"units": ["nowhere"]}},
         "scope_units", "unknown_reference", "'nowhere'"),
        ({"id": "b2", "assignment": "a_anna", "person": "bo", "rank": 1, "scope": {"responsibilities": ["kle:99"]}},
         "scope_responsibilities", "unknown_reference", "'99'"),
    ],
    "account_rules": [
        ({"id": "u1", "title": "Alle", "system": "mail", "unit": "nowhere"}, "unit", "unknown_reference", "'nowhere'"),
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def problems(
    driver: neo4j.Driver, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, tuple[str, str, str]]]:
    content: dict[str, Any] = {"rights_conflicts": {}, "account_rules": {}, "substitutes": [], **deepcopy(TOWN)}
    empty(driver)
    assert imported(driver, TOWN, tmp_path_factory.mktemp("right")).problems == []
    for section, entries in MORE.items():
        for entry, *_ in entries:
            if isinstance(content[section], dict):
                content[section][entry["id"]] = {name: each for name, each in entry.items() if name != "id"}
            else:
                content[section].append(entry)
    for n in range(1, 11):
        below = [] if n == 10 else [f"job_function_role:deep{n + 1}"]
        content["job_function_roles"][f"deep{n}"] = {"includes": below}
    report = imported(driver, content, tmp_path_factory.mktemp("wrong"))
    yield {each.key: (each.field, each.rule, each.text) for each in report.problems if each.severity == "bad"}


@pytest.mark.parametrize(
    ("key", "field", "rule", "text"),
    [(entry["id"], field, rule, text) for entries in MORE.values() for entry, field, rule, text in entries],
)
def test_a_wrong_entry_is_shown(
    problems: dict[str, tuple[str, str, str]], key: str, field: str, rule: str, text: str
) -> None:
    assert key in problems
    assert problems[key][:2] == (field, rule)
    assert text in problems[key][2]


def test_nothing_of_it_is_written_and_the_rest_is(driver: neo4j.Driver, problems: object) -> None:
    wrong = {entry["id"] for entries in MORE.values() for entry, *_ in entries}
    rows, _, _ = driver.execute_query(
        """
        MATCH (n:ConstraintType|SystemRole|JobFunctionRole|Grant|ConstraintSetting)<-[:TELLS]-(r:SourceRecord)
        RETURN collect(r.key) AS keys
        """
    )
    known = set(rows[0]["keys"])
    assert not known & wrong
    assert {"sapa_case_worker", "c_kle", "g_sapa", "area", "sapa_read"} <= known


def test_bundles_are_measured_however_deep_or_tangled_they_are() -> None:
    def role(*below: str) -> Thing:
        return Thing("JobFunctionRole", links={"includes": list(below)})

    line = {str(n): role(str(n + 1)) for n in range(5_000)}
    assert bundles(line)["0"] == (5_000, 1)
    tangle = {f"{n}{side}": role(f"{n + 1}a", f"{n + 1}b") for n in range(40) for side in "ab"}
    assert bundles(tangle)["0a"] == (40, 2**39)
    assert bundles({"a": role("b"), "b": role("a")})["a"][0] == 2


def test_a_parameter_and_a_uri_stay_what_they_are(driver: neo4j.Driver, problems: object, tmp_path: Path) -> None:
    content = deepcopy(TOWN)
    content["constraint_settings"][0]["parameter"] = "http://solbjerg.example/another/1/parametric"
    content["job_function_roles"]["everyone"]["uri"] = "http://solbjerg.example/roles/jobrole/renamed/1"
    found = {
        each.key: (each.field, each.rule)
        for each in imported(driver, content, tmp_path).problems
        if each.severity == "bad"
    }
    assert found == {"c_kle": ("parameter", "wrong_value"), "everyone": ("uri", "wrong_value")}


def test_a_system_role_is_not_copied_under_its_uri(driver: neo4j.Driver, problems: object, tmp_path: Path) -> None:
    """Claims carry the URI: a copy that is not sensitive, or stands in no conflict, would be the same right."""
    content = deepcopy(TOWN)
    uri = content["system_roles"]["sapa_read"]["uri"]
    content["system_roles"]["copy"] = {"title": "Kopi", "uri": uri, "system": "sapa"}
    content["system_roles"]["by_case"] = {"title": "Kopi", "uri": uri.upper(), "system": "mail"}
    content["system_roles"]["mail_box"]["uri"] = "http://mail.example/roles/renamed/1"
    content["systems"]["sapa_test"] = {"title": "SAPA, test"}
    secret = {"title": "Hemmeligt", "uri": "http://sapa.example/roles/secret/1"}
    content["system_roles"]["secret"] = {**secret, "system": "sapa", "sensitive": True}
    content["system_roles"]["secret_test"] = {**secret, "system": "sapa_test", "sensitive": True}
    content["system_roles"]["secret_common"] = {**secret, "system": "mail"}
    found = {
        each.key: (each.field, each.rule)
        for each in imported(driver, content, tmp_path).problems
        if each.severity == "bad"
    }
    assert found == {
        "copy": ("uri", "taken"), "by_case": ("uri", "taken"), "mail_box": ("uri", "wrong_value"),
        "secret_common": ("sensitive", "wrong_value"),
    }  # fmt: skip
    roles = content["system_roles"]
    del roles["copy"], roles["by_case"], roles["secret_common"]
    roles["mail_box"]["uri"] = TOWN["system_roles"]["mail_box"]["uri"]
    for sensitive, wrong in (((), []), (("pair",), ["pair"]), (("pair", "pair_test"), [])):
        for key, system in (("pair", "sapa"), ("pair_test", "sapa_test")):
            pair = {"title": "Par", "uri": "http://sapa.example/roles/pair/1", "system": system}
            roles[key] = {**pair, "sensitive": key in sensitive}
        assert [each.key for each in imported(driver, content, tmp_path).problems if each.severity == "bad"] == wrong


def test_a_grant_and_its_setting_can_end_together(driver: neo4j.Driver, problems: object, tmp_path: Path) -> None:
    content = deepcopy(TOWN)
    content["constraint_settings"], content["grants"] = [], content["grants"][1:]
    assert [each for each in imported(driver, content, tmp_path).problems if each.severity == "bad"] == []


@pytest.mark.parametrize(
    "wrong", [{"fixed": ["X"]}, {"fixed": ["N"], "colour": "red"}, {"derived": "unit"}, {"type": "nothing"}],
    ids=["value", "field", "content", "type"],
)  # fmt: skip
def test_without_a_limit_that_is_refused_a_role_is_not_there_yet(
    driver: neo4j.Driver, tmp_path: Path, wrong: dict[str, Any]
) -> None:
    """Its type is optional: without the limit it would be open."""
    limit = {"id": "c_area", **SETTING, "type": "area", **wrong}
    content = {**TOWN, "constraint_settings": [*TOWN["constraint_settings"], limit]}
    empty(driver)
    found = {each.key: each.rule for each in imported(driver, content, tmp_path).problems if each.severity == "bad"}
    assert "c_area" in found and found["sapa_case_worker"] == "limit_refused"
    limit |= {"type": "area", "fixed": ["N"]}
    limit.pop("colour", None), limit.pop("derived", None)
    report = imported(driver, content, tmp_path)
    assert [each for each in report.problems if each.severity == "bad"] == []
    with driver.session() as session:
        anna = rights_on(session, asked(session, "anna", system="sapa"), today())
    limits = {limit.type.key: limit.wire for limit in anna.held[0].included[0].limits}
    assert limits["area"] == ("N",)
