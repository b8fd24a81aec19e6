"""Delivery to a folder. ``files_NN``: pitfalls of files_and_rest.md."""

import stat
import threading
from pathlib import Path

import pytest

from exporters.errors import DeliveryError
from exporters.files.delivery_settings import FolderDelivery
from exporters.files.file_names import aside, leftovers, temporary
from exporters.files.folder import FolderChannel

SIZE = 50_000_000


def test_files_01_a_watcher_never_sees_a_partial_file(tmp_path: Path) -> None:
    seen: set[int] = set()
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.001):
            seen.update(path.stat().st_size for path in tmp_path.glob("*.csv"))

    watcher = threading.Thread(target=watch)
    watcher.start()
    way = FolderChannel(FolderDelivery(path=tmp_path), "run1")
    way.send("bruger.csv", b"x" * SIZE)
    way.send("bruger.csv", b"y" * (SIZE - 1))
    ended.set()
    watcher.join()
    assert seen <= {SIZE, SIZE - 1}


def test_leftovers_of_broken_runs_are_removed_and_only_ours(tmp_path: Path) -> None:
    (tmp_path / temporary("bruger.csv", "dead-run")).write_bytes(b"half")
    (tmp_path / "theirs.part").write_bytes(b"x")
    FolderChannel(FolderDelivery(path=tmp_path), "run2").sweep()
    assert [each.name for each in tmp_path.iterdir()] == ["theirs.part"]


def test_every_folder_that_is_made_gets_the_mode_and_none_that_was_there(tmp_path: Path) -> None:
    """A receiver in the group reaches the files; it stopped at the first folder above, which was 0700."""
    here = tmp_path / "here"
    here.mkdir(mode=0o755)
    FolderChannel(FolderDelivery(path=here / "a" / "b", folder_mode="0750", file_mode="0640"), "run").send(
        "x.csv", b"x"
    )
    modes = [stat.S_IMODE(each.stat().st_mode) for each in (here, here / "a", here / "a" / "b")]
    assert modes == [0o755, 0o750, 0o750]


def test_nothing_is_written_while_a_share_is_not_mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = FolderDelivery(path=tmp_path / "in", mounted=True)
    monkeypatch.setattr(Path, "is_mount", lambda path: path == Path("/"))
    with pytest.raises(DeliveryError, match="is on no mounted share"):
        FolderChannel(here, "run1").send("bruger.csv", b"x")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(Path, "is_mount", lambda path: path in (Path("/"), tmp_path))
    FolderChannel(here, "run1").send("bruger.csv", b"x")
    assert (tmp_path / "in" / "bruger.csv").read_bytes() == b"x"


def test_what_was_moved_aside_stays_while_it_is_all_that_there_is() -> None:
    half, old = temporary("a.csv", "run1"), aside("a.csv")
    assert leftovers([half, old, "b.csv", ".reconnect.part"]) == [half]
    assert leftovers([half, old, "a.csv"]) == [old, half]
