"""Responses a second by pysaml2: signed twice and encrypted, with AES-128-CBC, the nearest that it has (its default is
3DES). Reads what is wanted from standard input, as JSON, and writes the figure. A program of its own: pysaml2 and what
it needs are not the project's.
"""

import json
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

SP = "https://sp.kommune.example"


def main() -> None:
    """Measure."""
    wanted = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps({"per_second": _measured(Path(folder), **wanted)}))


def _measured(folder: Path, seconds: float, bits: int, attributes: dict[str, list[str]]) -> float:
    from saml2.config import IdPConfig  # type: ignore[import-not-found,unused-ignore]
    from saml2.saml import NAMEID_FORMAT_PERSISTENT, NameID  # type: ignore[import-not-found,unused-ignore]
    from saml2.server import Server  # type: ignore[import-not-found,unused-ignore]

    key, certificate = _pair(folder, "idp", bits)
    _, peer = _pair(folder, "sp", bits)
    body = "".join(peer.read_text().splitlines()[1:-1])
    (folder / "sp.xml").write_text(
        f'<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{SP}"><SPSSODescriptor '
        'protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor><ds:KeyInfo '
        'xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>'
        f"{body}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor><AssertionConsumerService index='0' "
        f"Binding='urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST' Location='{SP}/acs'/>"
        "</SPSSODescriptor></EntityDescriptor>"
    )
    config: dict[str, Any] = {
        "entityid": "https://login.kommune.example/saml",
        "key_file": str(key),
        "cert_file": str(certificate),
        "metadata": {"local": [str(folder / "sp.xml")]},
        "service": {"idp": {"endpoints": {"single_sign_on_service": []}, "policy": {"default": {}}}},
    }
    server = Server(config=IdPConfig().load(config))
    name = NameID(format=NAMEID_FORMAT_PERSISTENT, text="0f8fad5b")

    def one() -> None:
        server.create_authn_response(
            attributes, "_1", f"{SP}/acs", SP, name_id=name, sign_response=True, sign_assertion=True,
            encrypt_assertion=True, encrypt_cert_assertion=body,
            authn={"class_ref": "urn:oasis:names:tc:SAML:2.0:ac:classes:Password", "authn_auth": "x"},
        )  # fmt: skip

    one()
    started, done = time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        one()
        done += 1
    return done / (time.perf_counter() - started)


def _pair(folder: Path, name: str, bits: int) -> tuple[Path, Path]:
    private = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(private, hashes.SHA256())
    )
    key_file, certificate_file = folder / f"{name}.key", folder / f"{name}.pem"
    key_file.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
    certificate_file.write_bytes(certificate.public_bytes(Encoding.PEM))
    return key_file, certificate_file


if __name__ == "__main__":
    main()
