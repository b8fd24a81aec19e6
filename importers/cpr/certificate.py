"""The system's certificate: checked once per run, so that an expired one gives one message (pitfall 15)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from graph.statements.statement import Problem
from importers.cpr.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Certificate:
    """``expires``: in UTC."""

    path: Path
    expires: datetime

    @classmethod
    def read(cls, path: Path, private_key: Path, now: datetime) -> "Certificate":
        """Raises Misconfigured if it can't be read, is not valid yet, or has expired."""
        for each in (path, private_key):
            if not each.is_file():
                raise Misconfigured(f"CPR: there is no file {each}; see certificate and private_key in the settings.")
        try:
            found = x509.load_pem_x509_certificate(path.read_bytes())
        except (OSError, ValueError) as wrong:
            raise Misconfigured(f"CPR: {path} is not a certificate in PEM: {wrong}") from wrong
        expires = found.not_valid_after_utc
        if expires <= now:
            raise Misconfigured(
                f"CPR: the certificate {path} expired on {expires:%Y-%m-%d}. Order a new one (MitID Erhverv), register "
                "it with KOMBIT for this system, and put it in its place. No person was looked up."
            )
        if found.not_valid_before_utc > now:
            raise Misconfigured(f"CPR: the certificate {path} is valid from {found.not_valid_before_utc:%Y-%m-%d} on.")
        return cls(path, expires.astimezone(UTC))

    def warnings(self, now: datetime, days: int) -> tuple[Problem, ...]:
        """A notice if it expires within this many days."""
        if self.expires - now > timedelta(days=days):
            return ()
        text = (
            f"the certificate {self.path.name} expires on {self.expires:%Y-%m-%d}: order a new one and register it "
            "with KOMBIT in time"
        )
        return (Problem("Certificate", "client", "expires", "certificate_expires", text, "notice"),)
