"""Temporary files that hold personal data: in the instance's own folder, and gone after a kill."""

import stat
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from importers.opus.places import Folder
from importers.opus.settings import OpusSettings
from importers.opus.source import Opus
from reconnect.embedded.errors import EmbeddedError
from reconnect.embedded.scratch import scratch
from tests.forked import telling
from tests.importers.known import InMemory
from tests.importers.opus.files import MONDAY, SMALL, Series

_LONG = 600


def _import_opus(tell: Connection, home: Path, folder: Path) -> None:
    """An import of Opus that gets no further than its copy of the file."""

    class Slow(Folder):
        def copy(self, name: str, target: Path) -> None:
            super().copy(name, target)
            tell.send(target)
            time.sleep(_LONG)

    source = Opus(OpusSettings(), folder)
    source._place = Slow(folder)
    with scratch(home):
        InMemory().take(source)


def _hold(tell: Connection, home: Path) -> None:
    with scratch(home) as folder:
        file = Path(tempfile.mkstemp()[1])
        file.write_text("0512904417")
        tell.send((folder, file))
        time.sleep(_LONG)


def test_a_killed_import_leaves_its_copies_at_home_and_the_next_job_sweeps_them(tmp_path: Path) -> None:
    payroll, home = tmp_path / "payroll", tmp_path / "home"
    payroll.mkdir()
    Series(payroll).put(MONDAY, *SMALL)
    process, told = telling(_import_opus, home, payroll)
    copy = told.recv()
    process.kill()
    process.join()
    assert copy.is_file()
    assert copy.is_relative_to(home)
    above = [each for each in copy.parents if each.is_relative_to(home) and each != home]
    assert [stat.S_IMODE(each.stat().st_mode) for each in above] == [0o700] * len(above)
    with scratch(home) as mine:
        assert not copy.exists()
        assert [each for each in mine.parent.iterdir() if each.is_dir()] == [mine]
    assert [each.name for each in mine.parent.iterdir()] == ["guard"]


def test_what_a_living_process_keeps_stays(tmp_path: Path) -> None:
    process, told = telling(_hold, tmp_path)
    try:
        folder, file = told.recv()
        with scratch(tmp_path) as mine:
            assert mine != folder
        assert file.is_file()
    finally:
        process.kill()
        process.join()


def test_jobs_of_one_process_share_the_folder_until_the_last_ends(tmp_path: Path) -> None:
    usual = tempfile.gettempdir()
    with scratch(tmp_path) as first:
        with scratch(tmp_path) as second:
            assert first == second
        assert Path(tempfile.gettempdir()) == first
        assert Path(tempfile.mkdtemp()).parent == first
    assert tempfile.gettempdir() == usual
    assert not first.exists()


def test_no_other_place_is_used_where_home_can_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(EmbeddedError, match="RECONNECT_HOME"), scratch(tmp_path / "home"):
        pass
