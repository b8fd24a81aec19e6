"""What ``reconnect sample`` writes and serves is imported with the settings that it prints."""

import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import neo4j
import tomli_w

from importers.cpr.lookup import Lookup
from importers.cpr.settings import CprSettings
from importers.cpr.soap import Connection
from reconnect.exits import Exit
from sample import demo_settings, write_opus
from sample.municipality import Municipality
from tests.importers.cpr.lookups import NoLog
from tests.reconnect.shell import Run

DAY = date(2026, 11, 24)


@contextmanager
def served(*arguments: str, ends_on: signal.Signals = signal.SIGINT) -> Iterator[str]:
    """``reconnect sample …`` until the block ends; the settings that it prints.

    It is started as a shell without job control starts a background process, with SIGINT ignored, and ends well on
    Ctrl-C all the same.
    """
    command = [sys.executable, "-m", "reconnect", "sample", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=_ignore_interrupts)
    try:
        assert process.stdout is not None
        yield "".join(iter(process.stdout.readline, "\n"))
    finally:
        process.send_signal(ends_on)
        assert process.wait(30) == 0


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def test_kle_counts_the_kinds_of_change_of_a_release(run: Run, clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    settings = tmp_path / "reconnect.toml"
    with served("kle", "--earlier") as told:
        settings.write_text(told)
        first = run("import", "kle")
    assert first.returncode == Exit.OK, first.stderr
    added = next(line for line in first.stdout.splitlines() if "In kle's own terms:" in line)
    assert added.endswith(" added") and "," not in added
    with served("kle", ends_on=signal.SIGTERM) as told:
        settings.write_text(told)
        foreseen, second = run("import", "kle", "--dry-run"), run("import", "kle")
    counted = "In kle's own terms: 1 added, 1 end_announced, 1 ended, 1 moved, 1 renamed"
    assert counted in foreseen.stdout
    assert counted in second.stdout


def test_the_position_list_is_matched_to_payroll(run: Run, clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    """From the folder in the settings, or another one; a cell that is wrong is named, and the rest goes on."""
    payroll, folder = tmp_path / "payroll", tmp_path / "list"
    write_opus(payroll, "XS", 42, DAY)
    told = run("sample", "positions", str(folder), "--size", "XS").stdout.split()
    assert told == [str(folder / "position_categories.csv"), str(folder / "positions.csv")]
    (tmp_path / "reconnect.toml").write_text(tomli_w.dumps({"sources": {"positions": demo_settings.positions(folder)}}))
    assert run("import", "opus", "--from", str(payroll)).returncode == Exit.OK
    done = run("import", "positions")
    assert done.returncode == Exit.OK, done.stdout + done.stderr
    rows, _, _ = clean_graph.execute_query("MATCH ()-[as:AS {how: 'payroll'}]->(:Position) RETURN count(as) AS found")
    assert rows[0]["found"] > 20
    listed = folder / "positions.csv"
    listed.write_text(listed.read_text().replace("P1020;Direktør;LEDELSE;2;", "P1020;Direktør;LEDELSE;to;"))
    bad = run("import", "positions", "--from", str(folder))
    assert bad.returncode == Exit.BAD_RECORDS
    assert "Position P1020, level" in bad.stdout
    assert "0 changed" in bad.stdout


def test_cpr_is_asked_with_the_certificates_that_are_written(tmp_path: Path) -> None:
    employed = next(each for each in Municipality("XS", 42, DAY).employments() if not each.person.replacement)
    with served("cpr", str(tmp_path), "--size", "XS") as told:
        settings = CprSettings.model_validate(tomllib.loads(told)["sources"]["cpr"])
        with Connection(settings) as connection:
            person = Lookup(connection, settings, NoLog(), "kim").person(employed.person.cpr, "a uuid", "test", DAY)
    assert person.name is not None
    assert person.current is not None
