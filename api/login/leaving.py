"""Logging out here and at the applications that know the session."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.availability import in_thread
from api.login import pages
from api.login.desk import Desk, address_of, carried_by, now
from idp.single_sign_on import Leave

_LOOKS = 3
"""How often the page looks whether the applications have answered, before it tells who has not."""


class Leaving:
    """The pages of a logout."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._login = desk.login

    async def log_out(self, request: Request) -> Response:
        session, _ = await self._desk.own_form(request)
        if session is None:
            return self._desk.sorry("over")
        response = self._left(await in_thread(self._login.single_sign_on.farewell, session, now(), address_of(request)))
        self._desk.cookies.drop(response, self._desk.cookies.session)
        return response

    async def single_logout(self, request: Request) -> Response:
        carried = await carried_by(request)
        if carried.kind == "SAMLResponse":
            # In a frame of ours: an application answers our request to log out.
            await in_thread(self._login.single_sign_on.hear, carried, now())
            return Response(status_code=204)
        # The cookie stays: the request may be about another's session, and the browser led here by a stranger. Of an
        # ended session it opens nothing.
        return self._left(await in_thread(self._login.single_sign_on.log_out, carried, now(), address_of(request)))

    async def done(self, request: Request) -> Response:
        """Where a logout leads once the applications were told: back to the one that asked, or to the end."""
        name = request.query_params.get("logout", "")
        look = request.query_params.get("look", "1")
        sso = self._login.single_sign_on
        if look in map(str, range(1, _LOOKS)) and await in_thread(sso.is_awaited, name, now()):
            return pages.logged_out(self._login.name, (), f"/logout/done?logout={name}&look={int(look) + 1}")
        outcome = await in_thread(sso.leave_taken, name, now())
        if outcome.back is not None:
            return RedirectResponse(outcome.back, 303)
        return pages.left(self._login.name, outcome.unsure)

    def _left(self, leave: Leave) -> Response:
        if leave.back is not None:
            response: Response = RedirectResponse(leave.back, 303)
        elif leave.name is not None:
            response = pages.logged_out(self._login.name, leave.frames, f"/logout/done?logout={leave.name}")
        else:
            response = pages.left(self._login.name, ())
        return response
