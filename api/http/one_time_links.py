"""The page of a one-time link, in Danish, without a script.

A look at the address opens nothing: mail servers look at the links of a mail. Only the page's button shows the text,
once.
"""

from html import escape

import redis
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.login.pages import page
from api.login.routes import asset
from exporters.one_time_links import PATH, OneTimeLinks

_GONE = (
    "<p>Linket er brugt, eller det er for gammelt. Er det ikke dig, der har brugt det, så sig det straks til "
    "it-support, så adgangskoden bliver skiftet.</p>"
)
_LONGEST = 200


def routes(redis_url: str) -> tuple[Route, ...]:
    """The page's routes."""
    links = OneTimeLinks(redis_url)

    async def shown(request: Request) -> Response:
        code = str(request.path_params["code"])
        try:
            if request.method == "POST":
                text = await run_in_threadpool(links.open, code) if len(code) < _LONGEST else None
                return _gone() if text is None else page("Kun denne ene gang", f"<pre>{escape(text)}</pre>")
            there = len(code) < _LONGEST and await run_in_threadpool(links.is_there, code)
        except redis.RedisError:
            return page("Prøv igen om lidt", "<p>Siden kan ikke vises lige nu. Linket er ikke brugt.</p>", status=503)
        if not there:
            return _gone()
        form = '<form method="post"><button>Vis indholdet</button></form>'
        told = f"<p>Indholdet vises kun én gang. Vær klar til at læse det.</p>{form}"
        return page("Et link, der kan bruges én gang", told)

    return (
        Route(f"{PATH}/{{code}}", shown, methods=["GET", "POST"]),
        Route("/login/assets/{name}", asset),  # the page's style, also where no people log in
    )


def _gone() -> Response:
    return page("Linket kan ikke bruges", _GONE, status=404)
