"""Makes an unforeseen failure an error in GraphQL's form, with an id that is also in the log; never a bare 500."""

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.metrics import ANSWERS
from api.requests.failures import formed, unforeseen


class LastResort:
    """Middleware around the application. If an answer has begun, the connection ends instead, and uvicorn logs why."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception as error:
            if begun or scope["type"] != "http":
                raise
            ANSWERS.labels("failed").inc()
            await JSONResponse({"errors": [formed(unforeseen(error))]}, 500)(scope, receive, send)
