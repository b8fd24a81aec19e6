"""Logging in with a passkey, and the passkeys of an account."""

from datetime import date, datetime

import neo4j
from neo4j.exceptions import ConstraintError

from graph.time import COPENHAGEN
from idp import audit, sessions, used_messages
from idp.local_account import LocalAccount, account_by_login, account_of
from idp.local_accounts import attempts, credentials, passkeys, second_factor
from idp.local_accounts.authenticating import LocalLogins, Proven
from idp.local_accounts.passkeys import CHALLENGE_LIFE, INVITATION, BadPasskey, NewPasskey, Passkeys
from idp.local_accounts.refusals import Refused, noting
from idp.sealing import Seal
from idp.sessions import Session


class PasskeyLogins:
    """The passkeys of one system's accounts, in the graph. Every method runs in a thread of the caller."""

    def __init__(self, driver: neo4j.Driver, system: str, seal: Seal, questions: Passkeys, logins: LocalLogins) -> None:
        self._driver = driver
        self._system = system
        self._seal = seal
        self.questions = questions
        self._logins = logins

    def prove(
        self,
        answer: str,
        browser: str,
        now: datetime,
        *,
        account: str | None = None,
        address: str | None = None,
        quiet: bool = False,
    ) -> Proven | None:
        """Check a passkey's answer. ``account``: whose it must be, after a password. None: refused.

        Attempts are not counted: there is nothing to guess, and a count could only keep the owner out.
        """
        with noting(self._driver, now, address, quiet=quiet) as session:
            try:
                found = session.execute_read(passkeys.passkey_of, self.questions.id_of(answer))
                if found is None:
                    raise Refused(None, "unknown_passkey")
                owner = session.execute_read(account_of, self._system, found.account, _day(now))
                if owner is None or owner.state != "open":
                    raise Refused(owner, "unknown_passkey" if owner is None else owner.state)
                count, challenge = self.questions.proven(answer, found, browser, now)
            except BadPasskey as wrong:
                raise Refused(None, "wrong_passkey") from wrong
            if account is not None and account != owner.uuid:
                raise Refused(owner, "wrong_passkey")
            self._use_up(owner, challenge, now)
            if not session.execute_write(passkeys.use, found.id, count, now):
                raise Refused(owner, "copied_passkey")
            return Proven(owner, needs_code=False, at=now, passkey=found.id)
        return None

    def accept_invitation(
        self,
        login: str,
        code: str,
        answer: str,
        browser: str,
        now: datetime,
        *,
        device: str | None = None,
        address: str | None = None,
        quiet: bool = False,
    ) -> LocalAccount | None:
        """Make the first passkey with an invitation, instead of a password. None: refused, as for a wrong code.

        An account that has a second factor keeps it: it takes a reset to get another one with a code alone.
        """
        with noting(self._driver, now, address, quiet=quiet) as session:
            account = session.execute_read(account_by_login, self._system, login, _day(now))
            try:
                made = self.questions.made(answer, browser, INVITATION, now)
            except BadPasskey as wrong:
                raise Refused(account, "wrong_passkey") from wrong
            uuid, hash_ = self._logins.invitation_of(account, login, code)

            def written(tx: neo4j.ManagedTransaction) -> None:
                if not credentials.use_invitation(tx, uuid, hash_, now):
                    raise Refused(account, "wrong_invitation")  # before anything is written
                if account is None or account.state not in ("open", "not_started"):
                    raise Refused(account, "wrong_invitation" if account is None else account.state)
                self._use_up(account, made.challenge, now)
                kept = credentials.credential_of(tx, uuid)
                if kept is not None and kept.has_second_factor:
                    raise Refused(account, "has_second_factor")
                self._keep(tx, account, made, "Adgangsnøgle", now)
                attempts.unlock(tx, uuid)
                if device is not None:
                    attempts.remember_device(tx, uuid, device, now)
                sessions.end_all(tx, uuid)

            session.execute_write(written)
            return account
        return None

    def add(self, session: Session, answer: str, browser: str, name: str, now: datetime) -> tuple[bool, list[str]]:
        """(whether the passkey was made, recovery codes: shown once, if it is the account's first second factor). The
        account's other sessions end."""
        account = session.account
        codes: list[str] = []

        def written(tx: neo4j.ManagedTransaction) -> list[str]:
            if not sessions.end_others(tx, session):
                raise Refused(account, "session_ended")
            kept = credentials.credential_of(tx, account.uuid)
            is_first = kept is None or not kept.has_second_factor
            self._keep(tx, account, made, name.strip() or "Adgangsnøgle", now)
            if not is_first:
                return []
            fresh = second_factor.new_recovery_codes()
            hashes = [second_factor.recovery_code_hash(each, account.uuid, self._seal) for each in fresh]
            second_factor.keep_recovery_codes(tx, account.uuid, hashes)
            return fresh

        with noting(self._driver, now, None) as graph:
            try:
                made = self.questions.made(answer, browser, account.uuid, now)
            except BadPasskey as wrong:
                raise Refused(account, "wrong_passkey") from wrong
            self._use_up(account, made.challenge, now)
            codes = graph.execute_write(written)
            return True, codes
        return False, []

    def remove(self, session: Session, identity: str, now: datetime) -> bool:
        """Take one away; the account's other sessions end. False if the account does not have it."""
        account = session.account

        def written(tx: neo4j.ManagedTransaction) -> bool:
            if not sessions.end_others(tx, session):
                return False
            removed = passkeys.remove(tx, account.uuid, identity)
            if removed:
                audit.note(tx, "passkey_removed", now, account=account.uuid)
            return removed

        with self._driver.session() as graph:
            return graph.execute_write(written)

    def _keep(
        self, tx: neo4j.ManagedTransaction, account: LocalAccount, made: NewPasskey, name: str, now: datetime
    ) -> None:
        try:
            if not passkeys.keep(tx, account.uuid, made, name, now):
                raise Refused(account, "too_many_passkeys")
        except ConstraintError as taken:
            raise Refused(account, "wrong_passkey") from taken
        audit.note(tx, "passkey_set", now, account=account.uuid)

    def _use_up(self, account: LocalAccount | None, challenge: bytes, now: datetime) -> None:
        if not used_messages.use(self._driver, "passkey", challenge.hex(), now + CHALLENGE_LIFE):
            raise Refused(account, "repeated_passkey")


def _day(now: datetime) -> date:
    return now.astimezone(COPENHAGEN).date()
