"""Nobody but the program's user reads what it writes."""

import os
from pathlib import Path

import pytest

from exporters.files.delivery_settings import FolderDelivery
from exporters.files.folder import FolderChannel
from reconnect.private_files import open_to_others
from reconnect.settings.file import load
from tests.reconnect.shell import Run


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_delivered_files_are_closed_to_others_unless_the_settings_open_them(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        FolderChannel(FolderDelivery(path=tmp_path / "a" / "b"), "run1").send("bruger.csv", b"1101575001")
        opened = FolderDelivery(path=tmp_path / "c", file_mode="0640", folder_mode="0750")
        FolderChannel(opened, "run1").send("bruger.csv", b"1101575001")
    finally:
        os.umask(umask)
    assert [_mode(tmp_path / each) for each in ("a/b", "a/b/bruger.csv")] == [0o700, 0o600]
    os.umask(0o077)
    try:
        FolderChannel(opened, "run2").send("bruger.csv", b"1101575002")
    finally:
        os.umask(umask)
    assert [_mode(tmp_path / each) for each in ("c", "c/bruger.csv")] == [0o750, 0o640]


@pytest.mark.parametrize("wrong", ["640", "rw-r-----", "0999", ""])
def test_a_mode_is_written_as_chmod_takes_it(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(ValueError, match='four digits, such as "0640"'):
        FolderDelivery(path=tmp_path, file_mode=wrong)


def test_a_home_and_a_file_with_a_password_that_others_can_read_are_reported(tmp_path: Path) -> None:
    home, named, key = tmp_path / "home", tmp_path / "neo4j-password", tmp_path / "key.pem"
    home.mkdir(mode=0o755)
    settings = tmp_path / "reconnect.toml"
    settings.write_text(
        '[mail]\npassword = "x"\n[neo4j]\npassword_file = "neo4j-password"\n'
        f'[targets.plan2learn]\nform = {{encoding = "utf-8"}}\ndelivery = {{kind = "sftp", host = "h", user = "u", '
        f'host_key = "SHA256:x", private_key_file = "{key}"}}\n'
    )
    for each in (named, key):
        each.write_text("secret")
    for each in (settings, named, key):
        each.chmod(0o644)
    told = list(open_to_others(home, load(settings, {}).secret_files))
    assert [text.split(" is open")[0] for text in told] == [str(each) for each in (home, key, named, settings)]
    assert told[0].endswith(f"(mode 0755): chmod 0700 {home}")
    for each in (home, settings, named, key):
        each.chmod(0o700)
    assert list(open_to_others(home, load(settings, {}).secret_files)) == []


def test_a_settings_file_without_a_password_may_be_read_by_others(tmp_path: Path) -> None:
    settings = tmp_path / "reconnect.toml"
    settings.write_text("[worker]\nattempts = 3\n")
    settings.chmod(0o644)
    assert load(settings, {}).secret_files == ()


@pytest.mark.slow
def test_every_command_warns_and_says_what_to_do(run: Run, tmp_path: Path) -> None:
    settings = tmp_path / "reconnect.toml"
    settings.write_text('[mail]\npassword = "x"\n')
    settings.chmod(0o644)
    tmp_path.chmod(0o755)
    told = run("config").stderr
    assert f"chmod 0700 {tmp_path}" in told
    assert f"chmod 0600 {settings}" in told
