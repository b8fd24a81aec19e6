"""The HTML of the login pages, in the language of the request (``api.login.language``).

Everything that is put into them is escaped; they run no script but our own.
"""

import base64
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse, Response

from api.login.language import other_languages, texts
from idp.local_accounts.passwords import PasswordRejected

ASSETS: Mapping[str, tuple[bytes, str]] = {
    name: ((Path(__file__).parent / "assets" / name).read_bytes(), type_)
    for name, type_ in (("post.js", "text/javascript"), ("passkey.js", "text/javascript"), ("pages.css", "text/css"))
}
_HEADERS = {"referrer-policy": "no-referrer", "x-frame-options": "DENY", "cache-control": "no-store"}


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
        f'<!doctype html><html lang="{texts().language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"{_refresh(then)}"
        f'<title>{escape(title)}</title><link rel="stylesheet" href="/login/assets/pages.css"></head>'
        f"<body><main><h1>{escape(title)}</h1>{body}{_languages()}</main></body></html>"
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
    t = texts()
    forgotten = f'<p><a href="/login/forgotten">{t.i_forgot}</a></p>' if has_help else ""
    others = "" if elsewhere is None else f'<p><a href="{escape(elsewhere)}">{t.i_have_ad}</a></p>'
    body = (
        f'{_problem(problem)}<form method="post" action="/login">{_hidden(flow=flow, token=token, to=to)}'
        f'<label for="login">{t.user_name}</label>'
        f'<input id="login" name="login" value="{escape(login)}" autocomplete="username" required>'
        f'<label for="password">{t.password}</label>'
        '<input id="password" name="password" type="password" autocomplete="current-password" required>'
        f"<button>{t.log_in}</button></form>"
        f"{_passkey_form('/login/passkey', 'get', question, t.with_passkey, flow=flow, token=token, to=to)}"
        f'<p><a href="/login/invitation">{t.i_have_a_code}</a></p>{forgotten}{others}'
    )
    return page(f"{t.log_in} – {name}", body, status=401 if problem else 200)


def code_form(name: str, flow: str, token: str, question: str | None, problem: str | None = None) -> Response:
    """The second factor. ``question``: for a passkey, if the account has one."""
    t = texts()
    passkey = ""
    if question is not None:
        passkey = _passkey_form("/login/passkey", "get", question, t.use_passkey, flow=flow, token=token)
    body = (
        f'{_problem(problem)}<form method="post" action="/login/code">{_hidden(flow=flow, token=token)}'
        f'<label for="code">{t.code_of_app_or_recovery}</label>'
        f'<input id="code" name="code" autocomplete="one-time-code" required><button>{t.go_on}</button></form>'
        f"{passkey}"
    )
    return page(f"{t.confirm} – {name}", body, status=401 if problem else 200)


def invitation_form(name: str, token: str, problem: str | None = None, login: str = "") -> Response:
    """Choose a password with a code."""
    t = texts()
    body = (
        f'{_problem(problem)}<form method="post" action="/login/invitation">{_hidden(token=token)}'
        f'<label for="login">{t.user_name}</label>'
        f'<input id="login" name="login" value="{escape(login)}" autocomplete="username" required>'
        f'<label for="code">{t.code}</label><input id="code" name="code" autocomplete="off" required>'
        f'<label for="password">{t.new_password}</label>'
        '<input id="password" name="password" type="password" autocomplete="new-password" required>'
        f'<label for="again">{t.password_again}</label>'
        '<input id="again" name="again" type="password" autocomplete="new-password" required>'
        f"<button>{t.save}</button></form>"
        f'<p><a href="/login/invitation/passkey">{t.passkey_instead}</a></p>'
    )
    return page(f"{t.choose_password} – {name}", body, status=400 if problem else 200)


def forgotten_form(name: str, token: str) -> Response:
    """Ask for a code."""
    t = texts()
    body = (
        f"<p>{t.forgotten_explained}</p>"
        f'<form method="post" action="/login/forgotten">{_hidden(token=token)}'
        f'<label for="login">{t.user_name}</label>'
        f'<input id="login" name="login" autocomplete="username" required><button>{t.send_code}</button></form>'
    )
    return page(f"{t.forgotten} – {name}", body)


def forgotten_told(name: str) -> Response:
    """The same for everyone, whether there is an account or not."""
    t = texts()
    body = f'<p>{t.forgotten_told}</p><p><a href="/login/invitation">{t.i_got_the_code}</a></p>'
    return page(f"{t.forgotten} – {name}", body)


def passkey_invitation_form(
    name: str, token: str, question: str, problem: str | None = None, login: str = ""
) -> Response:
    """Make a passkey with a code, instead of a password."""
    t = texts()
    fields = (
        f'<label for="login">{t.user_name}</label>'
        f'<input id="login" name="login" value="{escape(login)}" autocomplete="username" required>'
        f'<label for="code">{t.code}</label><input id="code" name="code" autocomplete="off" required>'
    )
    form = _passkey_form("/login/invitation/passkey", "create", question, t.make_passkey, fields=fields, token=token)
    body = f'{_problem(problem)}{form}<p><a href="/login/invitation">{t.password_instead}</a></p>'
    return page(f"{t.make_passkey} – {name}", body, status=400 if problem else 200)


def break_glass_form(name: str, token: str, problem: str | None = None) -> Response:
    """The code from the sealed envelope."""
    t = texts()
    body = (
        f"{_problem(problem)}<p>{t.break_glass_explained}</p>"
        f'<form method="post" action="/login/break-glass">{_hidden(token=token)}'
        f'<label for="code">{t.break_glass_code}</label>'
        f'<input id="code" name="code" type="password" autocomplete="off" required><button>{t.go_on}</button></form>'
    )
    return page(f"{t.break_glass} – {name}", body, status=401 if problem else 200)


def post_form(location: str, document: bytes, relay_state: str | None) -> Response:
    """Sends an answer to an application's own address.

    form-action is no narrower than the scheme: browsers apply it to redirects too, and an application (ADFS first of
    all) leads on to another host.
    """
    t = texts()
    fields = _hidden(SAMLResponse=base64.b64encode(document).decode())
    if relay_state is not None:
        fields += _hidden(RelayState=relay_state)
    body = (
        f'<form method="post" action="{escape(location)}">{fields}<button>{t.go_on}</button></form>'
        '<script src="/login/assets/post.js"></script>'
    )
    return page(t.being_sent_on, body, forms_to="https:" if urlsplit(location).scheme == "https" else "https: http:")


def account_page(
    name: str, login: str, token: str, question: str, passkeys: Sequence[tuple[str, str]], *, has_app: bool
) -> Response:
    """Who has logged in, and what can be done about the login. ``question``: for a new passkey. ``passkeys``: (id,
    name)."""
    t = texts()
    second = (
        (f"<p>{t.has_app}</p>" if has_app else "")
        + f'<form method="post" action="/login/second-factor">{_hidden(token=token)}'
        + f"<button>{t.another_app if has_app else t.protect}</button></form>"
    )
    listed = "".join(
        f'<li><form method="post" action="/login/passkeys/remove">{_hidden(token=token, passkey=identity)}'
        f"{escape(called)} <button>{t.remove}</button></form></li>"
        for identity, called in passkeys
    )
    fields = (
        f'<label for="called">{t.passkey_called}</label>'
        '<input id="called" name="called" maxlength="60" autocomplete="off" required>'
    )
    body = (
        f"<p>{t.logged_in_as} <strong>{escape(login)}</strong>.</p>{second}"
        f"<h2>{t.passkeys}</h2>{f'<ul>{listed}</ul>' if listed else ''}"
        f"{_passkey_form('/login/passkeys', 'create', question, t.make_passkey, fields=fields, token=token)}"
        f"<h2>{t.password}</h2>{_password_form(token)}"
        f'<form method="post" action="/logout">{_hidden(token=token)}<button>{t.log_out}</button></form>'
    )
    return page(name, body)


def password_form(name: str, token: str, problem: str) -> Response:
    """Choose another password, after one that can't be used."""
    return page(f"{texts().choose_password} – {name}", f"{_problem(problem)}{_password_form(token)}", status=400)


def again(name: str) -> Response:
    """A change that needs a recent login."""
    t = texts()
    body = f'<p>{t.log_in_again_first}</p><p><a href="/login?again=1">{t.log_in_again}</a></p>'
    return page(name, body, status=403)


def second_factor_form(name: str, token: str, secret: str, address: str, problem: str | None = None) -> Response:
    """The secret for the authenticator app, and the code that confirms it."""
    t = texts()
    body = (
        f"{_problem(problem)}<p>{t.add_to_app}</p>"
        f'<p class="code">{escape(secret)}</p><p><a href="{escape(address)}">{t.open_in_app}</a></p>'
        f'<form method="post" action="/login/second-factor/confirm">{_hidden(token=token)}'
        f'<label for="code">{t.code_of_app}</label><input id="code" name="code" autocomplete="one-time-code" required>'
        f"<button>{t.confirm}</button></form>"
    )
    return page(f"{t.protect_title} – {name}", body, status=400 if problem else 200)


def recovery_codes_page(name: str, codes: Sequence[str]) -> Response:
    """Shown once."""
    t = texts()
    listed = "".join(f'<li class="code">{escape(each)}</li>' for each in codes)
    body = f"<p>{t.recovery_codes_explained}</p><ul>{listed}</ul>"
    return page(f"{t.recovery_codes} – {name}", body)


def logged_out(name: str, frames: Sequence[str], then: str) -> Response:
    """Tells the other applications in frames, and goes on when they have had time to answer. ``then``: a path."""
    t = texts()
    origins = sorted({f"{urlsplit(each).scheme}://{urlsplit(each).netloc}" for each in frames})
    body = f"<p>{t.logged_out_here}</p>"
    body += "".join(f'<iframe src="{escape(each)}"></iframe>' for each in frames)
    body += f'<p><a href="{escape(then)}">{t.go_on}</a></p>'
    return page(f"{t.logged_out} – {name}", body, frames=origins, then=(4 if frames else 2, then))


def left(name: str, unsure: Sequence[str]) -> Response:
    """The end of a logout. ``unsure``: applications that have not confirmed that their session is over."""
    t = texts()
    body = f"<p>{t.logged_out_all}</p>"
    if unsure:
        listed = "".join(f"<li>{escape(each)}</li>" for each in unsure)
        body = f'<p class="problem" role="alert">{t.logged_out_partly}</p><ul>{listed}</ul>'
    return page(f"{t.logged_out} – {name}", body)


def failed(name: str, rule: str, reference: str | None = None, status: int = 400) -> Response:
    """What went wrong, for a person. ``reference``: the id under which it is in the log."""
    t = texts()
    shown = f"<p>{escape(t.went_wrong.get(rule, t.else_wrong))}</p>"
    if reference:
        shown += f'<p>{t.reference}: <span class="code">{escape(reference)}</span></p>'
    return page(name, shown, status=status)


def later(name: str, rule: str, status: int, seconds: int) -> Response:
    """What went wrong, where a later request may succeed: after so many seconds."""
    response = failed(name, rule, status=status)
    response.headers["retry-after"] = str(seconds)
    return response


def rejected(why: PasswordRejected) -> str:
    """Why a password is not accepted."""
    return texts().rejected[why.rule]


def _languages() -> str:
    """Links to the page in the other languages."""
    return "".join(f'<p><a href="{escape(address)}">{called}</a></p>' for called, address in other_languages().items())


def _hidden(**fields: str) -> str:
    return "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in fields.items())


def _passkey_form(action: str, how: str, question: str, button: str, *, fields: str = "", **hidden: str) -> str:
    """Sent with the answer of the browser's passkey; without scripts, or where there are none, it does nothing."""
    return (
        f'<form method="post" action="{action}" data-passkey="{how}" data-options="{escape(question)}" '
        f'data-failed="{escape(texts().passkey_not_used)}">{_hidden(**hidden, credential="")}{fields}'
        f'<button>{button}</button><p role="status"></p></form><script src="/login/assets/passkey.js" defer></script>'
    )


def _password_form(token: str) -> str:
    t = texts()
    return (
        f'<form method="post" action="/login/password">{_hidden(token=token)}'
        f'<label for="password">{t.new_password}</label>'
        '<input id="password" name="password" type="password" autocomplete="new-password" required>'
        f'<label for="again">{t.password_again}</label>'
        '<input id="again" name="again" type="password" autocomplete="new-password" required>'
        f"<button>{t.choose_password}</button></form>"
    )


def _refresh(then: tuple[int, str] | None) -> str:
    return "" if then is None else f'<meta http-equiv="refresh" content="{then[0]};url={escape(then[1])}">'


def _problem(text: str | None) -> str:
    return f'<p class="problem" role="alert">{escape(text)}</p>' if text else ""
