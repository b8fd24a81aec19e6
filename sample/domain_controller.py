"""A real, temporary Active Directory domain controller: Samba, on a loopback address of its own.

``tools/samba_dc.sh`` does the work. LDAP's ports are fixed (389, 636), so each controller gets an address of its own,
drawn at random from 127.0.0.0/8, so that several don't collide. It needs Samba (``tools/install_samba.sh``), and root
or permission to listen on port 389.
"""

import os
import random
import shlex
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import ldap3

SCRIPT = Path(__file__).resolve().parents[1] / "tools" / "samba_dc.sh"
LDAPS = 636
LONGEST_FOLDER = 80
"""Bytes of the folder's path: Samba puts sockets into it, and a socket's path has at most 107."""


class NoController(Exception):
    """No controller can run here. The text gives the reason, in one line."""


class Controller:
    """One domain. ``domain``: its NetBIOS name. ``address``, ``base``, ``user``, ``password``, ``ca``: how to bind.

    Made in ``folder``, or started again from that folder's content. ``attributes``: further text attributes of users,
    groups and organisational units, which Samba's schema lacks. Raises NoController.
    """

    def __init__(self, folder: Path, domain: str, attributes: str = "") -> None:
        self.folder = folder.resolve()
        self.domain = domain
        self._attributes = attributes
        if sys.platform != "linux":
            raise NoController("Samba's domain controller runs on Linux only")
        if len(os.fsencode(self.folder)) > LONGEST_FOLDER:
            raise NoController(f"{self.folder}: the path is too long for Samba's sockets (at most {LONGEST_FOLDER})")
        self.start()
        told = self._told()
        self.base, self.realm = told["AD_BASE"], told["AD_REALM"]
        self.user, self.password, self.ca = told["AD_USER"], told["AD_PASSWORD"], Path(told["AD_CA"])

    @property
    def url(self) -> str:
        return f"ldaps://{self.address}"

    def start(self) -> None:
        """Start it, at the address that it had before. Raises NoController."""
        if (self.folder / "env").exists():
            self.stop(keep=True)  # if its starter was killed, it may still run
            self.address = self._told()["AD_ADDRESS"]
        else:
            self.address = free_address()
        script("start", str(self.folder), self.domain, self.address, attributes=self._attributes)

    def stop(self, *, keep: bool = False) -> None:
        """Stop it. ``keep``: keep the content of its folder; otherwise the folder is emptied."""
        script("stop", str(self.folder), *(["keep"] if keep else []))

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

    def _told(self) -> dict[str, str]:
        lines = (self.folder / "env").read_text(encoding="utf-8").splitlines()
        return {name: shlex.split(value)[0] for name, value in (line.split("=", 1) for line in lines)}


@contextmanager
def running(folder: Path, domain: str, fill: Callable[[Controller], None]) -> Iterator[Controller]:
    """The controller of ``folder``, for a block; made there the first time. Its content stays in the folder.

    ``fill``: puts the content into a new one. If that was interrupted, the controller is made anew. Raises
    NoController, and what ``fill`` raises.
    """
    filled = folder / "filled"
    if folder.exists() and not filled.exists():
        script("stop", str(folder))
    controller = Controller(folder, domain)
    try:
        if not filled.exists():
            fill(controller)
            filled.touch()
        yield controller
    finally:
        controller.stop(keep=True)


def free_address() -> str:
    """A loopback address whose LDAP port is free."""
    draw = random.SystemRandom()
    while True:
        address = ".".join(["127", *(str(draw.randint(1, 254)) for _ in range(3))])
        with socket.socket() as probe:
            if probe.connect_ex((address, LDAPS)) != 0:
                return address


def script(*arguments: str, attributes: str = "") -> None:
    """Run ``tools/samba_dc.sh``. Raises NoController with its output."""
    # Samba may be in folders that are not on a user's PATH.
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    environment = {**os.environ, "PATH": path, "SAMBA_DC_ATTRIBUTES": attributes}
    try:
        done = subprocess.run([str(SCRIPT), *arguments], env=environment, capture_output=True, text=True, timeout=300)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoController(f"{SCRIPT.name} {arguments[0]}: {error}") from error
    if done.returncode != 0:
        said = " ".join(done.stderr.split()) or f"{SCRIPT.name} failed"
        raise NoController(said + ("; tools/install_samba.sh installs it" if "not installed" in said else ""))
