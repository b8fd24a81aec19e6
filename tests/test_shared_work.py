"""Which tests one worker runs together, and in what order."""

from pathlib import Path

from tests.shared_work import SHARED, UnitScheduling, put_in_order, unit_of

ROOT = Path(__file__).resolve().parents[1]


def test_pages_are_one_unit_and_other_files_are_units_of_their_own() -> None:
    assert unit_of("tests/ui/test_care.py::test_a") == unit_of("tests/ui/test_chart.py::test_b[x::y]") == "pages"
    assert unit_of("tests/exporters/test_killed.py::test_a") == "tests/exporters/test_killed.py"


def test_each_path_of_a_unit_is_there() -> None:
    assert [each for each in SHARED if not (ROOT / each).exists()] == []


def test_who_shares_a_domain_controller_is_in_their_unit() -> None:
    named = ("municipal_ad", "school_ad", "municipal_domain", "school_domain")
    for path in (ROOT / "tests").rglob("test_*.py"):
        text = path.read_text(encoding="utf-8")
        if any(f"{name}: Controller" in text for name in named):
            assert unit_of(path.relative_to(ROOT).as_posix()) == "domains", path


class _Item:
    def __init__(self, nodeid: str, slow: bool = False) -> None:
        self.nodeid, self.path, self.slow = nodeid, Path(nodeid.partition("::")[0]), slow

    def get_closest_marker(self, name: str) -> object:
        return True if self.slow and name == "slow" else None


def test_units_come_first_then_slow_files_each_in_one_piece() -> None:
    items = [
        _Item("tests/api/test_quick.py::test_a"),
        _Item("tests/api/test_slow.py::test_a"),
        _Item("tests/api/test_slow.py::test_b", slow=True),
        _Item("tests/directories/test_controller.py::test_a"),
        _Item("tests/exporters/active_directory/test_image.py::test_a", slow=True),
        _Item("tests/ui/test_care.py::test_a"),
    ]
    put_in_order(items)  # type: ignore[arg-type]
    assert [each.nodeid.removeprefix("tests/") for each in items] == [
        "exporters/active_directory/test_image.py::test_a",
        "directories/test_controller.py::test_a",
        "ui/test_care.py::test_a",
        "api/test_slow.py::test_a",
        "api/test_slow.py::test_b",
        "api/test_quick.py::test_a",
    ]


def test_the_scheduler_splits_the_tests_by_unit() -> None:
    scheduler = object.__new__(UnitScheduling)
    tests = ("tests/ui/test_care.py::test_a", "tests/ui/test_chart.py::test_a", "tests/api/test_enums.py::test_a")
    assert [scheduler._split_scope(each) for each in tests] == ["pages", "pages", "tests/api/test_enums.py"]
