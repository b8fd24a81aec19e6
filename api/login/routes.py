"""The addresses of login: /saml for service providers, /login and /logout for people."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from api.availability import Availability
from api.login import pages
from api.login.desk import Desk, Login, to_account
from api.login.entering import Entering
from api.login.invitations import Invitations
from api.login.leaving import Leaving
from api.login.own_login import OwnLogin
from api.login.passkeys import PasskeyPages

__all__ = ["Login", "routes"]
_AFTER_FORMS = (
    "/login/code",
    "/login/passkey",
    "/login/passkeys",
    "/login/passkeys/remove",
    "/login/password",
    "/login/second-factor",
    "/login/second-factor/confirm",
    "/logout",
)
"""Who loads the page after one of these forms again, or comes back to it, is led to a page."""


def routes(login: Login, availability: Availability) -> list[BaseRoute]:
    """The routes, for the service that serves them."""
    desk = Desk(login, availability)
    entering, leaving, own = Entering(desk), Leaving(desk), OwnLogin(desk)
    passkeys, invitations = PasskeyPages(desk, entering), Invitations(desk)
    return [
        Route("/saml/metadata", desk.caught(entering.metadata)),
        Route("/saml/sso", desk.caught(entering.single_sign_on), methods=["GET", "POST"]),
        Route("/saml/logout", desk.caught(leaving.single_logout), methods=["GET", "POST"]),
        Route("/login", desk.caught(entering.login_page), methods=["GET"]),
        Route("/login", desk.caught(entering.log_in), methods=["POST"]),
        Route("/login/code", desk.caught(entering.code), methods=["POST"]),
        *(Route(path, to_account, methods=["GET"]) for path in _AFTER_FORMS),
        Route("/login/invitation", desk.caught(invitations.with_password), methods=["GET", "POST"]),
        Route("/login/forgotten", desk.caught(own.forgotten), methods=["GET", "POST"]),
        Route("/login/account", desk.caught(own.account), methods=["GET"]),
        Route("/login/password", desk.caught(own.password), methods=["POST"]),
        Route("/login/second-factor", desk.caught(own.second_factor), methods=["POST"]),
        Route("/login/second-factor/confirm", desk.caught(own.confirm_second_factor), methods=["POST"]),
        Route("/login/invitation/passkey", desk.caught(invitations.with_passkey), methods=["GET", "POST"]),
        Route("/login/passkey", desk.caught(passkeys.log_in), methods=["POST"]),
        Route("/login/passkeys", desk.caught(passkeys.add), methods=["POST"]),
        Route("/login/passkeys/remove", desk.caught(passkeys.remove), methods=["POST"]),
        Route("/login/assets/{name}", asset),
        Route("/logout", desk.caught(leaving.log_out), methods=["POST"]),
        Route("/logout/done", desk.caught(leaving.done), methods=["GET"]),
    ]


async def asset(request: Request) -> Response:
    """A file that the pages need."""
    found = pages.ASSETS.get(request.path_params["name"])
    if found is None:
        return PlainTextResponse("This file does not exist.", 404)
    return Response(found[0], media_type=found[1], headers={"cache-control": "public, max-age=3600"})
