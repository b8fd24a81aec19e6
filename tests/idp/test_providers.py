"""Service providers of the settings: whose metadata is in use, whatever happens to its place."""

import threading
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import neo4j
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from idp.providers import AGAIN, RETRY, Providers
from idp.settings import ServiceProviderSettings
from protocols.http.errors import AnswerLost
from tests.idp.saml.peer import ENTITY_ID, pair, signed_xml, sp_metadata

OTHER = "https://other.kommune.dk/saml"
NOW = datetime.now(UTC).replace(microsecond=0)
LATER = NOW + AGAIN


def never(url: str, largest: int) -> bytes:
    raise AssertionError("nothing is read over the network")


def of_files(driver: neo4j.Driver, **files: Path) -> Providers:
    return Providers({name: ServiceProviderSettings(metadata_file=each) for name, each in files.items()}, driver, never)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "sp.xml"
    made.write_bytes(sp_metadata())
    return made


def _vanished(file: Path) -> None:
    file.unlink()


def _half_written(file: Path) -> None:
    file.write_bytes(sp_metadata()[:-40])


def _another(file: Path) -> None:
    file.write_bytes(sp_metadata(entity_id=OTHER))


def _odd_key(file: Path) -> None:
    """A certificate with a kind of key that this machine's libraries don't know."""
    known, unknown = bytes.fromhex("06092a864886f70d010101"), bytes.fromhex("06092a864886f70d010163")
    odd = pair("odd")
    text = b64encode(b64decode(odd.text).replace(known, unknown)).decode()
    file.write_bytes(sp_metadata(signing=(odd,)).replace(odd.text.encode(), text.encode()))


@pytest.mark.parametrize("changed", [_vanished, _half_written, _another, _odd_key])
def test_pitfall_48_the_last_good_copy_stays(
    clean_graph: neo4j.Driver, file: Path, changed: Callable[[Path], None]
) -> None:
    first = of_files(clean_graph, sp=file)
    assert first.of(ENTITY_ID, NOW) is not None
    changed(file)
    for providers in (first, of_files(clean_graph, sp=file)):  # the second one as after a restart
        assert providers.of(ENTITY_ID, LATER) is not None
        assert providers.of(OTHER, LATER) is None
    rows, _, _ = clean_graph.execute_query("MATCH (m:ProviderMetadata) RETURN m.problem AS problem")
    assert rows[0]["problem"]


def test_a_clock_that_was_ahead_puts_off_no_later_reading(clean_graph: neo4j.Driver, file: Path) -> None:
    providers = of_files(clean_graph, sp=file)
    assert providers.of(ENTITY_ID, NOW + timedelta(days=400)) is not None
    _half_written(file)
    assert providers.of(ENTITY_ID, NOW) is not None
    rows, _, _ = clean_graph.execute_query("MATCH (m:ProviderMetadata) RETURN m.problem AS problem")
    assert rows[0]["problem"], "the document was read again"


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1"])
def test_a_copy_in_another_encoding(clean_graph: neo4j.Driver, file: Path, encoding: str) -> None:
    head = f'<?xml version="1.0" encoding="{encoding}"?><!-- Rådhuset -->'
    file.write_bytes((head + sp_metadata().decode()).encode(encoding))
    assert of_files(clean_graph, sp=file).of(ENTITY_ID, NOW) is not None
    file.unlink()
    assert of_files(clean_graph, sp=file).of(ENTITY_ID, LATER) is not None


def test_a_copy_has_its_own_end_too(clean_graph: neo4j.Driver, file: Path) -> None:
    ends = NOW + timedelta(days=1)
    file.write_bytes(sp_metadata(attributes=f'validUntil="{ends:%Y-%m-%dT%H:%M:%SZ}"'))
    providers = of_files(clean_graph, sp=file)
    assert providers.of(ENTITY_ID, ends - timedelta(seconds=1)) is not None
    assert providers.of(ENTITY_ID, ends) is None


def test_a_copy_is_of_its_place_and_signed_as_the_settings_say(
    clean_graph: neo4j.Driver, file: Path, tmp_path: Path
) -> None:
    assert of_files(clean_graph, sp=file).of(ENTITY_ID, NOW) is not None
    assert of_files(clean_graph, sp=tmp_path / "elsewhere.xml").of(ENTITY_ID, NOW) is None
    assert of_files(clean_graph, sp=file).of(ENTITY_ID, NOW) is not None
    keys = tmp_path / "keys.pem"
    keys.write_bytes(pair("federation").certificate.public_bytes(Encoding.PEM))
    strict = {"sp": ServiceProviderSettings(metadata_file=file, metadata_signed_by=keys)}
    assert Providers(strict, clean_graph, never).of(ENTITY_ID, LATER) is None
    file.write_bytes(signed_xml(sp_metadata(), by=pair("federation")))
    assert Providers(strict, clean_graph, never).of(ENTITY_ID, LATER) is not None


def test_no_application_takes_the_place_of_another(clean_graph: neo4j.Driver, file: Path, tmp_path: Path) -> None:
    thief = tmp_path / "thief.xml"
    thief.write_bytes(sp_metadata())
    # In the settings from the beginning: neither of the two is trusted before a person says which one it is.
    assert of_files(clean_graph, a=thief, b=file).of(ENTITY_ID, NOW) is None
    named = {
        "a": ServiceProviderSettings(metadata_file=thief),
        "b": ServiceProviderSettings(metadata_file=file, entity_id=ENTITY_ID),
    }
    found = Providers(named, clean_graph, never).of(ENTITY_ID, NOW)
    assert found is not None and found[0].name == "b"


def test_a_server_that_hangs_holds_no_other_login_up(clean_graph: neo4j.Driver, file: Path) -> None:
    again, reached, hanging = threading.Event(), threading.Event(), threading.Event()

    def fetch(url: str, largest: int) -> bytes:
        if not again.is_set():
            return sp_metadata(entity_id=OTHER)
        reached.set()
        hanging.wait(60)
        raise AnswerLost("the server hangs")

    settings = {
        "a": ServiceProviderSettings(metadata_url="https://other.kommune.dk/metadata"),
        "b": ServiceProviderSettings(metadata_file=file),
    }
    providers = Providers(settings, clean_graph, fetch)
    assert providers.of(OTHER, NOW) is not None
    again.set()
    waiting = threading.Thread(target=providers.of, args=(OTHER, LATER))
    waiting.start()
    assert reached.wait(30)
    try:
        done: list[bool] = []
        others = threading.Thread(
            target=lambda: done.extend(providers.of(each, LATER) is not None for each in (ENTITY_ID, OTHER))
        )
        others.start()
        others.join(30)
        assert done == [True, True] and waiting.is_alive()
    finally:
        hanging.set()
        waiting.join(60)
    assert providers.of(OTHER, LATER + RETRY) is not None
