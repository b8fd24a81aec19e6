"""What of a domain's own set-up decides how accounts fare in it: looked at by ``reconnect accounts check``, never
changed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from exporters.active_directory import refusals
from exporters.active_directory.passwords import TRIES, longest_of
from exporters.active_directory.session import Session
from exporters.active_directory.settings import ActiveDirectorySettings
from exporters.target import Notice
from protocols.ldap import values
from protocols.ldap.connection import Found, Raw
from protocols.ldap.errors import RequestRejected

_LEVELS = {0: "2000", 1: "2003", 2: "2003", 3: "2008", 4: "2008 R2", 5: "2012", 6: "2012 R2", 7: "2016", 10: "2025"}
_NEEDED_LEVEL = 4
"""Forests below have no recycle bin."""
_OF_ROOT = ("domainFunctionality", "forestFunctionality", "configurationNamingContext", "currentTime")
_OF_DOMAIN = ("minPwdLength", "minPwdAge", "lockoutThreshold", "lockoutDuration")
_FEATURE = "CN=Recycle Bin Feature,CN=Optional Features,CN=Directory Service,CN=Windows NT,CN=Services"
_MOST_APART = timedelta(minutes=5)
"""As far apart as clocks may be where Kerberos is to work."""
_MINUTE = 600_000_000
"""In the domain's unit of time, 100 ns."""


def findings(session: Session, settings: ActiveDirectorySettings) -> Iterator[Notice]:
    """Each names what to do. Reads only. Raises Unanswered, RequestRejected where the domain itself can't be read."""
    root = session.read(lambda at: at.read("", _OF_ROOT))
    domain = session.read(lambda at: at.read(settings.base, _OF_DOMAIN))
    yield from _level(root)
    yield from _clock(root, session.controller, datetime.now(UTC))
    yield from _password_policy(domain, settings)
    yield from _lockout(domain)
    yield from _recycle_bin(session, root)
    yield from _deleted_objects(session, settings)


def _level(root: Raw) -> Iterator[Notice]:
    for name, what in (("domainFunctionality", "domain"), ("forestFunctionality", "forest")):
        level = values.number(root, name)
        if level is not None and level < _NEEDED_LEVEL:
            yield _notice(
                "functional_level",
                f"the {what}'s functional level is Windows Server {_LEVELS.get(level, level)}. Raise it to 2008 R2 or "
                "later, which the recycle bin needs",
            )


def _clock(root: Raw, controller: str, now: datetime) -> Iterator[Notice]:
    told = values.moment(root, "currentTime")
    if told is not None and abs(told - now) > _MOST_APART:
        how = f"{abs(told - now) // timedelta(minutes=1)} minutes {'ahead of' if told > now else 'behind'}"
        yield _notice(
            "clock",
            f"the clock of {controller} is {how} this machine's. Accounts that expire do so by the controller's clock, "
            "and begin by this machine's: correct the one that is wrong",
        )


def _password_policy(domain: Raw, settings: ActiveDirectorySettings) -> Iterator[Notice]:
    least, length = values.number(domain, "minPwdLength") or 0, settings.passwords.length
    if least > longest_of(length):
        yield _notice(
            "password_policy",
            f"passwords must have {least} characters, and of the {TRIES} that are tried the longest has "
            f"{longest_of(length)}. Set passwords.length to {least}: until then no account is made",
        )
    elif least > length:
        yield _notice(
            "password_policy",
            f"passwords must have {least} characters, and passwords.length is {length}. Set it to {least}, so that not "
            "every first try is refused",
        )


def _lockout(domain: Raw) -> Iterator[Notice]:
    threshold = values.number(domain, "lockoutThreshold") or 0
    if not threshold:
        yield _notice(
            "lockout", "accounts are never locked, so passwords may be guessed. Set a threshold in the domain's policy"
        )
        return
    duration = values.number(domain, "lockoutDuration")
    minutes = abs(duration) // _MINUTE if duration and duration > -(2**63) else 0
    how_long = f"for {minutes} minutes" if minutes else "until somebody unlocks it"
    yield _notice(
        "lockout",
        f"{threshold} wrong logins lock the service account {how_long}. REConnect tries a refused password once: "
        "change it in the settings and in the domain at the same time",
    )


def _recycle_bin(session: Session, root: Raw) -> Iterator[Notice]:
    place = f"{_FEATURE},{values.text(root, 'configurationNamingContext')}"
    if not any(each.values.get("msds-enabledfeaturebl") for each in _at(session, place, "msDS-EnabledFeatureBL")):
        yield _notice(
            "recycle_bin",
            "the recycle bin is off, or can't be seen: a deleted account comes back without its groups and names. "
            "Switch it on: Enable-ADOptionalFeature 'Recycle Bin Feature' -Scope ForestOrConfigurationSet -Target "
            "FOREST",
        )


def _deleted_objects(session: Session, settings: ActiveDirectorySettings) -> Iterator[Notice]:
    place = f"CN=Deleted Objects,{settings.base}"
    if not _at(session, place, "cn", deleted=True):
        yield _notice(
            "deleted_objects",
            f"the service account can't read {place}: an account that is to be closed, and that others have deleted, "
            f'waits as not_seen. Let it read there: dsacls "{place}" /takeownership, then dsacls "{place}" /G '
            "ACCOUNT:LCRP",
        )


def _at(session: Session, place: str, name: str, *, deleted: bool = False) -> list[Found]:
    """The object there; empty if there is none, or the service account can't read it."""
    try:
        return session.read(lambda at: list(at.search(place, "(objectClass=*)", [name], scope="BASE", deleted=deleted)))
    except RequestRejected as rejected:
        if rejected.code in (refusals.NO_SUCH_OBJECT, refusals.RIGHTS):
            return []
        raise


def _notice(rule: str, text: str) -> Notice:
    return Notice("domain", "", "", rule, text)
