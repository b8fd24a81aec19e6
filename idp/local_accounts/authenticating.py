"""Logging in to a local account: password, then the second factor where there is one.

Whatever is wrong, the answer is the same, and takes the same time: an unknown user, a wrong password, a locked account,
one that has not started, has ended or is stopped. Why, is in the log of logins only.
"""

import secrets
import zlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import neo4j

from graph.time import COPENHAGEN
from idp import audit, sessions
from idp.local_account import LocalAccount, account_by_login, account_of
from idp.local_accounts import attempts, credentials, passkeys, passwords, second_factor
from idp.local_accounts.refusals import Refused, noting
from idp.sealing import Seal
from idp.sessions import Session

INVITATION_LIFE = timedelta(days=14)
FORGOTTEN_LIFE = timedelta(minutes=30)
"""Of a code that was asked for on the login page."""
_NOBODIES = 64  # records that count attempts at unknown names, so that these do not wait for each other


@dataclass(frozen=True, slots=True)
class Proven:
    """The password or the passkey was right and the account is open. ``needs_code``: a second factor must follow.
    ``at``: when it was given. ``passkey``: the id, if no password was given."""

    account: LocalAccount
    needs_code: bool
    at: datetime
    passkey: str | None = None


class LocalLogins:
    """The local accounts of one system, in the graph. Every method runs in a thread of the caller."""

    def __init__(self, driver: neo4j.Driver, system: str, seal: Seal) -> None:
        self._driver = driver
        self._system = system
        self._seal = seal

    @property
    def system(self) -> str:
        """The key of the IT system."""
        return self._system

    def over(self, driver: neo4j.Driver) -> "LocalLogins":
        """The same with another driver, such as that of a rehearsal."""
        return LocalLogins(driver, self._system, self._seal)

    def prove_password(
        self,
        login: str,
        password: str,
        now: datetime,
        *,
        device: str | None = None,
        address: str | None = None,
        quiet: bool = False,
    ) -> Proven | None:
        """Check a password. None: refused, for whatever reason. ``quiet``: as ``noting`` has it."""
        with noting(self._driver, now, address, quiet=quiet) as session:
            account = session.execute_read(account_by_login, self._system, login, _day(now))
            if account is None:
                # The same work as for a known one, also in the graph.
                nobody = _nobody(login)
                counted = session.execute_write(attempts.begin_attempt, nobody, device, address, now)
                if counted:
                    session.execute_read(credentials.credential_of, nobody)
                passwords.waste(password)
                raise Refused(None, "unknown" if counted else "unknown_locked")
            if not session.execute_write(attempts.begin_attempt, account.uuid, device, address, now):
                passwords.waste(password)
                raise Refused(account, "locked")
            kept = session.execute_read(credentials.credential_of, account.uuid)
            if kept is None or kept.password is None:
                passwords.waste(password)
                raise Refused(account, "no_password")
            if not passwords.matches(password, kept.password):
                raise Refused(account, "wrong_password")
            if account.state != "open":
                raise Refused(account, account.state)
            if passwords.is_outdated(kept.password):
                fresh = passwords.hashed(password)
                session.execute_write(credentials.keep_rehashed, account.uuid, kept.password, fresh)
            return Proven(account, kept.has_second_factor, now)
        return None

    def prove_code(
        self, account_uuid: str, code: str, now: datetime, *, device: str | None = None, address: str | None = None
    ) -> LocalAccount | None:
        """Check a code of the second factor, or a recovery code, after the password. None: refused."""
        with noting(self._driver, now, address) as session:
            account = session.execute_read(account_of, self._system, account_uuid, _day(now))
            if account is None or account.state != "open":
                raise Refused(account, "unknown" if account is None else account.state)
            if not session.execute_write(attempts.begin_attempt, account.uuid, device, address, now):
                raise Refused(account, "locked")
            if not session.execute_write(self._use_code, account.uuid, code, now):
                raise Refused(account, "wrong_code")
            return account
        return None

    def log_in(
        self,
        proven: Proven,
        two_factors: bool,
        now: datetime,
        *,
        replaces: str | None = None,
        device: str | None = None,
        address: str | None = None,
    ) -> tuple[str, str] | None:
        """Begin a session after everything was proven: (the session's secret, the device's). None: refused, because the
        account was reset or got another password meanwhile."""
        account = proven.account

        def written(tx: neo4j.ManagedTransaction) -> tuple[str, str]:
            if proven.passkey is not None:
                is_kept = credentials.has_passkey(tx, account.uuid, proven.passkey, now)
            else:
                is_kept = credentials.has_what_was_proven(tx, account.uuid, proven.at, now)
            if not is_kept:
                raise Refused(account, "password_changed")
            attempts.end_attempts(tx, account.uuid, device, address, now)
            used = device or secrets.token_urlsafe(32)
            attempts.remember_device(tx, account.uuid, used, now)
            secret, _ = sessions.begin(tx, account, two_factors, now, replaces)
            audit.note(tx, "login", now, account=account.uuid, address=address)
            return secret, used

        with noting(self._driver, now, address) as session:
            return session.execute_write(written)
        return None

    def invite(self, account: LocalAccount, now: datetime, *, by: str) -> str:
        """A code with which the owner chooses a password. Shown once; an earlier one ends."""
        code = "-".join(secrets.token_hex(3) for _ in range(3))

        def written(tx: neo4j.ManagedTransaction) -> None:
            credentials.keep_invitation(tx, account.uuid, self._code_hash(account.uuid, code), now + INVITATION_LIFE)
            audit.note(tx, "invited", now, account=account.uuid, by=by)

        with self._driver.session() as session:
            session.execute_write(written)
        return code

    def forgotten(self, account: LocalAccount, now: datetime, address: str | None) -> str | None:
        """A code for an owner who has forgotten the password, beside an invitation; None if there was one just now."""
        code = "-".join(secrets.token_hex(3) for _ in range(3))

        def written(tx: neo4j.ManagedTransaction) -> bool:
            hash_ = self._code_hash(account.uuid, code)
            kept = credentials.keep_forgotten(tx, account.uuid, hash_, now, FORGOTTEN_LIFE)
            if kept:
                audit.note(tx, "password_forgotten", now, account=account.uuid, address=address)
            return kept

        with self._driver.session() as session:
            return code if session.execute_write(written) else None

    def accept_invitation(
        self,
        login: str,
        code: str,
        password: str,
        now: datetime,
        *,
        device: str | None = None,
        address: str | None = None,
        quiet: bool = False,
    ) -> LocalAccount | None:
        """Choose a password with an invitation; None: refused, as for a wrong password. Raises PasswordRejected.
        ``device``: what is used becomes a known device, so that strangers can't prevent even the first login.

        It may be accepted before the account's first day: that still opens nothing.
        """
        passwords.check(password, about=(login,))
        made = passwords.hashed(password)
        with noting(self._driver, now, address, quiet=quiet) as session:
            account = session.execute_read(account_by_login, self._system, login, _day(now))
            # The same work for an unknown one. A code can't be guessed, so attempts are not counted: a count could only
            # keep its owner, who has no known device yet, from using it.
            uuid, hash_ = self.invitation_of(account, login, code)

            def written(tx: neo4j.ManagedTransaction) -> None:
                if not credentials.use_invitation(tx, uuid, hash_, now):
                    raise Refused(account, "wrong_invitation")
                if account is None or account.state not in ("open", "not_started"):
                    raise Refused(account, "wrong_invitation" if account is None else account.state)
                credentials.keep_password(tx, uuid, made, now)
                attempts.unlock(tx, uuid)
                if device is not None:
                    attempts.remember_device(tx, uuid, device, now)
                sessions.end_all(tx, uuid)
                audit.note(tx, "password_set", now, account=uuid, address=address)

            session.execute_write(written)
            return account
        return None

    def invitation_of(self, account: LocalAccount | None, login: str, code: str) -> tuple[str, str]:
        """(the record of an invitation, the hash of its code); for an unknown user name, of one that never is."""
        uuid = _nobody(login) if account is None else account.uuid
        return uuid, self._code_hash(uuid, code)

    def reset(self, account: LocalAccount, now: datetime, *, by: str) -> str:
        """Take the password, the passkeys and the second factor away, end every session, and invite anew: the code."""

        def written(tx: neo4j.ManagedTransaction) -> None:
            credentials.remove_factors(tx, account.uuid)
            passkeys.remove_all(tx, account.uuid)
            attempts.forget_devices(tx, account.uuid)
            sessions.end_all(tx, account.uuid)
            audit.note(tx, "reset", now, account=account.uuid, by=by)

        with self._driver.session() as session:
            session.execute_write(written)
        return self.invite(account, now, by=by)

    def begin_second_factor(self, account: LocalAccount, issuer: str) -> tuple[str, str]:
        """(a new secret, the address for an authenticator app). It counts once it has been confirmed with a code."""
        secret = second_factor.new_secret()
        with self._driver.session() as session:
            session.execute_write(second_factor.keep_pending, account.uuid, secret, self._seal)
        return secret, second_factor.address(secret, account.login, issuer)

    def change_password(self, session: Session, password: str, now: datetime, address: str | None) -> bool:
        """Another password, chosen by who is logged in; the account's other sessions end. False if this one has ended.
        Raises PasswordRejected."""
        account = session.account
        passwords.check(password, about=(account.login,))
        made = passwords.hashed(password)

        def written(tx: neo4j.ManagedTransaction) -> bool:
            if not sessions.end_others(tx, session):
                return False
            credentials.keep_password(tx, account.uuid, made, now)
            audit.note(tx, "password_set", now, account=account.uuid, address=address)
            return True

        with self._driver.session() as graph:
            return graph.execute_write(written)

    def confirm_second_factor(self, session: Session, code: str, now: datetime) -> list[str] | None:
        """The recovery codes, shown once; None if the code is wrong, or there is nothing to confirm. The account's
        other sessions end."""
        account = session.account

        def written(tx: neo4j.ManagedTransaction) -> list[str] | None:
            secret = second_factor.pending(tx, account.uuid, self._seal)
            step = None if secret is None else second_factor.step_of(secret, code, now)
            if step is None or not sessions.end_others(tx, session):
                return None
            made = second_factor.new_recovery_codes()
            hashes = [second_factor.recovery_code_hash(each, account.uuid, self._seal) for each in made]
            second_factor.confirm(tx, account.uuid, step, hashes)
            audit.note(tx, "second_factor_set", now, account=account.uuid)
            return made

        with self._driver.session() as graph:
            return graph.execute_write(written)

    def _use_code(self, tx: neo4j.ManagedTransaction, account: str, code: str, now: datetime) -> bool:
        kept = credentials.credential_of(tx, account)
        if kept is None or not kept.has_second_factor:
            return False
        if kept.totp is not None:
            step = second_factor.step_of(second_factor.opened(kept.totp, account, self._seal), code, now)
            if step is not None:
                return second_factor.use_step(tx, account, step)
        hash_ = second_factor.recovery_code_hash(code, account, self._seal)
        return second_factor.use_recovery_code(tx, account, hash_)

    def _code_hash(self, account: str, code: str) -> str:
        compact = "".join(each for each in code.lower() if each.isalnum())
        return self._seal.fingerprint(f"invitation:{account}:{compact}")


def _nobody(login: str) -> str:
    """The record of attempts at a user name that is unknown."""
    return f"nobody:{zlib.crc32(login.encode()) % _NOBODIES}"


def _day(now: datetime) -> date:
    return now.astimezone(COPENHAGEN).date()
