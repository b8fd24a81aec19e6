"""One controller for the length of a run: one login, reads and writes over one connection (pitfalls 48, 49, 50).

A connection that was lost is opened again at the same controller, so that everything that was written is seen.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TypeVar

from exporters.active_directory.settings import ActiveDirectorySettings
from exporters.errors import DeliveryError, LoginRefused
from exporters.objects.errors import Unanswered
from graph.retry import NEVER
from protocols.ldap.connection import Access, Directory, opened
from protocols.ldap.errors import ConnectionLost, LdapError, LoginRejected, RequestRejected, Untrusted, login_refusal
from protocols.ldap.writing import Writing

T = TypeVar("T")

READ_ONLY = b"1.2.840.113556.1.4.1920"
"""Among a controller's capabilities: it keeps only a part of the secrets."""


class Session:
    """Use ``connected``."""

    def __init__(self, settings: ActiveDirectorySettings, insisted: str = "") -> None:
        self._settings = settings
        # One that is no longer in the settings is none to wait for.
        self._insisted = insisted if insisted in settings.controllers else ""
        self._access = Access(
            settings.encryption,
            settings.ca_file,
            settings.user,
            settings.password.get_secret_value(),
            settings.timeout_s,
        )
        self._stack = ExitStack()
        self._both: tuple[Directory, Writing] | None = None
        self.controller = ""

    def open(self) -> None:
        """Connect to the first controller that answers, or to the one that the run has used before. Raises
        DeliveryError."""
        failed: LdapError | None = None
        only = self.controller or self._insisted
        for controller in (only,) if only else self._settings.controllers:
            try:
                wire = self._stack.enter_context(opened(self._access, controller))
            except LoginRejected as refused:
                # One try: another, at any controller, would count against the service account.
                why, again = login_refusal(refused.message)
                text = f"{controller} refused the service account: {why}. Check user and password."
                raise LoginRefused(text, retry=again) from refused
            except ConnectionLost as lost:
                failed = lost
                continue
            except RequestRejected as wrong:
                raise DeliveryError(str(wrong), retry=NEVER) from wrong
            directory = Directory(wire, controller, self._settings.page_size)
            try:
                failed = _read_only(directory)
            except LdapError as unknown:
                failed = unknown
            if failed is not None:
                continue
            self.controller = controller
            self._both = directory, Writing(wire, controller)
            return
        retry = failed.retry if isinstance(failed, Untrusted) else None
        if self._insisted:
            raise DeliveryError(
                f"{failed}. It has changes of the last hour, which another controller may not have yet: until then no "
                "other is asked.",
                retry=retry,
            ) from failed
        raise DeliveryError(f"No controller can be used: {failed}", retry=retry) from failed

    def read(self, ask: Callable[[Directory], T]) -> T:
        """Raises Unanswered if the connection is lost, RequestRejected."""
        try:
            return ask(self._pair()[0])
        except ConnectionLost as lost:
            self._drop()
            raise Unanswered(str(lost)) from lost

    def write(self, ask: Callable[[Writing], T]) -> T:
        """Raises Unanswered if it is unknown whether the write took effect, WriteRejected."""
        try:
            return ask(self._pair()[1])
        except ConnectionLost as lost:
            self._drop()
            raise Unanswered(str(lost)) from lost

    def close(self) -> None:
        self._stack.close()

    def _pair(self) -> tuple[Directory, Writing]:
        if self._both is None:
            try:
                self.open()
            except DeliveryError as away:
                if away.retry == NEVER:
                    raise
                raise Unanswered(str(away)) from away
        assert self._both is not None
        return self._both

    def _drop(self) -> None:
        self._both = None
        self._stack.close()
        self._stack = ExitStack()


def _read_only(directory: Directory) -> ConnectionLost | None:
    """Why nothing can be written at the controller: it answers every write with a referral to another."""
    capabilities = directory.read("", ["supportedCapabilities"]).get("supportedcapabilities", ())
    if READ_ONLY not in capabilities:
        return None
    return ConnectionLost(f"{directory.name} is a read-only controller: name another in controllers")


@contextmanager
def connected(settings: ActiveDirectorySettings, insisted: str = "") -> Iterator[Session]:
    """A session for a block. ``insisted``: no other controller is used. Raises DeliveryError if none can be used."""
    session = Session(settings, insisted)
    try:
        session.open()
        yield session
    finally:
        session.close()
