"""The identity provider of the settings, ready to use: for the web service, and for the commands of ``login``."""

from datetime import UTC, datetime
from functools import partial
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from structlog.stdlib import get_logger

from api.access.sessions import Sessions
from api.login.claims import ClaimsService
from api.login.routes import Login
from api.login.saml_service import SamlService
from api.login.settings import SamlLoginSettings
from api.login.web_login import WebLogin
from idp.claims.person_claims import Attributes, Receiving
from idp.local_accounts.authenticating import LocalLogins
from idp.local_accounts.handing_over import HandingOver
from idp.local_accounts.passkey_logins import PasskeyLogins
from idp.local_accounts.passkeys import Passkeys, RelyingParty, origin_of
from idp.providers import Providers
from idp.released import Releasing
from idp.saml.metadata import IdentityProvider
from idp.sealing import Seal, WrongSeal
from idp.settings import IdpSettings
from idp.signing_keys import SigningKeys
from idp.single_sign_on import SingleSignOn
from protocols.http.client import Client, Limits
from protocols.http.errors import AnswerLost
from reconnect.context import Context
from reconnect.exits import CommandFailed, Exit
from reconnect.sending.mail import MailFailed, send_to
from reconnect.terminal import terminal
from reconnect.work.messages import PersonalMessages

_SECRET = "idp_key"
_log = get_logger("reconnect.login")
NO_KEYS = "Nothing is signed: there is neither idp.system nor login.saml."
NO_SYSTEM = "There is no login: set idp.system to the key of the IT system whose planned accounts log in here."


def login_pages(context: Context, host: str, port: int) -> Login | None:
    """The pages of login; None without ``idp.system``. ``host``, ``port``: where they are served, which is their
    address on this machine. Raises CommandFailed: others can't know them by where they are served, and
    ``idp.address`` is missing."""
    settings = context.settings.idp
    if settings.system is None:
        return None
    address = _address(context, host, port)
    seal = seal_of(context)
    driver = context.driver()
    logins = LocalLogins(driver, settings.system, seal)
    questions = Passkeys(RelyingParty(urlsplit(address).hostname or "", settings.name, origin_of(address)), seal)
    return Login(
        driver,
        logins,
        PasskeyLogins(driver, settings.system, seal, questions, logins),
        SingleSignOn(
            driver,
            IdentityProvider(_entity_id(settings, address), f"{address}/saml/sso", f"{address}/saml/logout"),
            _keys(context, address),
            Providers(settings.providers, driver, _fetched),
            releasing(context),
        ),
        seal,
        settings.system,
        settings.name,
        secure=address.startswith("https://"),
        elsewhere=settings.elsewhere,
        handing=handing_over(context, host, port),
    )


def handing_over(context: Context, host: str, port: int) -> HandingOver | None:
    """How people are invited; None without ``idp.system``. As ``login_pages``."""
    settings = context.settings.idp
    if settings.system is None:
        return None
    return HandingOver(
        context.driver(),
        local_logins(context),
        PersonalMessages(context.settings.mail, context.settings.sms),
        settings.name,
        _address(context, host, port),
        self_service=settings.self_service,
    )


def signing_keys(context: Context, host: str, port: int) -> SigningKeys | None:
    """The keys with which messages to applications, and to the identity provider of ``login.saml``, are signed; None
    where people log in neither way. As ``login_pages``."""
    if context.settings.idp.system is None and _peer(context) is None:
        return None
    return _keys(context, _address(context, host, port))


def web_login(context: Context, host: str, port: int) -> WebLogin:
    """Login of people to REConnect itself. As ``login_pages``."""
    settings, through = context.settings.idp, context.settings.login.through
    driver, seal, peer = context.driver(), seal_of(context), _peer(context)
    saml = None
    if peer is not None:
        address = _address(context, host, port)
        saml = SamlService(driver, peer, address, _keys(context, address), _fetched, settings.domains)
    return WebLogin(
        driver,
        Sessions(driver, settings.system, through),
        seal,
        settings.name,
        secure=(settings.address or "").startswith("https://"),
        address=settings.address,
        through=through,
        can_log_in=settings.system is not None or saml is not None,
        alarm=partial(_alarm, context),
        saml=saml,
    )


def _alarm(context: Context, text: str) -> None:
    """A mail about the break-glass account. One that can't be sent is logged: the login must work all the same."""
    settings = context.settings
    try:
        to = settings.login.alarm_to or settings.mail.to
        if not send_to(settings.mail, to, "REConnect: break-glass account used", text):
            _log.error("alarm_not_mailed", problem="there is no mail server (mail.host) or nobody to write to")
    except MailFailed as failed:
        _log.error("alarm_not_mailed", problem=str(failed))


def require_system_and_key(context: Context, host: str, port: int) -> None:
    """Before people log in: whether the settings fit the graph. Raises CommandFailed."""
    keys, system = signing_keys(context, host, port), context.settings.idp.system
    if keys is None:
        return
    if system is not None:
        found, _, _ = context.driver().execute_query("MATCH (s:ItSystem {key: $key}) RETURN s.uuid", key=system)
        if not found:
            terminal(stderr=True).print(
                f"No one can log in yet: there is no IT system with the key {system} (idp.system). Make account "
                "rules for it first."
            )
    try:
        keys.published(datetime.now(UTC))
    except WrongSeal as wrong:
        raise CommandFailed(
            f"{wrong} Put the key back (idp.key, or the secret idp_key of the home). If it is lost, "
            "`reconnect login roll-key` and then `reconnect login roll-key --now` make another signing key, which "
            "applications, and the identity provider of login.saml, must read again; reset the accounts that have a "
            "second factor."
        ) from wrong


def claims_service(context: Context) -> ClaimsService | None:
    """Claims for ADFS; None without ``idp.cvr``, which is in every name and privilege."""
    settings = context.settings.idp
    if settings.cvr is None:
        return None
    wanted = Attributes(settings.claims.attributes, context.keyring if settings.claims.cpr else None)
    return ClaimsService(context.driver(), settings.cvr, settings.domains, wanted, receivers_of(settings))


def releasing(context: Context) -> Releasing:
    """What service providers get of people."""
    settings = context.settings.idp
    return Releasing(context.keyring, settings.cvr, receivers_of(settings))


def receivers_of(settings: IdpSettings) -> dict[str, Receiving]:
    """How each receiver that the settings name gets rights."""
    return {
        name: Receiving(each.profile, each.namespace, tuple(each.systems), each.units_of, tuple(each.attributes))
        for name, each in settings.receivers.items()
    }


def local_logins(context: Context) -> LocalLogins:
    """The local accounts. Raises CommandFailed without ``idp.system``."""
    return LocalLogins(context.driver(), system_of(context.settings.idp), seal_of(context))


def system_of(settings: IdpSettings) -> str:
    """The IT system whose accounts log in here. Raises CommandFailed."""
    if settings.system is None:
        raise CommandFailed(NO_SYSTEM, Exit.USAGE)
    return settings.system


def seal_of(context: Context) -> Seal:
    """Under the key of the settings, otherwise one that is made once and kept in the home."""
    key = context.settings.idp.key
    if key is not None:
        return Seal(key.get_secret_value())
    home = context.instance.home
    with home.locked():
        return Seal(home.secret(_SECRET))


def _peer(context: Context) -> SamlLoginSettings | None:
    """The identity provider through which people log in to REConnect, if there is one."""
    return context.settings.login.saml if context.settings.login.through == "saml" else None


def _keys(context: Context, address: str) -> SigningKeys:
    return SigningKeys(context.driver(), seal_of(context), _entity_id(context.settings.idp, address))


def _entity_id(settings: IdpSettings, address: str) -> str:
    return settings.entity_id or f"{address}/saml/metadata"


def _address(context: Context, host: str, port: int) -> str:
    """By which others know REConnect. Raises CommandFailed."""
    return (context.settings.idp.address or _here(host, port)).rstrip("/")


def _here(host: str, port: int) -> str:
    """An address of this machine. Applications know the identity provider by it: it may not be that of all networks,
    nor change with the machine."""
    try:
        known = ip_address(host)
        is_here = known.is_loopback
    except ValueError:
        known, is_here = None, host == "localhost"
    if not is_here:
        raise CommandFailed(
            f"Login is to be served on {host}, and idp.address is not set. Others know REConnect by that "
            "address: set it to the public one, such as https://login.kommune.example.",
            Exit.USAGE,
        )
    return f"http://[{known}]:{port}" if isinstance(known, IPv6Address) else f"http://{host}:{port}"


def _fetched(url: str, largest: int) -> bytes:
    """The document at an address. Raises HttpError."""
    parts = urlsplit(url)
    limits = Limits(seconds=10, attempts=2, longest_wait=5, largest=largest, own_machine=parts.scheme == "http")
    with Client(f"{parts.scheme}://{parts.netloc}", limits=limits) as client:
        answer = client.send("GET", f"{parts.path}{'?' if parts.query else ''}{parts.query}", reads=True)
    if not answer.succeeded:
        raise AnswerLost(f"{parts.hostname} answers {answer.status} instead of metadata.")
    return answer.content
