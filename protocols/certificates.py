"""Certificates and their keys, from files: a client's own, those of authorities, those that sign messages.

Every function raises UnusableFile, which names the file and never quotes its content.
"""

import ssl
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import pkcs12

from graph.retry import NEXT, Retry


class UnusableFile(Exception):
    """A file of certificates or keys can't be used. A person has to put another in its place."""

    retry: Retry = NEXT


def tls_context(own: tuple[Path, Path] | None = None, authority: Path | None = None) -> ssl.SSLContext:
    """How a client checks a server, and identifies itself.

    ``own``: the client's certificate and its private key (PEM). ``authority``: the only CA (PEM) for the server's
    certificate, whatever the environment sets; without it, the public ones.
    """
    try:
        made = httpx.create_ssl_context() if authority is None else ssl.create_default_context(cafile=str(authority))
        if own is not None:
            # An encrypted key would wait for its passphrase at the terminal.
            made.load_cert_chain(*own, password=lambda: "")
    except (OSError, ValueError) as wrong:  # ssl.SSLError is an OSError
        files = " or ".join(str(each) for each in (authority, *(own or ())) if each is not None)
        raise UnusableFile(f"{files} can't be used for TLS: {wrong}") from wrong
    return made


def certificate(path: Path) -> x509.Certificate:
    """The first certificate of a PEM file."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as wrong:
        raise UnusableFile(f"{path} is not a certificate in PEM: {wrong}") from wrong


def certificates(path: Path) -> tuple[x509.Certificate, ...]:
    """All certificates of a PEM file."""
    try:
        return tuple(x509.load_pem_x509_certificates(path.read_bytes()))
    except (OSError, ValueError) as wrong:
        raise UnusableFile(f"{path} can't be read as certificates in PEM: {wrong}") from wrong


def rsa_key_and_certificate(path: Path, password: str) -> tuple[RSAPrivateKey, x509.Certificate]:
    """The RSA key of a PKCS#12 file, and its certificate."""
    try:
        key, found, _ = pkcs12.load_key_and_certificates(path.read_bytes(), password.encode())
    except (OSError, ValueError) as wrong:
        raise UnusableFile(f"{path} can't be read as PKCS#12 with the password of the settings: {wrong}") from wrong
    if not isinstance(key, RSAPrivateKey) or found is None:
        raise UnusableFile(f"{path} must contain an RSA key and its certificate")
    return key, found
