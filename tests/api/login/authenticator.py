"""A device with passkeys, in software: it answers what the pages ask, as browsers and authenticators do.

Written from WebAuthn level 2 (authenticator data, attestation, client data), with no code of the library that checks
the answers.
"""

import base64
import hashlib
import json
import re
import secrets
import struct
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

ES256, RS256 = -7, -257
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def octets(given: str) -> bytes:
    return base64.urlsafe_b64decode(given + "=" * (-len(given) % 4))


def asked(page: str, how: str) -> dict[str, Any]:
    """What the first form of a page for a passkey asks. ``how``: get or create."""
    found = re.search(rf'data-passkey="{how}" data-options="([^"]*)"', page)
    assert found is not None, page
    return dict(json.loads(unescape(found[1])))


@dataclass
class Credential:
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    handle: bytes
    relying_party: str
    count: int = 0


@dataclass
class Authenticator:
    """``counts``: whether it has a counter; ``flags``: what it says of the person."""

    origin: str
    algorithm: int = ES256
    counts: bool = True
    flags: int = PRESENT | VERIFIED
    client: dict[str, Any] = field(default_factory=dict)
    credentials: dict[bytes, Credential] = field(default_factory=dict)

    def make(self, options: dict[str, Any]) -> str:
        """Make a passkey: the answer of navigator.credentials.create()."""
        assert self.algorithm in [each["alg"] for each in options["pubKeyCredParams"]]
        assert options["authenticatorSelection"]["userVerification"] == "required"
        assert options["authenticatorSelection"]["residentKey"] == "required"
        assert options.get("attestation", "none") == "none"
        known = {octets(each["id"]) for each in options.get("excludeCredentials", [])}
        assert not known & set(self.credentials), "this device has one already"
        identity = secrets.token_bytes(32)
        made = Credential(self._new_key(), octets(options["user"]["id"]), options["rp"]["id"])
        self.credentials[identity] = made
        data = self._data(made, ATTESTED) + bytes(16) + struct.pack(">H", len(identity)) + identity
        attestation = {"fmt": "none", "attStmt": {}, "authData": data + cbor2.dumps(_cose(made.key))}
        response = {
            "clientDataJSON": text(self._client("webauthn.create", options["challenge"])),
            "attestationObject": text(cbor2.dumps(attestation)),
        }
        return self._answer(identity, response)

    def get(self, options: dict[str, Any], identity: bytes | None = None) -> str:
        """Use a passkey (the last one): the answer of navigator.credentials.get()."""
        assert options["userVerification"] == "required"
        identity = identity or list(self.credentials)[-1]
        used = self.credentials[identity]
        used.count += 1 if self.counts else 0
        data, client = self._data(used), self._client("webauthn.get", options["challenge"])
        signed = data + hashlib.sha256(client).digest()
        if isinstance(used.key, rsa.RSAPrivateKey):
            signature = used.key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
        else:
            signature = used.key.sign(signed, ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": text(client),
            "authenticatorData": text(data),
            "signature": text(signature),
            "userHandle": text(used.handle),
        }
        return self._answer(identity, response)

    def _new_key(self) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
        if self.algorithm == RS256:
            return rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return ec.generate_private_key(ec.SECP256R1())

    def _data(self, credential: Credential, more: int = 0) -> bytes:
        party = hashlib.sha256(credential.relying_party.encode()).digest()
        return party + struct.pack(">BI", self.flags | more, credential.count)

    def _client(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False, **self.client}
        return json.dumps(said).encode()

    def _answer(self, identity: bytes, response: dict[str, str]) -> str:
        whole = {"id": text(identity), "rawId": text(identity), "type": "public-key", "response": response}
        return json.dumps({**whole, "clientExtensionResults": {}})


def _cose(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> dict[int, Any]:
    """The public key, as RFC 9053 and RFC 8230 write it."""
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.public_key().public_numbers()
        return {1: 3, 3: RS256, -1: numbers.n.to_bytes(256, "big"), -2: numbers.e.to_bytes(3, "big")}
    point = key.public_key().public_numbers()
    return {1: 2, 3: ES256, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
