"""Service providers that others wrote complete a login (saml.md pitfalls 1, 28, 42, 43, 46)."""

import socket
from datetime import UTC, datetime
from pathlib import Path

import httpx
import neo4j
import pytest

from idp.local_accounts.account import account_by_login
from idp.saml.names import PERSISTENT
from idp.saml.profiles import ProfileName
from idp.settings import ServiceProviderSettings
from idp.signing_keys import SigningKeys
from reconnect.embedded import Addresses
from tests.api.login.browser import Browser
from tests.api.login.conftest import PASSWORD, SEAL, serving_login
from tests.api.login.mellon import mellon, metadata
from tests.idp.staff import SYSTEM, in_days, state_account


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
        with clean_graph.session() as session:
            account = session.execute_read(account_by_login, SYSTEM, "anje", in_days(0))
        assert account is not None
        now = datetime.now(UTC)
        keys = SigningKeys(clean_graph, SEAL, f"{url}/saml/metadata")
        keys.published(now)
        keys.roll_over(now)  # the metadata that mellon reads has both keys
        assert logins.accept_invitation("anje", logins.invite(account, now, by="ida"), PASSWORD, now) is not None
        identity = httpx.get(f"{url}/saml/metadata", trust_env=False).content
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
