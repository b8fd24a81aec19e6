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
    for name, type_ in (("post.js", "text/javascript"), ("pages.css", "text/css"))
}
_HEADERS = {"referrer-policy": "no-referrer", "x-frame-options": "DENY", "cache-control": "no-store"}
WRONG_LOGIN = "Brugernavn eller adgangskode er forkert, eller kontoen kan ikke bruges nu."
WRONG_CODE = "Koden er forkert eller brugt. Vent på den næste kode, og prøv igen."


def page(
    title: str, body: str, *, status: int = 200, forms_to: str = "'self'", frames: Sequence[str] = ()
) -> HTMLResponse:
    """A whole page. ``body``: HTML. ``forms_to``: where its forms may go; ``frames``: origins that it may frame."""
    policy = (
        "default-src 'none'; style-src 'self'; script-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action {forms_to}"
    )
    if frames:
        policy += f"; frame-src 'self' {' '.join(frames)}"  # the applications answer to an address of ours
    html = (
        '<!doctype html><html lang="da"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="stylesheet" href="/login/assets/pages.css"></head>'
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )
    return HTMLResponse(html, status, {**_HEADERS, "content-security-policy": policy})


def login_form(name: str, flow: str, token: str, problem: str | None = None, login: str = "") -> Response:
    """User name and password."""
    body = (
        f'{_problem(problem)}<form method="post" action="/login">{_hidden(flow=flow, token=token)}'
        '<label for="login">Brugernavn</label>'
        f'<input id="login" name="login" value="{escape(login)}" autocomplete="username" required>'
        '<label for="password">Adgangskode</label>'
        '<input id="password" name="password" type="password" autocomplete="current-password" required>'
        '<button>Log ind</button></form><p><a href="/login/invitation">Jeg har en kode fra min leder</a></p>'
    )
    return page(f"Log ind – {name}", body, status=401 if problem else 200)


def code_form(name: str, flow: str, token: str, problem: str | None = None) -> Response:
    """The second factor."""
    body = (
        f'{_problem(problem)}<form method="post" action="/login/code">{_hidden(flow=flow, token=token)}'
        '<label for="code">Kode fra din app, eller en gendannelseskode</label>'
        '<input id="code" name="code" autocomplete="one-time-code" required><button>Fortsæt</button></form>'
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
    )
    return page(f"Vælg adgangskode – {name}", body, status=400 if problem else 200)


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


def account_page(name: str, login: str, token: str, *, two_factors: bool) -> Response:
    """Who has logged in, and what can be done about the login."""
    second = (
        "<p>Kontoen er beskyttet med en app.</p>"
        if two_factors
        else f'<form method="post" action="/login/second-factor">{_hidden(token=token)}'
        "<button>Beskyt kontoen med en app</button></form>"
    )
    body = (
        f"<p>Du er logget ind som <strong>{escape(login)}</strong>.</p>{second}"
        f'<form method="post" action="/logout">{_hidden(token=token)}<button>Log ud</button></form>'
    )
    return page(name, body)


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


def logged_out(name: str, frames: Sequence[str], back: str | None = None) -> Response:
    """Tells the other applications in frames, and leads back to the one that asked."""
    origins = sorted({f"{urlsplit(each).scheme}://{urlsplit(each).netloc}" for each in frames})
    body = "<p>Du er logget ud. Luk browseren, hvis andre bruger maskinen.</p>"
    body += "".join(f'<iframe src="{escape(each)}"></iframe>' for each in frames)
    if back is not None:
        body += f'<p><a href="{escape(back)}">Tilbage</a></p>'
    return page(f"Logget ud – {name}", body, frames=origins)


_WHAT_WENT_WRONG = {
    "unknown_sender": "Programmet, der sendte dig hertil, er ikke tilsluttet dette login. Kontakt it-afdelingen.",
    "instant": "Login blev begyndt for længe siden, eller et ur går forkert. Gå tilbage til programmet og begynd "
    "forfra; brug ikke et bogmærke til login-siden.",
    "repeated": "Dette login er allerede brugt. Gå tilbage til programmet og begynd forfra.",
    "over": "Dette login er udløbet. Gå tilbage til programmet og begynd forfra.",
    "no_session": "Du var ikke logget ind.",
    "code": "Koden passer ikke. Gå tilbage, og prøv med den næste kode fra din app.",
    "form": "Formularen kunne ikke læses. Gå tilbage, og prøv igen.",
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


def _problem(text: str | None) -> str:
    return f'<p class="problem" role="alert">{escape(text)}</p>' if text else ""
