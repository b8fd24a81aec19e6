"""The keys for CPR numbers: made once, kept beside the graph and never in it."""

import base64
import stat
from pathlib import Path

import neo4j
import pytest

from graph.cpr.keyring import MissingKey, rotate
from importers.pipeline.import_run import run_import
from reconnect.embedded.home import Home
from reconnect.exits import CommandFailed, Exit
from reconnect.keys import add_key, keyring
from reconnect.settings.tree import CprKeySettings
from tests.graph.organisation import Stating, small

KEY = base64.b64encode(b"k" * 32).decode()


def test_keys_are_made_once(tmp_path: Path) -> None:
    first = keyring(CprKeySettings(), Home(tmp_path))
    again = keyring(CprKeySettings(), Home(tmp_path))
    assert first == again
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in (tmp_path / "secrets").iterdir())


def test_a_copy_of_a_key_beside_it_is_no_key(tmp_path: Path) -> None:
    """Such as a back-up before a rotation, or what an editor leaves."""
    home, settings = Home(tmp_path), CprKeySettings()
    first = keyring(settings, home)
    for name in ("k1.bak", "k1~", "k1 copy", "k", "k²", "kk1"):
        (tmp_path / "secrets" / f"cpr_key_{name}").write_text("no key")
    assert keyring(settings, home) == first
    assert add_key(settings, home) == "k2"
    assert keyring(settings, home).current == "k2"


def test_keys_of_the_settings_are_used(tmp_path: Path) -> None:
    settings = CprKeySettings.model_validate({"current": "a", "keys": {"a": KEY}, "hash_key": KEY})
    assert keyring(settings, Home(tmp_path)).keys == {"a": b"k" * 32}
    assert not (tmp_path / "secrets").exists()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"keys": {"k1": KEY}}, "belong together"),
        ({"hash_key": KEY}, "belong together"),
        ({"current": "b", "keys": {"a": KEY}, "hash_key": KEY}, "not among cpr_keys.keys"),
        ({"keys": {"k1": "short"}, "hash_key": KEY}, "is not base64"),
        ({"keys": {"k1": "c2hvcnQ="}, "hash_key": KEY}, "has 5 bytes"),
    ],
)
def test_wrong_keys_are_a_wrong_setting(tmp_path: Path, values: dict[str, object], words: str) -> None:
    with pytest.raises(CommandFailed, match=words) as refused:
        keyring(CprKeySettings.model_validate(values), Home(tmp_path))
    assert refused.value.code == Exit.USAGE


def test_rotation_encrypts_every_number_with_the_new_key(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    home, settings = Home(tmp_path), CprKeySettings()
    run_import(clean_graph, Stating(*small()), keyring(settings, home))
    assert add_key(settings, home) == "k2"
    ring = keyring(settings, home)
    assert rotate(clean_graph, ring) == 3
    rows, _, _ = clean_graph.execute_query("MATCH (p:Person) RETURN p.cpr_cipher AS cipher, p.cpr_key AS key")
    assert {row["key"] for row in rows} == {"k2"}
    assert sorted(ring.decrypt(row["cipher"], row["key"]) for row in rows) == [
        "0202575002",
        "0303575003",
        "1101575001",
    ]
    assert rotate(clean_graph, ring) == 0


def test_a_program_that_runs_opens_numbers_with_the_new_key(tmp_path: Path) -> None:
    home, settings = Home(tmp_path), CprKeySettings()
    running = keyring(settings, home)
    add_key(settings, home)
    assert running.decrypt(*keyring(settings, home).encrypt("1101575001")) == "1101575001"
    with pytest.raises(MissingKey):
        running.decrypt("", "k3")


def test_a_process_that_runs_encrypts_with_the_new_key_after_a_rotation(tmp_path: Path) -> None:
    """Otherwise whoever it writes later is lost once the old key is removed."""
    home, settings = Home(tmp_path), CprKeySettings()
    running = keyring(settings, home)
    assert running.encrypt("0101900000")[1] == "k1"
    assert add_key(settings, home) == "k2"
    cipher, key = running.encrypt("0101900000")
    assert (key, running.current) == ("k2", "k2")
    assert keyring(settings, home).decrypt(cipher, key) == "0101900000"
