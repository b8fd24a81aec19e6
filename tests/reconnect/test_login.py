"""Logging in at a service of its own process, with a code from a command of its own."""

import re
import socket
import time
from pathlib import Path

import httpx
import neo4j

from tests.api.login.browser import Browser
from tests.idp.saml.peer import sp_metadata
from tests.idp.staff import in_days, state_account, stop
from tests.reconnect.shell import Run, beside

PASSWORD = "Blå traktor i regnvejr"


def test_an_invited_person_logs_in_until_stopped(
    run: Run, environment: dict[str, str], clean_graph: neo4j.Driver, tmp_path: Path
) -> None:
    port, other = _free_port(), _free_port()
    (tmp_path / "sp.xml").write_bytes(sp_metadata())
    settings = tmp_path / "reconnect.toml"
    settings.write_text(
        f"""
[idp]
system = "idp"
name = "Solbjerg"
elsewhere = "https://adfs.solbjerg.example/adfs/ls/idpinitiatedsignon"

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
    for host in ("0.0.0.0", "::"):  # the address of no machine: applications would know REConnect by it
        unknown = run("serve", "--host", host, "--port", str(other))
        assert unknown.returncode == 2 and "idp.address is not set" in unknown.stderr
    with (
        beside(["serve", "--port", str(port)], environment, tmp_path, tmp_path),
        beside(["serve", "--port", str(other)], environment, tmp_path, tmp_path),
    ):
        _wait_for(url)
        _wait_for(f"http://127.0.0.1:{other}")
        browser = Browser()
        page = browser.get(f"{url}/login/invitation")
        page = browser.submit(page.form(), login="anje", code=code, password=PASSWORD, again=PASSWORD)
        page = browser.submit(page.form("/login"), login="anje", password=PASSWORD)
        assert "logget ind som" in page.text and "Solbjerg" in page.text
        # Its session is open at the other service too, until the account closes: at both, and at once.
        assert "logget ind som" in browser.get(f"http://127.0.0.1:{other}/login/account").text
        for closed in ({"end": in_days(0)}, {"start": in_days(1)}):
            state_account(clean_graph, "anje", **closed)
            for at in (port, other):
                shown = browser.get(f"http://127.0.0.1:{at}/login/account")
                assert "adfs.solbjerg.example" in shown.text and "logget ind som" not in shown.text
            refused = browser.submit(shown.form("/login"), login="anje", password=PASSWORD)
            assert refused.status == 401
            state_account(clean_graph, "anje")
            page = browser.submit(refused.form("/login"), login="anje", password=PASSWORD)
            assert "logget ind som" in page.text
        assert _reasons(clean_graph) == ["ended", "not_started"]
        metadata = httpx.get(f"{url}/saml/metadata", trust_env=False, timeout=60)
        assert metadata.headers["content-type"] == "application/samlmetadata+xml" and 'Name="mail"' in metadata.text
        assert len(re.findall("KeyDescriptor ", metadata.text)) == 1
        assert "signs from" in run("login", "roll-key").stdout
        published = httpx.get(f"{url}/saml/metadata", trust_env=False, timeout=60).text
        assert len(re.findall("<md:KeyDescriptor", published)) == 2
        stop(clean_graph, account)
        for at in (other, port):
            shown = browser.get(f"http://127.0.0.1:{at}/login/account")
            assert "logget ind som" not in shown.text
        assert browser.submit(shown.form("/login"), login="anje", password=PASSWORD).status == 401
        assert _reasons(clean_graph)[2:] == ["stopped"]
        assert run("login", "reset", "anje").returncode == 0
        refused = run("login", "invite", "anje")
        assert refused.returncode == 1 and "its owner is stopped" in refused.stderr
    # With another key nothing is served, and the message says what to do.
    settings.write_text(settings.read_text().replace("[idp]\n", f'[idp]\nkey = "{"another key " * 4}"\n'))
    failed = run("serve", "--port", str(port))
    assert failed.returncode == 1 and "idp_key" in failed.stderr and "roll-key --now" in failed.stderr
    assert run("login", "roll-key", "--now").returncode == 0


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _reasons(driver: neo4j.Driver) -> list[str]:
    rows, _, _ = driver.execute_query("MATCH (e:LoginEvent {event: 'login_refused'}) RETURN e.why AS why ORDER BY e.at")
    return [row["why"] for row in rows]


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            if httpx.get(f"{url}/health/live", timeout=5, trust_env=False).is_success:
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < deadline, "the service did not start"
        time.sleep(0.2)
