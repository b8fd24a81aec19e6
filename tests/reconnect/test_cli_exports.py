"""What the command line tells of an export."""

from datetime import date

import pytest

from exporters.report import ExportReport
from reconnect.commands.exports import show
from reconnect.terminal import terminal


@pytest.mark.parametrize(
    ("dry_run", "brake", "words"),
    [
        (True, None, "The brake would stop this:"),
        (False, "export:plan2learn-1", "Stopped by the brake:"),
        (False, None, "Let past the brake, as approved:"),
    ],
)
def test_what_the_brake_did_is_told(
    capsys: pytest.CaptureFixture[str], dry_run: bool, brake: str | None, words: str
) -> None:
    report = ExportReport("plan2learn", date(2026, 3, 2), dry_run, brake=brake, reasons=("leder.csv would be empty",))
    show(report, terminal())
    assert f"{words}\n  leder.csv would be empty" in capsys.readouterr().out
