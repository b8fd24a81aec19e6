"""`make quick` runs the tests nearest to a change first."""

import subprocess
from pathlib import Path

from tools.quick import SECONDS, left, nearest, whole

ROOT = Path(__file__).resolve().parents[2]


def files() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return [each for each in listed.stdout.splitlines() if (ROOT / each).exists()]


def test_a_rule_leads_to_its_own_tests_first() -> None:
    found = nearest(["graph/time.py"], files())
    assert found.index("tests/graph/test_time.py") < found.index("tests/graph/corrections/test_joining.py")
    assert not any(each.startswith("tests/tools/") for each in found)


def test_a_changed_test_comes_before_those_beside_it() -> None:
    assert nearest(["tests/tools/test_quick.py", "tools/quick.py"], files())[0] == "tests/tools/test_quick.py"


def test_a_page_leads_to_the_tests_of_pages() -> None:
    found = nearest(["README.md"], files())
    assert found
    assert all(each.startswith("tests/docs/") for each in found)


def test_a_picture_touches_no_test() -> None:
    assert nearest(["docs/picture.svg"], files()) == []


def test_the_checks_take_from_the_time_of_the_tests_but_not_all_of_it() -> None:
    assert left(1000.0, {}) == SECONDS
    assert left(1000.0, {"QUICK_BEGAN": "970"}) == SECONDS - 30
    assert 0 < left(1000.0, {"QUICK_BEGAN": "0"}) < SECONDS - 30


def test_what_looks_at_the_whole_code_is_found_by_its_mark() -> None:
    found = whole(files())
    assert {"tests/docs/test_pages.py", "tests/graph/statements/test_normal_text.py"} <= set(found)
    assert "tests/graph/test_time.py" not in found
