"""What the command line tells of an export."""

import re
from datetime import date
from io import StringIO

import pytest
from rich.console import Console

from exporters.brake import FileDifference
from exporters.report import ExportReport, FileReport, RowChange
from exporters.target import Notice, Parked
from reconnect.commands.exports import show
from reconnect.terminal import terminal


@pytest.mark.parametrize(
    ("dry_run", "brake", "words"),
    [
        (True, None, "The brake would stop this:"),
        (False, "export:plan2learn-1", "Stopped by the brake:"),
        (False, None, "Approved despite the brake:"),
    ],
)
def test_what_the_brake_did_is_reported(
    capsys: pytest.CaptureFixture[str], dry_run: bool, brake: str | None, words: str
) -> None:
    report = ExportReport("plan2learn", date(2026, 3, 2), dry_run, brake=brake, reasons=("leder.csv would be empty",))
    show(report, terminal())
    assert f"{words}\n  leder.csv would be empty" in capsys.readouterr().out


def many() -> ExportReport:
    """A dry run with many differences, notices of two rules, and people who can't be delivered."""
    told = ExportReport("plan2learn", date(2026, 3, 2), dry_run=True)
    difference = FileDifference("person", "bruger.csv", 100, 100, (), (), (), True, False)
    changes = [RowChange(f"p{n:03}", "changed", (f"Navn: Old {n} → New {n}",)) for n in range(99)]
    told.files = [
        FileReport("person", "bruger.csv", 100, b"", difference, changes=[*changes, RowChange("p999", "gone", ("x",))])
    ]
    rules = ["lifted"] * 5 + ["replaced"] * 4
    told.notices = [Notice("person", f"p{n}", "Navn", rule, f"text {n}") for n, rule in enumerate(rules)]
    told.parked = [Parked("person", f"k{n}", "without_cpr", "no number") for n in range(4)]
    return told


def test_nothing_is_cut_where_the_output_goes_to_a_file() -> None:
    out = StringIO()
    show(many(), Console(file=out, width=200))
    text = out.getvalue()
    assert text.index("p999: gone") < text.index("p000: changed")
    assert [f"Old {n} → New {n}" in text for n in range(99)] == [True] * 99
    assert "notice: lifted, 5" in text and "notice: replaced, 4" in text and "not delivered: without_cpr, 4" in text
    assert [f"text {n}" in text for n in range(9)] == [True] * 9
    assert "more" not in text


def test_what_is_cut_on_a_terminal_is_counted() -> None:
    out = StringIO()
    show(many(), Console(file=out, width=200, force_terminal=True, color_system=None))
    assert re.findall(r"… and (\d+) more", out.getvalue()) == ["50", "1", "2", "1"]
