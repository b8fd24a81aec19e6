"""Which files are read, and in what order (opus.md §1.1, pitfalls 1–6, 25 of the series)."""

from datetime import date, datetime

import pytest

from graph.statements.statement import BadRecord, Problem
from importers.opus.errors import IncompleteFile
from importers.opus.series import ordered, parse
from importers.opus.settings import OpusSettings
from importers.opus.source import Opus
from importers.source import Reading, SourceError
from tests.importers.opus.files import MONDAY, SMALL, TUESDAY, UNITS, WEDNESDAY, Series, employee, name_of, unit

FRIDAY = date(2024, 3, 1)


def test_pitfall_01_a_name_with_8_digits_sorts_at_midnight_and_other_files_are_ignored() -> None:
    names = ["ZLPE20240305224112_delta.xml", "ZLPE20240305_delta.xml", "readme.xml", "ZLPB202403052240.xml"]
    found = ordered(names)
    assert [each.moment for each in found] == [
        datetime(2024, 3, 5),
        datetime(2024, 3, 5, 22, 40),
        datetime(2024, 3, 5, 22, 41, 12),
    ]
    assert parse("ZLPE20241305_delta.xml") is None  # no such month


def test_pitfall_02_monday_is_compared_with_friday(series: Series) -> None:
    series.next(FRIDAY, *SMALL)
    applied = series.next(MONDAY, *UNITS, SMALL[3], employee(101, orgUnit="2"))
    assert applied.readings == [name_of(MONDAY)]
    assert applied.problems == []
    assert (series.place(101, FRIDAY), series.place(101, MONDAY)) == ("3", "2")


def test_pitfall_03_two_files_of_one_day_end_with_the_later_state(series: Series) -> None:
    series.next(MONDAY, *SMALL)
    series.put(TUESDAY, *SMALL[:-1], employee(101, orgUnit="2"), time="120000")
    series.put(TUESDAY, *SMALL[:-1], employee(101, orgUnit="1"), time="224100")
    assert series.run().readings == [name_of(TUESDAY, "120000"), name_of(TUESDAY, "224100")]
    assert (series.place(101, MONDAY), series.place(101, TUESDAY)) == ("3", "1")
    assert len(series.known.of("Employment", "899:employment:101").links["unit"]) == 2


def test_pitfall_04_the_same_file_twice_changes_nothing(series: Series) -> None:
    series.next(MONDAY, *SMALL)
    again = series.run()
    assert (again.readings, again.changed, again.mapped, again.problems) == ([], [], 0, [])


def test_pitfall_04_the_same_content_under_a_later_name_changes_nothing(series: Series) -> None:
    series.next(MONDAY, *SMALL)
    again = series.next(TUESDAY, *SMALL)
    assert (again.readings, again.changed, again.mapped) == ([name_of(TUESDAY)], [], 0)


def test_pitfall_05_an_older_file_after_a_newer_is_refused_and_listed(series: Series) -> None:
    series.next(MONDAY, *SMALL)
    series.next(WEDNESDAY, *SMALL)
    late = series.next(TUESDAY, *SMALL[:-1], employee(101, orgUnit="1"))
    assert (late.changed, late.rules()) == ([], ["late_file"])
    assert series.place(101, WEDNESDAY) == "3"
    assert name_of(TUESDAY) in late.problems[0].text
    next_day = series.next(date(2024, 3, 7), *SMALL)
    assert next_day.rules() == ["late_file"], "it is listed as long as it lies there"


def test_pitfall_05_files_from_before_the_first_import_are_no_late_files(series: Series) -> None:
    series.put(FRIDAY, *SMALL)
    assert series.next(MONDAY, *SMALL).readings == [name_of(MONDAY)]
    assert series.run().problems == []


def test_with_history_the_first_import_takes_all_from_the_oldest(series: Series) -> None:
    series.set(history=True)
    series.put(FRIDAY, *SMALL)
    series.put(MONDAY, *SMALL[:-1], employee(101, orgUnit="2"))
    assert series.run().readings == [name_of(FRIDAY), name_of(MONDAY)]
    assert (series.place(101, FRIDAY), series.place(101, MONDAY)) == ("3", "2")


def test_pitfall_06_a_file_that_is_cut_off_is_not_applied(series: Series) -> None:
    series.next(MONDAY, *SMALL)
    series.put(TUESDAY, *SMALL[:-1], employee(101, orgUnit="2"))
    path = series.folder / name_of(TUESDAY)
    whole = path.read_bytes()
    for cut in (whole[: whole.index(b"</kmd>")], whole[: len(whole) // 2], whole.replace(b"</longName>", b"", 1)):
        path.write_bytes(cut)
        with pytest.raises(IncompleteFile):
            series.run()
        assert series.place(101, TUESDAY) == "3"
    path.write_bytes(whole)
    assert series.run().readings == [name_of(TUESDAY)]


def test_a_file_with_another_root_or_a_document_type_is_refused(series: Series) -> None:
    path = series.folder / name_of(MONDAY)
    path.write_text("<other><kmd></kmd></other>")
    with pytest.raises(IncompleteFile):
        series.run()
    path.write_text('<!DOCTYPE kmd [<!ENTITY a "b">]><kmd></kmd>')
    with pytest.raises(SourceError, match="document type"):
        series.run()
    path.write_text("<kmd>" + "<a>" * 300 + "</a>" * 300 + "</kmd>")
    with pytest.raises(IncompleteFile, match="depth"):
        series.run()


def test_a_file_that_is_larger_than_any_of_opus_is_not_read(series: Series) -> None:
    series.set(largest_file_megabytes=1)
    series.put(MONDAY, *SMALL, " " * (1 << 20))
    with pytest.raises(SourceError, match="largest_file_megabytes"):
        series.run()


def test_a_folder_without_files_is_an_error_and_not_an_empty_organisation(series: Series) -> None:
    with pytest.raises(SourceError, match="no file"):
        series.run()


def test_two_files_of_one_moment_with_different_content_stop(series: Series) -> None:
    series.next(MONDAY, *SMALL)
    series.put(TUESDAY, *SMALL)
    other = series.folder / name_of(TUESDAY).replace("ZLPE", "ZLPB")
    other.write_bytes((series.folder / name_of(TUESDAY)).read_bytes())
    assert series.run().readings == [name_of(TUESDAY).replace("ZLPE", "ZLPB")], "the same content counts once"
    series.put(WEDNESDAY, *SMALL)
    other = series.folder / name_of(WEDNESDAY).replace("ZLPE", "ZLPB")
    other.write_text("<kmd></kmd>")
    with pytest.raises(SourceError, match="differ"):
        series.run()


def test_an_applied_file_with_new_content_is_shown_and_applied_only_when_asked(series: Series) -> None:
    series.next(MONDAY, *SMALL)
    again = series.next(MONDAY, *SMALL[:-1], employee(101, orgUnit="2"))
    assert (again.changed, again.rules()) == ([], ["rewritten_file"])
    series.set(rerun_from=name_of(MONDAY))
    series.run()
    assert series.place(101, MONDAY) == "2"
    assert series.run().readings == [], "once"


def test_a_file_without_any_unit_is_not_the_days_file_and_the_next_one_follows_the_one_before(series: Series) -> None:
    """An export that broke off and closed its root: nothing of it is written, so no brake stops it."""
    series.next(MONDAY, *SMALL)
    before = series.known.cursor
    series.put(TUESDAY)
    series.put(WEDNESDAY, *SMALL)
    empty, whole = _unapplied_if_doubtful(series)
    assert empty.incomplete_because == ("The file has no unit: is the file whole?",)
    assert "no_units" in [each.rule for each in empty.problems]
    assert whole.incomplete_because == () and whole.cursor["live"] == before["live"]
    assert series.known.cursor["file"] == name_of(WEDNESDAY)


def test_the_first_file_without_any_unit_is_not_the_first(series: Series) -> None:
    series.set(history=True)
    series.put(MONDAY)
    series.put(TUESDAY, *SMALL)
    empty, whole = _unapplied_if_doubtful(series)
    assert empty.incomplete_because and not whole.incomplete_because


def test_a_file_without_one_of_the_clients_waits_for_a_person(series: Series) -> None:
    other = (unit(1, client="751"), employee(900, client="751", orgUnit="1"))
    series.next(MONDAY, *SMALL, *other)
    series.put(TUESDAY, *SMALL)
    (reading,) = series.source().readings(series.known)
    assert reading.incomplete_because == (
        "The file has nothing of client 751, which the one before had: is the file whole?",
    )
    assert [each.rule for each in reading.problems] == ["no_client"]
    series.run()  # approved
    series.put(WEDNESDAY, *SMALL)
    (reading,) = series.source().readings(series.known)
    assert reading.incomplete_because == ()


def _unapplied_if_doubtful(series: Series) -> list[Reading]:
    """The readings that are due, applied as a run applies them if there is nothing to write."""
    readings = []
    for each in series.source().readings(series.known):
        readings.append(each)
        if not each.incomplete_because:
            series.known.apply(each)
    return readings


def test_a_newest_file_of_more_than_four_days_is_warned_of(series: Series) -> None:
    series.next(FRIDAY, *SMALL)
    series.today = date(2024, 3, 5)
    assert series.run().problems == []
    series.today = date(2024, 3, 6)
    assert series.run().rules() == ["no_new_file"]


def test_a_place_from_which_nothing_comes_any_more_counts_as_not_read(series: Series) -> None:
    def overdue() -> list[bool]:
        return [each.overdue for each in Opus(OpusSettings(folder=series.folder), day=lambda: series.today).readings(
            series.known
        )]  # fmt: skip

    assert overdue() == [False], "the delivery has not begun"
    series.next(FRIDAY, *SMALL)
    series.today = date(2024, 3, 5)
    assert overdue() == []
    series.today = date(2024, 3, 6)
    assert overdue() == [True]
    (series.folder / name_of(FRIDAY)).unlink()
    assert overdue() == [True], "the share is not mounted"
    series.put(date(2027, 1, 1), *SMALL)
    series.today = date(2024, 3, 6)
    assert overdue() == [True], "a file of a day to come is not payroll's of today"


@pytest.mark.parametrize("is_first", [True, False])
def test_a_file_of_a_day_to_come_waits_for_it_and_holds_up_no_other(series: Series, is_first: bool) -> None:
    """Payroll's clock was ahead: what is dated later would make every file until then an old one."""
    if not is_first:
        series.next(FRIDAY, *SMALL)
    series.put(date(2027, 1, 1), *SMALL[:-1], employee(101, orgUnit="1"))
    series.put(MONDAY, *SMALL)
    series.today = MONDAY
    applied = series.run()
    assert (applied.readings, applied.rules()) == ([name_of(MONDAY)], ["early_file"])
    series.put(WEDNESDAY, *SMALL[:-1], employee(101, orgUnit="2"))
    series.today = TUESDAY
    assert series.run().readings == [name_of(WEDNESDAY)], "by a clock that is a day behind"
    series.today = date(2027, 1, 1)
    assert series.run().readings == [name_of(date(2027, 1, 1))]


def test_a_place_of_the_settings_without_files_has_nothing_new_and_says_so(series: Series) -> None:
    """The scheduled job does not fail for a delivery that has not begun, or for a share that is not mounted."""
    source = Opus(OpusSettings(folder=series.folder), day=lambda: series.today)
    applied = series.known.take(source)
    assert (applied.changed, applied.rules()) == ([], ["no_file"])
    series.next(MONDAY, *SMALL)
    (series.folder / name_of(MONDAY)).unlink()
    again = series.known.take(source)
    assert (again.changed, again.rules()) == ([], ["no_file"])
    assert name_of(MONDAY) in again.problems[0].text
    assert series.known.cursor["file"] == name_of(MONDAY)


@pytest.mark.parametrize("is_seen", [True, False])
def test_an_old_file_that_the_command_names_is_told_as_older(series: Series, is_seen: bool) -> None:
    if is_seen:
        series.put(FRIDAY, *SMALL)
    series.next(MONDAY, *SMALL)
    series.put(FRIDAY, *SMALL)
    applied = series.known.take(Opus(OpusSettings(), series.folder / name_of(FRIDAY), day=lambda: series.today))
    assert (applied.changed, applied.rules()) == ([], ["late_file"])
    text = applied.problems[0].text
    assert f"{name_of(FRIDAY)} is older than the last applied file, {name_of(MONDAY)}" in text


def test_messages_name_nothing_that_is_empty() -> None:
    assert Problem("Folder", "", "newest", "no_file", "…").where() == "Folder, newest"
    assert Problem("Employment", "e", "", "empty_answer", "…").where() == "Employment e"
    assert str(BadRecord(Problem("File", "", "", "twice", "it is"))) == "File: it is (twice)"
