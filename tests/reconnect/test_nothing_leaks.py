"""Never a CPR number, a secret or a token in any log: everything is run, and all that it says is searched."""

from datetime import date
from pathlib import Path

import neo4j
import tomli_w

from reconnect.exits import Exit
from sample import demo_settings, write_opus
from sample.municipality import Municipality
from tests.reconnect.shell import Run

TODAY = date(2026, 11, 24)


def test_everything_runs_and_says_no_secret(run: Run, clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    payroll = tmp_path / "payroll"
    write_opus(payroll, "XS", 42, TODAY)
    numbers = {employment.person.cpr for employment in Municipality("XS", 42, TODAY).employments()}
    assert len(numbers) > 50
    # A record that can't be taken: what is said of it must not tell whose it is.
    file = next(payroll.glob("*.xml"))
    some = sorted(numbers)[0]
    text = file.read_text()
    file.write_text(text.replace(f">{some}<", f">{some[:9]}X<"))
    broken = {f"{some[:9]}X"}

    supplied = tmp_path / "supplied"
    supplied.mkdir()
    tree = demo_settings.tree(opus_folder=payroll)
    tree["targets"] = {
        "plan2learn": {"form": {"encoding": "windows-1252"}, "delivery": {"kind": "folder", "path": str(supplied)}}
    }
    (tmp_path / "reconnect.toml").write_text(tomli_w.dumps(tree))

    said = []
    for arguments, allowed in (
        (("config",), {Exit.OK}),
        (("import", "opus", "--dry-run"), {Exit.OK, Exit.BAD_RECORDS}),
        (("import", "opus"), {Exit.OK, Exit.BAD_RECORDS}),
        (("import", "opus"), {Exit.OK, Exit.BAD_RECORDS}),
        (("nearest", "--role", "manager", "--unit", "999:unit:1005"), {Exit.OK}),
        (("nearest-manager", "--person", some), {Exit.FAILURE}),
        (("export", "plan2learn", "--dry-run"), {Exit.OK, Exit.BAD_RECORDS}),
        (("export", "plan2learn"), {Exit.OK, Exit.BAD_RECORDS}),
        (("day-turn",), {Exit.OK}),
        (("keys", "rotate"), {Exit.OK}),
        (("status",), {Exit.OK}),
        (("worker", "--burst"), {Exit.OK}),
    ):
        done = run("--verbose", *arguments)
        assert done.returncode in allowed, f"{arguments}: {done.stdout}{done.stderr}"
        said.append(done.stdout + done.stderr)

    everything = "\n".join(said)
    for number in numbers | broken:
        for written in (number, f"{number[:6]}-{number[6:]}"):
            assert written not in everything
    secrets = {file.read_text().strip() for file in (tmp_path / "secrets").iterdir()}
    assert len(secrets) == 3
    for secret in secrets:
        assert secret not in everything
