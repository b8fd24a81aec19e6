"""Service providers that run node-saml (``node/provider.js``) and samlify (``node/samlify.js``)."""

import base64
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import httpx
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree

from tests.api.clients import node
from tests.idp.saml.peer import pair

_HERE = Path(__file__).parent / "node"


Script = Literal["provider.js", "samlify.js"]


@contextmanager
def node_saml(binding: Literal["HTTP-Redirect", "HTTP-POST"], script: Script = "provider.js") -> Iterator[str]:
    """Its address while the block runs."""
    folder = node.installed(_HERE)
    shutil.copy(_HERE / script, folder)
    who = pair("node")
    given = {
        "key": who.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "certificate": who.certificate.public_bytes(Encoding.PEM).decode(),
        "binding": binding,
    }
    server = subprocess.Popen(
        [node.program(), folder / script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdin is not None and server.stdout is not None
        server.stdin.write(json.dumps(given))
        server.stdin.close()
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.terminate()
        server.wait(30)


def introduce(application: str, identity: bytes) -> None:
    """Give it the identity provider's metadata, as an administrator copies them."""
    root = etree.fromstring(identity)
    certificates = [
        base64.b64encode(base64.b64decode("".join((each.text or "").split()))).decode()
        for each in root.iter("{*}X509Certificate")
    ]
    sign_on = root.find(".//{*}SingleSignOnService")
    assert sign_on is not None
    told = {
        "entryPoint": sign_on.get("Location"), "idpIssuer": root.get("entityID"), "idpCert": certificates,
        "metadata": identity.decode(),
    }  # fmt: skip
    httpx.post(f"{application}/configure", json=told, trust_env=False).raise_for_status()
