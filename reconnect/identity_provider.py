"""The identity provider of the settings, ready to use: for the web service, and for the commands of ``login``."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from api.login.claims import ClaimsService
from api.login.routes import Login
from idp.local_accounts.authenticating import LocalLogins
from idp.providers import Providers
from idp.saml.metadata import IdentityProvider
from idp.sealing import Seal, WrongSeal
from idp.settings import IdpSettings
from idp.signing_keys import SigningKeys
from idp.single_sign_on import SingleSignOn
from protocols.http.client import Client, Limits
from protocols.http.errors import AnswerLost
from reconnect.context import Context
from reconnect.exits import CommandFailed, Exit
from reconnect.terminal import terminal

_SECRET = "idp_key"
NO_SYSTEM = "There is no login: set idp.system to the key of the IT system whose planned accounts log in here."


def login_pages(context: Context, served_at: str) -> Login | None:
    """The pages of login; None without ``idp.system``. ``served_at``: the address, unless the settings have one."""
    settings = context.settings.idp
    if settings.system is None:
        return None
    address = (settings.address or served_at).rstrip("/")
    seal = seal_of(context)
    entity_id = settings.entity_id or f"{address}/saml/metadata"
    driver = context.driver()
    return Login(
        driver,
        LocalLogins(driver, settings.system, seal),
        SingleSignOn(
            driver,
            IdentityProvider(entity_id, f"{address}/saml/sso", f"{address}/saml/logout"),
            SigningKeys(driver, seal, entity_id),
            Providers(settings.providers, driver, _fetched),
            context.keyring,
            settings.cvr,
        ),
        seal,
        settings.system,
        settings.name,
        secure=address.startswith("https://"),
    )


def require_system_and_key(context: Context, login: Login | None) -> None:
    """Before people log in: whether the settings fit the graph. Raises CommandFailed."""
    if login is None:
        return
    found, _, _ = context.driver().execute_query("MATCH (s:ItSystem {key: $key}) RETURN s.uuid", key=login.system)
    if not found:
        terminal(stderr=True).print(
            f"No one can log in yet: there is no IT system with the key {login.system} (idp.system). Make account "
            "rules for it first."
        )
    try:
        login.single_sign_on.keys.published(datetime.now(UTC))
    except WrongSeal as wrong:
        raise CommandFailed(
            f"{wrong} Put the key back (idp.key, or the secret idp_key of the home). If it is lost, "
            "`reconnect login roll-key` and then `reconnect login roll-key --now` make another signing key, which "
            "applications must read again; reset the accounts that have a second factor."
        ) from wrong


def claims_service(context: Context) -> ClaimsService | None:
    """Claims for ADFS; None without ``idp.cvr``, which is in every name and privilege."""
    settings = context.settings.idp
    if settings.cvr is None:
        return None
    return ClaimsService(context.driver(), settings.cvr, settings.domains)


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


def _fetched(url: str, largest: int) -> bytes:
    """The document at an address. Raises HttpError."""
    parts = urlsplit(url)
    limits = Limits(seconds=10, attempts=2, longest_wait=5, largest=largest, own_machine=parts.scheme == "http")
    with Client(f"{parts.scheme}://{parts.netloc}", limits=limits) as client:
        answer = client.send("GET", f"{parts.path}{'?' if parts.query else ''}{parts.query}", reads=True)
    if not answer.succeeded:
        raise AnswerLost(f"{parts.hostname} answers {answer.status} instead of metadata.")
    return answer.content
