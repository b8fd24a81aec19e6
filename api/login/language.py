"""What the login pages say, in the language of their reader: one module for each language, with every text.

The language of a request holds while it is answered: chosen on a page (kept in a cookie), else asked for by the browser
(Accept-Language), else Danish.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from api.login.danish import DANISH
from api.login.english import ENGLISH
from api.login.texts import Texts

Endpoint = Callable[[Request], Awaitable[Response]]
COOKIE = "reconnect-language"
LANGUAGES: Mapping[str, Texts] = {each.language: each for each in (DANISH, ENGLISH)}
_PARAMETER = "language"
_LIFE = 365 * 24 * 3600  # seconds
_NEIGHBOURS = {"da": DANISH, "nb": DANISH, "nn": DANISH, "no": DANISH, "sv": DANISH, "en": ENGLISH}
"""Of Norwegian and Swedish, Danish is nearer than English."""
_LONGEST = 200  # characters of Accept-Language that are read


@dataclass(frozen=True, slots=True)
class Reading:
    """``others``: the other languages, and the address of the same page in each; none for the answer to a form."""

    texts: Texts
    others: Mapping[str, str]


_reading: ContextVar[Reading | None] = ContextVar("reading", default=None)


def texts() -> Texts:
    """In the language of the request that is answered."""
    reading = _reading.get()
    return DANISH if reading is None else reading.texts


def other_languages() -> Mapping[str, str]:
    """Names of the other languages, and where the page is in them."""
    reading = _reading.get()
    return {} if reading is None else reading.others


def in_its_language(endpoint: Endpoint) -> Endpoint:
    """The endpoint; its pages are in the language of the request. One that was chosen on a page is kept."""

    async def answered(request: Request) -> Response:
        with _in_language_of(request):
            response = await endpoint(request)
        chosen = request.query_params.get(_PARAMETER)
        if chosen is not None and chosen in LANGUAGES:
            response.set_cookie(COOKIE, chosen, max_age=_LIFE, path="/", httponly=True, samesite="lax")
        return response

    return answered


@contextmanager
def _in_language_of(request: Request) -> Iterator[None]:
    found = _of(request)
    others = {}
    if request.method == "GET":
        given = [(name, value) for name, value in request.query_params.multi_items() if name != _PARAMETER]
        for other in LANGUAGES.values():
            if other is not found:
                others[other.called] = f"?{urlencode([*given, (_PARAMETER, other.language)])}"
    token = _reading.set(Reading(found, others))
    try:
        yield
    finally:
        _reading.reset(token)


def _of(request: Request) -> Texts:
    for chosen in (request.query_params.get(_PARAMETER), request.cookies.get(COOKIE)):
        if chosen is not None and chosen in LANGUAGES:
            return LANGUAGES[chosen]
    return _asked_for(request.headers.get("accept-language", ""))


def _asked_for(header: str) -> Texts:
    """The first of the browser's languages that there is (RFC 9110 §12.5.4)."""
    wanted = []
    for place, part in enumerate(header[:_LONGEST].split(",")):
        name, _, weight = part.partition(";")
        try:
            quality = float(weight.partition("=")[2] or 1)
        except ValueError:
            continue
        if quality > 0:
            wanted.append((-quality, place, name.strip().lower().partition("-")[0]))
    return next((_NEIGHBOURS[name] for _, _, name in sorted(wanted) if name in _NEIGHBOURS), DANISH)
