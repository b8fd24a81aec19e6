"""A real Active Directory domain controller for tests: Samba, on a loopback address of its own (tools/samba_dc.sh).

Its LDAP ports are fixed (389, 636), so each controller gets an address of its own, drawn at random from 127.0.0.0/8:
test processes side by side, and checkouts side by side, do not meet.
"""

import os
import random
import shlex
import signal
import socket
import ssl
import subprocess
from pathlib import Path

import ldap3

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "samba_dc.sh"
EXCHANGE = " ".join(f"extensionAttribute{number}" for number in range(1, 16))
LDAPS = 636


class Controller:
    """One domain. ``domain``: its NetBIOS name. ``address``, ``base``, ``user``, ``password``, ``ca``: how to bind."""

    def __init__(self, folder: Path, domain: str) -> None:
        self.folder = folder
        self.domain = domain
        self._script("start", str(folder), domain, free_address())
        told = dict(line.split("=", 1) for line in (folder / "env").read_text().splitlines())
        env = {name: shlex.split(value)[0] for name, value in told.items()}
        self.address, self.base, self.realm = env["AD_ADDRESS"], env["AD_BASE"], env["AD_REALM"]
        self.user, self.password, self.ca = env["AD_USER"], env["AD_PASSWORD"], Path(env["AD_CA"])

    @property
    def url(self) -> str:
        return f"ldaps://{self.address}"

    def reset(self) -> None:
        """The directory as it was just after provisioning."""
        self._script("reset", str(self.folder))

    def stop(self) -> None:
        """End it and wipe its folder."""
        self._script("stop", str(self.folder))

    def kill(self) -> None:
        """It is gone from one moment to the next; connections break. ``revive`` starts it again."""
        process = int((self.folder / "pid").read_text().split()[0])
        os.kill(process, signal.SIGKILL)
        self._script("stop", str(self.folder), "keep")

    def revive(self) -> None:
        """Start it again, with what it held."""
        self._script("start", str(self.folder), self.domain, self.address)

    def connection(self, user: str | None = None, password: str | None = None) -> ldap3.Connection:
        """A bound connection (default: as administrator) that raises where the controller refuses."""
        tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=str(self.ca))
        server = ldap3.Server(self.address, port=LDAPS, use_ssl=True, tls=tls, get_info=ldap3.NONE)
        return ldap3.Connection(
            server,
            user or self.user,
            password or self.password,
            auto_bind=True,
            raise_exceptions=True,
            check_names=False,
            return_empty_attributes=False,
            auto_range=False,
            receive_timeout=60,
        )

    def _script(self, *arguments: str) -> None:
        done = subprocess.run(
            [str(SCRIPT), *arguments],
            env={**os.environ, "SAMBA_DC_ATTRIBUTES": EXCHANGE},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, f"samba_dc.sh {arguments[0]}: {done.stderr}\ntools/install_samba.sh installs it"


def free_address() -> str:
    """A loopback address on which nothing answers on LDAP's port."""
    draw = random.SystemRandom()
    while True:
        address = ".".join(["127", *(str(draw.randint(1, 254)) for _ in range(3))])
        with socket.socket() as probe:
            if probe.connect_ex((address, LDAPS)) != 0:
                return address
