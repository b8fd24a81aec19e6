"""A CA and certificates, made when the stand-in starts; none of them is in the repository."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_PEM = serialization.Encoding.PEM


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key, in PEM files. ``fingerprint``: SHA-256 of the certificate, in hexadecimal."""

    certificate: Path
    key: Path
    fingerprint: str


class Authority:
    """A CA whose files are in ``folder``."""

    def __init__(self, folder: Path, name: str = "Stand-in CA") -> None:
        self._folder, self._name = folder, name
        self._key = ec.generate_private_key(ec.SECP256R1())
        own = self._signed(name, self._key, _days(-1), _days(3650), ca=True)
        self.certificate = folder / f"{name.replace(' ', '-').lower()}.pem"
        self.certificate.write_bytes(own.public_bytes(_PEM))

    def issue(self, name: str, starts: datetime | None = None, expires: datetime | None = None) -> Pair:
        """A certificate for 127.0.0.1 or a client; default: valid for a year."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._signed(name, key, starts or _days(-1), expires or _days(365), ca=False)
        certificate, key_file = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        certificate.write_bytes(made.public_bytes(_PEM))
        key_file.write_bytes(key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        key_file.chmod(0o600)
        return Pair(certificate, key_file, sha256(made.public_bytes(serialization.Encoding.DER)).hexdigest())

    def _signed(
        self, name: str, key: ec.EllipticCurvePrivateKey, starts: datetime, expires: datetime, *, ca: bool
    ) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self._name)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(starts)
            .not_valid_after(expires)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if ca:
            usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
            builder = builder.add_extension(usage, critical=True)
        else:
            names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(self._key, hashes.SHA256())


def _days(count: int) -> datetime:
    return datetime.now(UTC) + timedelta(days=count)
