"""Service providers that others wrote complete a login (saml.md pitfalls 1, 28, 42, 43, 46)."""

import json
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import httpx
import neo4j
import pytest

from idp.saml.names import PERSISTENT
from idp.saml.profiles import ProfileName
from idp.settings import ServiceProviderSettings
from idp.signing_keys import SigningKeys
from reconnect.embedded import Addresses
from tests.api.login.browser import Browser
from tests.api.login.conftest import PASSWORD, SEAL, give_password, serving_login
from tests.api.login.mellon import mellon, metadata
from tests.api.login.node_saml import Script, introduce, node_saml
from tests.api.login.shibboleth import metadata as shibboleth_metadata
from tests.api.login.shibboleth import shibboleth
from tests.idp.staff import state_account


@pytest.mark.parametrize(
    ("profile", "encrypt", "name_id"), [("modern", True, PERSISTENT), ("adfs", True, ""), ("modern", False, "")]
)
def test_mellon(
    profile: ProfileName, encrypt: bool, name_id: str, clean_graph: neo4j.Driver, addresses: Addresses, tmp_path: Path
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    described = metadata(port, name_id)
    (tmp_path / "mellon.xml").write_bytes(described)
    settings = ServiceProviderSettings(
        metadata_file=tmp_path / "mellon.xml",
        profile=profile,
        encrypt=encrypt,
        attributes={"mail": "account.email", "several": '["Ås & <b>", person.given_name]'},
    )
    uuid = state_account(clean_graph, "anje", email="anje@kommune.dk")
    with serving_login(clean_graph, addresses, {"mellon": settings}) as (url, logins):
        now = datetime.now(UTC)
        keys = SigningKeys(clean_graph, SEAL, f"{url}/saml/metadata")
        keys.published(now)
        keys.roll_over(now)  # the metadata that mellon reads has both keys
        give_password(clean_graph, logins, "anje")
        identity = httpx.get(f"{url}/saml/metadata", trust_env=False, timeout=60).content
        with mellon(port, described, identity) as application:
            browser = Browser()
            asked = browser.get(f"{application}/secret/")
            answer = browser.submit(asked.form("/login"), login="anje", password=PASSWORD)
            shown = browser.submit(answer.form())
            assert (shown.status, shown.text) == (200, "the secret page"), shown.text
            # By itself mellon asks for a name ID that is of this login only.
            assert shown.headers["x-user"] == uuid if name_id else shown.headers["x-user"].startswith("_")
            assert shown.headers["x-mail"] == "anje@kommune.dk"
            if profile == "modern" and encrypt:
                assert keys.promote(datetime.now(UTC))
                other = Browser()
                asked = other.get(f"{application}/secret/")
                answer = other.submit(asked.form("/login"), login="anje", password=PASSWORD)
                assert other.submit(answer.form()).status == 200
            gone = browser.get(f"{application}/mellon/logout?ReturnTo=/")
            assert gone.status in (200, 404)  # back at the application, which has no page there
            assert "Adgangskode" in browser.get(f"{application}/secret/").text


@pytest.mark.parametrize("profile", ["modern", "oiosaml3"])
def test_shibboleth(profile: ProfileName, clean_graph: neo4j.Driver, addresses: Addresses, tmp_path: Path) -> None:
    """Also with the key transport that only Shibboleth reads, and that OIOSAML 3 wants."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    described = shibboleth_metadata(port)
    (tmp_path / "shibboleth.xml").write_bytes(described)
    settings = ServiceProviderSettings(
        metadata_file=tmp_path / "shibboleth.xml",
        profile=profile,
        attributes={"mail": "account.email", "several": '["Ås & <b>", person.given_name]'},
    )
    uuid = state_account(clean_graph, "anje", email="anje@kommune.dk")
    with serving_login(clean_graph, addresses, {"shibboleth": settings}) as (url, logins):
        give_password(clean_graph, logins, "anje")
        identity = httpx.get(f"{url}/saml/metadata", trust_env=False, timeout=60).content
        with shibboleth(port, described, identity, f"{url}/saml/metadata") as application:
            browser = Browser()
            asked = browser.get(f"{application}/secret/")
            answer = browser.submit(asked.form("/login"), login="anje", password=PASSWORD)
            shown = browser.submit(answer.form())
            assert (shown.status, shown.text) == (200, "the secret page"), shown.text
            assert shown.headers["x-user"] == uuid and shown.headers["x-mail"] == "anje@kommune.dk"
            assert shown.headers["x-several"] == "Ås & <b>;Anje"


@pytest.mark.parametrize("script", ["provider.js", "samlify.js"])
@pytest.mark.parametrize(("binding", "profile"), [("HTTP-Redirect", "modern"), ("HTTP-POST", "adfs")])
def test_node(
    binding: Literal["HTTP-Redirect", "HTTP-POST"],
    profile: ProfileName,
    script: Script,
    clean_graph: neo4j.Driver,
    addresses: Addresses,
    tmp_path: Path,
) -> None:
    """node-saml and samlify. With the POST binding node-saml deflates its requests (saml.md pitfall 3)."""
    uuid = state_account(clean_graph, "anje", email="anje@kommune.dk")
    with node_saml(binding, script) as application:
        (tmp_path / "node.xml").write_bytes(httpx.get(f"{application}/metadata", trust_env=False, timeout=60).content)
        settings = ServiceProviderSettings(
            metadata_file=tmp_path / "node.xml",
            profile=profile,
            attributes={"mail": "account.email", "several": '["Ås & <b>", person.given_name]'},
        )
        with serving_login(clean_graph, addresses, {"node": settings}) as (url, logins):
            give_password(clean_graph, logins, "anje")
            introduce(application, httpx.get(f"{url}/saml/metadata", trust_env=False, timeout=60).content)
            browser = Browser()
            page = browser.get(f"{application}/login")
            if binding == "HTTP-POST":
                page = browser.submit(page.form())
            answer = browser.submit(page.form("/login"), login="anje", password=PASSWORD)
            shown = browser.submit(answer.form())
            assert json.loads(shown.text) == {
                "nameID": uuid, "mail": "anje@kommune.dk", "several": ["Ås & <b>", "Anje"],
            }  # fmt: skip
            assert browser.submit(answer.form()).status == 403  # it takes a response once
