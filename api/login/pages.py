"""The HTML of the login pages. Everything that is put into them is escaped; they run no script but our own."""

import base64
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse, Response

from idp.local_accounts.passwords import PasswordRejected

ASSETS: Mapping[str, tuple[bytes, str]] = {
    name: ((Path(__file__).parent / "assets" / name).read_bytes(), type_)
    for name, type_ in (("post.js", "text/javascript"), ("passkey.js", "text/javascript"), ("pages.css", "text/css"))
}
_HEADERS = {"referrer-policy": "no-referrer", "x-frame-options": "DENY", "cache-control": "no-store"}
WRONG_LOGIN = "Brugernavn eller adgangskode er forkert, eller kontoen kan ikke bruges nu."
WRONG_CODE = "Koden er forkert eller brugt. Vent på den næste kode, og prøv igen."


def page(
    title: str,
    body: str,
    *,
    status: int = 200,
    forms_to: str = "'self'",
    frames: Sequence[str] = (),
    then: tuple[int, str] | None = None,
) -> HTMLResponse:
    """A whole page. ``body``: HTML. ``forms_to``: where its forms may go; ``frames``: origins that it may frame.
    ``then``: after these seconds the browser goes on to that path."""
    policy = (
        "default-src 'none'; style-src 'self'; script-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action {forms_to}"
    )
    if frames:
        policy += f"; frame-src 'self' {' '.join(frames)}"  # the applications answer to an address of ours
    html = (
        '<!doctype html><html lang="da"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"{_refresh(then)}"
        f'<title>{escape(title)}</title><link rel="stylesheet" href="/login/assets/pages.css"></head>'
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )
    return HTMLResponse(html, status, {**_HEADERS, "content-security-policy": policy})


def login_form(
    name: str,
    flow: str,
    token: str,
    question: str,
    to: str,
    problem: str | None,
    login: str,
    elsewhere: str | None,
    *,
    has_help: bool,
) -> Response:
    """User name and password, or a passkey. ``flow``: empty for REConnect's own pages, which lead ``to`` a path of this
    service. ``question``: for a passkey, as JSON. ``elsewhere``: where others log in. ``has_help``: whether a forgotten
    password is helped with here."""
    forgotten = '<p><a href="/login/forgotten">Jeg har glemt min adgangskode</a></p>' if has_help else ""
    others = "" if elsewhere is None else f'<p><a href="{escape(elsewhere)}">Jeg har en konto i AD</a></p>'
    body = (
        f'{_problem(problem)}<form method="post" action="/login">{_hidden(flow=flow, token=token, to=to)}'
        '<label for="login">Brugernavn</label>'
        f'<input id="login" name="login" value="{escape(login)}" autocomplete="username" required>'
        '<label for="password">Adgangskode</label>'
        '<input id="password" name="password" type="password" autocomplete="current-password" required>'
        "<button>Log ind</button></form>"
        f"{_passkey_form('/login/passkey', 'get', question, 'Log ind med adgangsnøgle', flow=flow, token=token, to=to)}"
        f'<p><a href="/login/invitation">Jeg har en kode fra min leder</a></p>{forgotten}{others}'
    )
    return page(f"Log ind – {name}", body, status=401 if problem else 200)


def code_form(name: str, flow: str, token: str, question: str | None, problem: str | None = None) -> Response:
    """The second factor. ``question``: for a passkey, if the account has one."""
    passkey = ""
    if question is not None:
        passkey = _passkey_form("/login/passkey", "get", question, "Brug adgangsnøgle", flow=flow, token=token)
    body = (
        f'{_problem(problem)}<form method="post" action="/login/code">{_hidden(flow=flow, token=token)}'
        '<label for="code">Kode fra din app, eller en gendannelseskode</label>'
        '<input id="code" name="code" autocomplete="one-time-code" required><button>Fortsæt</button></form>'
        f"{passkey}"
    )
    return page(f"Bekræft – {name}", body, status=401 if problem else 200)


def invitation_form(name: str, token: str, problem: str | None = None, login: str = "") -> Response:
    """Choose a password with a code."""
    body = (
        f'{_problem(problem)}<form method="post" action="/login/invitation">{_hidden(token=token)}'
        '<label for="login">Brugernavn</label>'
        f'<input id="login" name="login" value="{escape(login)}" autocomplete="username" required>'
        '<label for="code">Kode</label><input id="code" name="code" autocomplete="off" required>'
        '<label for="password">Ny adgangskode, mindst 12 tegn</label>'
        '<input id="password" name="password" type="password" autocomplete="new-password" required>'
        '<label for="again">Gentag adgangskoden</label>'
        '<input id="again" name="again" type="password" autocomplete="new-password" required>'
        "<button>Gem</button></form>"
        '<p><a href="/login/invitation/passkey">Brug en adgangsnøgle i stedet for en adgangskode</a></p>'
    )
    return page(f"Vælg adgangskode – {name}", body, status=400 if problem else 200)


def forgotten_form(name: str, token: str) -> Response:
    """Ask for a code."""
    body = (
        "<p>Du får en kode med mail eller SMS, hvis vi kender en privat adresse eller telefon til dig.</p>"
        f'<form method="post" action="/login/forgotten">{_hidden(token=token)}'
        '<label for="login">Brugernavn</label>'
        '<input id="login" name="login" autocomplete="username" required><button>Send en kode</button></form>'
    )
    return page(f"Glemt adgangskode – {name}", body)


def forgotten_told(name: str) -> Response:
    """The same for everyone, whether there is an account or not."""
    body = (
        "<p>Hvis kontoen findes, og vi kender en privat adresse eller telefon til dig, får du en kode om lidt. Får du "
        'ingen, så spørg din leder.</p><p><a href="/login/invitation">Jeg har fået koden</a></p>'
    )
    return page(f"Glemt adgangskode – {name}", body)


def passkey_invitation_form(
    name: str, token: str, question: str, problem: str | None = None, login: str = ""
) -> Response:
    """Make a passkey with a code, instead of a password."""
    fields = (
        '<label for="login">Brugernavn</label>'
        f'<input id="login" name="login" value="{escape(login)}" autocomplete="username" required>'
        '<label for="code">Kode</label><input id="code" name="code" autocomplete="off" required>'
    )
    form = _passkey_form(
        "/login/invitation/passkey", "create", question, "Opret adgangsnøgle", fields=fields, token=token
    )
    body = f'{_problem(problem)}{form}<p><a href="/login/invitation">Vælg en adgangskode i stedet</a></p>'
    return page(f"Opret adgangsnøgle – {name}", body, status=400 if problem else 200)


def break_glass_form(name: str, token: str, problem: str | None = None) -> Response:
    """The code from the sealed envelope."""
    body = (
        f"{_problem(problem)}<p>Nødadgang. Brugen bliver meldt med det samme.</p>"
        f'<form method="post" action="/login/break-glass">{_hidden(token=token)}'
        '<label for="code">Kode fra den forseglede kuvert</label>'
        '<input id="code" name="code" type="password" autocomplete="off" required><button>Fortsæt</button></form>'
    )
    return page(f"Nødadgang – {name}", body, status=401 if problem else 200)


def post_form(location: str, document: bytes, relay_state: str | None) -> Response:
    """Sends an answer to an application's own address.

    form-action is no narrower than the scheme: browsers apply it to redirects too, and an application (ADFS first of
    all) leads on to another host.
    """
    fields = _hidden(SAMLResponse=base64.b64encode(document).decode())
    if relay_state is not None:
        fields += _hidden(RelayState=relay_state)
    body = (
        f'<form method="post" action="{escape(location)}">{fields}<button>Fortsæt</button></form>'
        '<script src="/login/assets/post.js"></script>'
    )
    return page("Du sendes videre", body, forms_to="https:" if urlsplit(location).scheme == "https" else "https: http:")


def account_page(
    name: str, login: str, token: str, question: str, passkeys: Sequence[tuple[str, str]], *, has_app: bool
) -> Response:
    """Who has logged in, and what can be done about the login. ``question``: for a new passkey. ``passkeys``: (id,
    name)."""
    second = (
        "<p>Kontoen er beskyttet med en app.</p>"
        if has_app
        else f'<form method="post" action="/login/second-factor">{_hidden(token=token)}'
        "<button>Beskyt kontoen med en app</button></form>"
    )
    listed = "".join(
        f'<li><form method="post" action="/login/passkeys/remove">{_hidden(token=token, passkey=identity)}'
        f"{escape(called)} <button>Fjern</button></form></li>"
        for identity, called in passkeys
    )
    fields = (
        '<label for="called">Navn på en ny adgangsnøgle</label>'
        '<input id="called" name="called" maxlength="60" autocomplete="off" required>'
    )
    body = (
        f"<p>Du er logget ind som <strong>{escape(login)}</strong>.</p>{second}"
        f"<h2>Adgangsnøgler</h2>{f'<ul>{listed}</ul>' if listed else ''}"
        f"{_passkey_form('/login/passkeys', 'create', question, 'Opret adgangsnøgle', fields=fields, token=token)}"
        f'<form method="post" action="/logout">{_hidden(token=token)}<button>Log ud</button></form>'
    )
    return page(name, body)


def again(name: str) -> Response:
    """A change that needs a recent login."""
    body = '<p>Log ind igen, før du ændrer, hvordan du logger ind.</p><p><a href="/login?again=1">Log ind igen</a></p>'
    return page(name, body, status=403)


def second_factor_form(name: str, token: str, secret: str, address: str, problem: str | None = None) -> Response:
    """The secret for the authenticator app, and the code that confirms it."""
    body = (
        f"{_problem(problem)}<p>Tilføj kontoen i din app med denne nøgle:</p>"
        f'<p class="code">{escape(secret)}</p><p><a href="{escape(address)}">Åbn i appen</a></p>'
        f'<form method="post" action="/login/second-factor/confirm">{_hidden(token=token)}'
        '<label for="code">Kode fra appen</label><input id="code" name="code" autocomplete="one-time-code" required>'
        "<button>Bekræft</button></form>"
    )
    return page(f"Beskyt kontoen – {name}", body, status=400 if problem else 200)


def recovery_codes_page(name: str, codes: Sequence[str]) -> Response:
    """Shown once."""
    listed = "".join(f'<li class="code">{escape(each)}</li>' for each in codes)
    body = f"<p>Gem disse koder. Hver kan bruges én gang, hvis du mister din app.</p><ul>{listed}</ul>"
    return page(f"Gendannelseskoder – {name}", body)


def logged_out(name: str, frames: Sequence[str], then: str) -> Response:
    """Tells the other applications in frames, and goes on when they have had time to answer. ``then``: a path."""
    origins = sorted({f"{urlsplit(each).scheme}://{urlsplit(each).netloc}" for each in frames})
    body = "<p>Du er logget ud her. De andre programmer får besked …</p>"
    body += "".join(f'<iframe src="{escape(each)}"></iframe>' for each in frames)
    body += f'<p><a href="{escape(then)}">Fortsæt</a></p>'
    return page(f"Logget ud – {name}", body, frames=origins, then=(4 if frames else 2, then))


def left(name: str, unsure: Sequence[str]) -> Response:
    """The end of a logout. ``unsure``: applications that have not confirmed that their session is over."""
    body = "<p>Du er logget ud. Luk browseren, hvis andre bruger maskinen.</p>"
    if unsure:
        listed = "".join(f"<li>{escape(each)}</li>" for each in unsure)
        body = (
            '<p class="problem" role="alert">Du er logget ud her, men disse programmer har ikke bekræftet, at du er '
            f"logget ud hos dem. Luk browseren.</p><ul>{listed}</ul>"
        )
    return page(f"Logget ud – {name}", body)


WRONG_PASSKEY = "Adgangsnøglen kan ikke bruges her, eller kontoen kan ikke bruges nu."
_WHAT_WENT_WRONG = {
    "unknown_sender": "Programmet, der sendte dig hertil, er ikke tilsluttet dette login. Kontakt it-afdelingen.",
    "instant": "Login blev begyndt for længe siden, eller et ur går forkert. Gå tilbage til programmet og begynd "
    "forfra; brug ikke et bogmærke til login-siden.",
    "repeated": "Dette login er allerede brugt. Gå tilbage til programmet og begynd forfra.",
    "over": "Dette login er udløbet. Gå tilbage til programmet og begynd forfra.",
    "unsolicited": "Dette login blev ikke begyndt her, eller det er udløbet. Gå til forsiden, og log ind igen.",
    "unknown_user": "Du er logget ind, men din bruger kendes ikke i REConnect. Kontakt it-afdelingen.",
    "inactive_user": "Du er logget ind, men din bruger eller ansættelse er ikke aktiv i dag. Kontakt din leder.",
    "ambiguous_user": "Du er logget ind, men flere personer har din bruger i REConnect. Kontakt it-afdelingen.",
    "no_user": "Du er logget ind, men login-systemet sender ikke, hvem du er. Kontakt it-afdelingen.",
    "no_identity_provider": "Login-systemet kan ikke findes lige nu. Prøv igen om lidt.",
    "no_login": "Her kan ingen logge ind. Andre systemer bruger API'et med en nøgle.",
    "no_session": "Du var ikke logget ind.",
    "code": "Koden passer ikke. Gå tilbage, og prøv med den næste kode fra din app.",
    "passkey": "Adgangsnøglen blev ikke gemt. Gå tilbage, og prøv igen.",
    "no_help": "Spørg din leder om en ny kode.",
    "form": "Formularen kunne ikke læses. Gå tilbage, og prøv igen.",
    "too_many": "Der kommer for mange forespørgsler fra dit netværk. Prøv igen om lidt.",
    "unavailable": "Login virker ikke lige nu. Prøv igen om lidt.",
    "internal": "Der skete en fejl. Kontakt it-afdelingen med referencen herunder.",
}
_ELSE = "Programmet sendte en forespørgsel, som ikke kan bruges. Kontakt it-afdelingen med referencen herunder."


def failed(name: str, rule: str, reference: str | None = None, status: int = 400) -> Response:
    """What went wrong, for a person. ``reference``: the id under which it is in the log."""
    shown = f"<p>{escape(_WHAT_WENT_WRONG.get(rule, _ELSE))}</p>"
    if reference:
        shown += f'<p>Reference: <span class="code">{escape(reference)}</span></p>'
    return page(name, shown, status=status)


_REJECTED = {
    "too_short": "Adgangskoden skal have mindst 12 tegn.",
    "too_long": "Adgangskoden har for mange tegn.",
    "control_character": "Adgangskoden må ikke have styretegn.",
    "too_few_characters": "Adgangskoden har for få forskellige tegn.",
    "common": "Adgangskoden er et kendt ord eller dit eget navn.",
    "sequence": "Adgangskoden følger tastaturet eller alfabetet.",
}


def rejected(why: PasswordRejected) -> str:
    """Why a password is not accepted."""
    return _REJECTED[why.rule]


def _hidden(**fields: str) -> str:
    return "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in fields.items())


def _passkey_form(action: str, how: str, question: str, button: str, *, fields: str = "", **hidden: str) -> str:
    """Sent with the answer of the browser's passkey; without scripts, or where there are none, it does nothing."""
    return (
        f'<form method="post" action="{action}" data-passkey="{how}" data-options="{escape(question)}" '
        f'data-failed="Adgangsnøglen blev ikke brugt. Prøv igen.">{_hidden(**hidden, credential="")}{fields}'
        f'<button>{button}</button><p role="status"></p></form><script src="/login/assets/passkey.js" defer></script>'
    )


def _refresh(then: tuple[int, str] | None) -> str:
    return "" if then is None else f'<meta http-equiv="refresh" content="{then[0]};url={escape(then[1])}">'


def _problem(text: str | None) -> str:
    return f'<p class="problem" role="alert">{escape(text)}</p>' if text else ""
