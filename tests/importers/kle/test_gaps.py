"""What a release does not tell is not what it tells that there is none of; and where what is new may begin."""

from datetime import date
from pathlib import Path

import pytest

from tests.importers.kle.release import FIRST, SECOND, THIRD, Node, plan, small, uuid
from tests.importers.kle.test_pitfalls import TODAY, Reading

KEPT = "<BevaringJaevnfoerArkivloven>B</BevaringJaevnfoerArkivloven>"


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    return Reading(tmp_path)


def test_an_entry_without_dates_keeps_its_end(reading: Reading) -> None:
    """In a form that has a place for them."""
    reading.take(small(Node("27.12.04", ended="2020-01-01"), Node("27.12.06")))
    for without in (Node("27.12.04", info=False), Node("27.12.04", info=False, id="")):
        reading.take(small(without, Node("27.12.06"), published=SECOND))
        assert reading.in_force(TODAY) == ["27", "27.12", "27.12.06"]
        assert reading.in_force(date(2019, 1, 1)) == ["27", "27.12", "27.12.04", "27.12.06"]
        assert len([*reading.known.keys("KleNode")]) == 4


def test_what_a_release_leaves_out_of_an_entry_stays(reading: Reading) -> None:
    reading.take(small(Node("27.12.04", more=KEPT)))
    reading.take(small(Node("27.12.04"), published=SECOND))
    assert reading.known.value("KleNode", uuid("27.12.04"), "preservation", TODAY) == "B"
    reading.take(small(Node("27.12.04", more=KEPT.replace(">B<", "><")), published=THIRD))
    assert reading.known.value("KleNode", uuid("27.12.04"), "preservation", TODAY) is None


@pytest.mark.parametrize("broken", [Node("27.12.4", id=uuid("27.12.04")), Node("27.12.4", id="")])
def test_an_entry_that_cannot_be_taken_ends_nothing(reading: Reading, broken: Node) -> None:
    """By its UUID it is known; where that is gone too, it may be any that the release lacks."""
    reading.take(small())
    applied = reading.take(small(broken, Node("27.12.06"), published=SECOND))
    assert ("number", "bad") in [(each.rule, each.severity) for each in applied.problems]
    assert reading.in_force(TODAY) == ["27", "27.12", "27.12.04", "27.12.06"]


def test_a_line_of_a_table_that_cannot_be_taken_ends_nothing(reading: Reading) -> None:
    rows = [f"{uuid(each)};{each};Om {each}" for each in ("27", "27.12", "27.12.04")]
    reading.take(f"uuid;number;title\n{chr(10).join(rows)}\n".encode(), "k.csv")
    reading.take("\n".join(["uuid;number;title", *rows[:2], f"{uuid('27.12.04')};27.1"]).encode(), "k.csv")
    assert reading.in_force(TODAY) == ["27", "27.12", "27.12.04"]


def test_a_table_that_ends_in_the_middle_of_a_line_waits(reading: Reading) -> None:
    from importers.kle.settings import KleSettings
    from importers.kle.source import Kle
    from tests.importers.kle.release import written

    rows = [f"{uuid(each)};{each};Om {each}" for each in ("27", "27.12", "27.12.04")]
    reading.take(f"uuid;number;title\n{chr(10).join(rows)}\n".encode(), "k.csv")
    cut = written(reading.folder, "\n".join(["uuid;number;title", *rows[:2]])[:-1].encode(), "k.csv")
    (told,) = Kle(KleSettings(path=cut, least_share=0), day=lambda: TODAY).readings(reading.known)
    assert told.incomplete_because == ("the last line of the release has no end: it may be cut off",)


# -- numbers given out again ------------------------------------------------------------------------------------------


def test_a_number_given_out_again_without_a_date_begins_after_the_release_that_did_not_have_it(
    reading: Reading,
) -> None:
    reading.take(small(Node("27.12.04", ended="2015-08-01"), Node("27.12.06")))
    rows = [f"{uuid(each)};{each};Om {each}" for each in ("27", "27.12", "27.12.06")]
    again = f"{uuid('27.12.04', 1)};27.12.04;Noget andet"
    reading.take("\n".join(["uuid;number;title", *rows, again, ""]).encode(), "k.csv")
    for day in (date(2010, 1, 1), date(2015, 7, 31)):
        assert reading.in_force(day).count("27.12.04") == 1
    assert "27.12.04" not in reading.in_force(date(2016, 1, 1))
    assert reading.in_force(TODAY).count("27.12.04") == 1
    (life,) = reading.known.of("KleNode", uuid("27.12.04", 1)).exists or ()
    assert life.start == FIRST


def test_a_new_number_without_a_date_begins_after_the_release_that_did_not_have_it(reading: Reading) -> None:
    reading.take(small(), "first.xml")
    rows = [f"{uuid(each)};{each};Om {each}" for each in ("27", "27.12", "27.12.04", "27.12.06", "27.12.08")]
    reading.take("\n".join(["uuid;number;title", *rows, ""]).encode(), "k.csv")
    (life,) = reading.known.of("KleNode", uuid("27.12.08")).exists or ()
    assert life.start == FIRST


def test_the_first_release_of_all_has_nothing_to_begin_after(reading: Reading) -> None:
    reading.take(f"uuid;number;title\n{uuid('27')};27;Om\n".encode(), "k.csv")
    assert reading.in_force(date(1990, 1, 1)) == ["27"]


# -- a subject in the wrong group -------------------------------------------------------------------------------------


def test_a_subject_inside_another_groups_element_is_listed(reading: Reading) -> None:
    inside = Node("27", below=[Node("27.12", below=[Node("27.12.04"), Node("27.15.02")]), Node("27.15", below=[])])
    applied = reading.take(plan(inside))
    assert [(each.key, each.rule, each.severity) for each in applied.problems] == [
        ("27.15.02", "stands_elsewhere", "notice")
    ]
    assert reading.known.link("KleNode", uuid("27.15.02"), "parent", TODAY) == uuid("27.15")


def test_an_entry_in_its_own_place_is_not_listed(reading: Reading) -> None:
    assert reading.take(small()).problems == []
