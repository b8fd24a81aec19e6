"""Logging in at a service of its own process, with a code from a command of its own."""

import re
import socket
import time
from pathlib import Path

import httpx
import neo4j

from tests.api.login.browser import Browser
from tests.idp.saml.peer import sp_metadata
from tests.idp.staff import state_account, stop
from tests.reconnect.shell import Run, beside

PASSWORD = "Blå traktor i regnvejr"


def test_an_invited_person_logs_in_until_stopped(
    run: Run, environment: dict[str, str], clean_graph: neo4j.Driver, tmp_path: Path
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "sp.xml").write_bytes(sp_metadata())
    settings = tmp_path / "reconnect.toml"
    settings.write_text(
        f"""
[idp]
system = "idp"
name = "Solbjerg"

[idp.providers.first]
metadata_file = "{tmp_path / "sp.xml"}"
attributes = {{ mail = "account.email" }}
"""
    )
    settings.chmod(0o600)
    account = state_account(clean_graph, "anje")
    assert run("login", "invite", "unknown").returncode != 0
    code = run("login", "invite", "anje").stdout.strip()
    url = f"http://127.0.0.1:{port}"
    with beside(["serve", "--port", str(port)], environment, tmp_path, tmp_path):
        _wait_for(url)
        browser = Browser()
        page = browser.get(f"{url}/login/invitation")
        page = browser.submit(page.form(), login="anje", code=code, password=PASSWORD, again=PASSWORD)
        page = browser.submit(page.form("/login"), login="anje", password=PASSWORD)
        assert "logget ind som" in page.text and "Solbjerg" in page.text
        metadata = httpx.get(f"{url}/saml/metadata", trust_env=False)
        assert metadata.headers["content-type"] == "application/samlmetadata+xml" and 'Name="mail"' in metadata.text
        assert len(re.findall("KeyDescriptor ", metadata.text)) == 1
        assert "signs from" in run("login", "roll-key").stdout
        published = httpx.get(f"{url}/saml/metadata", trust_env=False).text
        assert len(re.findall("<md:KeyDescriptor", published)) == 2
        stop(clean_graph, account)
        assert "Adgangskode" in browser.get(f"{url}/login/account").text
        assert run("login", "reset", "anje").returncode == 0
        refused = run("login", "invite", "anje")
        assert refused.returncode == 1 and "its owner is stopped" in refused.stderr
    # With another key nothing is served, and the message says what to do.
    settings.write_text(settings.read_text().replace("[idp]\n", f'[idp]\nkey = "{"another key " * 4}"\n'))
    failed = run("serve", "--port", str(port))
    assert failed.returncode == 1 and "idp_key" in failed.stderr and "roll-key --now" in failed.stderr
    assert run("login", "roll-key", "--now").returncode == 0


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 90
    while True:
        try:
            if httpx.get(f"{url}/health/live", timeout=5, trust_env=False).is_success:
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < deadline, "the service did not start"
        time.sleep(0.2)
