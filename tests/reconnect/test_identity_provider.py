"""What the settings of login make: keys, addresses, and what is refused before anybody logs in."""

from pathlib import Path

import neo4j
import pytest

from reconnect.context import Context
from reconnect.exits import CommandFailed
from reconnect.identity_provider import require_system_and_key, signing_keys, web_login
from tests.idp.saml.peer import sp_metadata
from tests.idp.staff import state_account
from tests.reconnect.shell import Run


def _settings(folder: Path, *more: str) -> Path:
    """Of a REConnect in which people log in through another identity provider only."""
    (folder / "adfs.xml").write_bytes(sp_metadata())
    saml = f'through = "saml"\nsaml = {{ metadata_file = "{folder / "adfs.xml"}", systems = ["ad"] }}'
    file = folder / "reconnect.toml"
    file.write_text("\n".join(("[login]", saml, *more, "")))
    file.chmod(0o600)
    return file


def _context(file: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Context:
    for name, value in environment.items():
        if name.startswith("RECONNECT"):
            monkeypatch.setenv(name, value)
    return Context(file)


def test_another_key_is_noticed_and_rolled_where_people_log_in_through_saml_only(
    run: Run,
    environment: dict[str, str],
    clean_graph: neo4j.Driver,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Requests to ADFS are signed with it, so without it each login would fail."""
    context = _context(_settings(tmp_path), environment, monkeypatch)
    require_system_and_key(context, "127.0.0.1", 8000)  # it makes the first one
    context.close()
    other = _context(_settings(tmp_path, "[idp]", f'key = "{"another key " * 4}"'), environment, monkeypatch)
    with pytest.raises(CommandFailed, match="roll-key --now"):
        require_system_and_key(other, "127.0.0.1", 8000)
    assert "signs from" in run("login", "roll-key").stdout
    keys = signing_keys(other, "127.0.0.1", 8000)
    assert keys is not None
    assert run("login", "roll-key", "--now").returncode == 0
    require_system_and_key(other, "127.0.0.1", 8000)
    other.close()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3"])
def test_adfs_is_told_no_address_that_it_can_not_reach(
    environment: dict[str, str], clean_graph: neo4j.Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    unknown = _context(_settings(tmp_path), environment, monkeypatch)
    for made in (web_login, signing_keys):
        with pytest.raises(CommandFailed, match=r"idp\.address is not set"):
            made(unknown, host, 8000)
    unknown.close()
    told = _context(_settings(tmp_path, "[idp]", 'address = "https://login.klit.example/"'), environment, monkeypatch)
    found = web_login(told, host, 8000).saml
    assert found is not None and found.consumer == "https://login.klit.example/login/saml/acs"
    told.close()


def test_an_invitation_leads_to_where_login_is_served(run: Run, clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    settings = tmp_path / "reconnect.toml"
    settings.write_text('[api]\nport = 8123\n[idp]\nsystem = "idp"\n')
    settings.chmod(0o600)
    state_account(clean_graph, "anje")
    assert run("login", "invite", "anje", "--sheet", str(tmp_path / "sheet.html")).returncode == 0
    assert "http://localhost:8123/login/invitation" in (tmp_path / "sheet.html").read_text()
