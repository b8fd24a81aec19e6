"""The sample's settings are settings that the importers accept, and its role rules fit its positions."""

from datetime import date
from pathlib import Path

from importers.opus.settings import OpusSettings
from importers.sd.settings import SdSettings
from rules.roles import RoleRule
from sample import demo_settings, sd_state
from sample.facts import Keys, facts
from sample.municipality import Municipality
from sample.positions import CASE_WORKERS, MANAGERS

TODAY = date(2026, 11, 24)


def test_the_importers_accept_them(tmp_path: Path) -> None:
    state = sd_state("XS", 42, TODAY)
    tree = demo_settings.tree(opus_folder=tmp_path, sd_url="http://127.0.0.1:9", sd_state=state)
    assert OpusSettings.model_validate(tree["sources"]["opus"]).folder == tmp_path
    assert SdSettings.model_validate(tree["sources"]["sd"]).institutions == ("XA",)
    assert all(RoleRule.model_validate(rule) for rule in tree["roles"])


def test_every_manager_and_case_worker_has_a_rule() -> None:
    codes = {rule["role"]: set[str]() for rule in demo_settings.roles()}
    for rule in demo_settings.roles():
        codes[rule["role"]] |= set(rule["position_codes"])
    assert codes["manager"] == {str(code) for code in MANAGERS}
    assert codes["case_worker"] == {str(code) for code in CASE_WORKERS}


def test_what_rules_and_facts_are_about_is_among_the_facts() -> None:
    municipality = Municipality("XS", 42, TODAY)
    told = facts(
        municipality, Keys(lambda unit: unit.code, lambda each: str(each.number), lambda each: each.person.cpr)
    )
    known = {f"kle:{number}" for number in told["kle"]}
    for kind in ("function", "group", "system"):
        known |= {f"{kind}:{key}" for key in told[f"{kind}s"]}
    asked = {about for rule in demo_settings.roles() for about in rule.get("about", ())}
    asked |= {about for each in told["assignments"] for about in each["about"]}
    assert asked <= known
    assert all(parent is None or parent in told["kle"] for parent in told["kle"].values())
