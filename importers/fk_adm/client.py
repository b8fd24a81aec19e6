"""FK-adm's interface for roles: GET over TLS with our certificate, JSON (kombit_access.md §1.2).

Nothing is written here.
"""

import time
from typing import Any

from importers.fk_adm.errors import AccessRefused, NotRead, Unavailable, Unreadable
from importers.fk_adm.settings import FkAdmSettings
from protocols.fk_adm import JOB_ROLE, JOB_ROLES, SYSTEM_ROLES, SYSTEMS, NotJson, content, words
from protocols.http.errors import HttpError, TooLarge
from protocols.http.pauses import Sleep


class FkAdmClient:
    """Use as a context manager."""

    def __init__(self, settings: FkAdmSettings, sleep: Sleep = time.sleep) -> None:
        try:
            self._http = settings.client(sleep)
        except HttpError as wrong:
            raise AccessRefused(str(wrong)) from wrong

    def __enter__(self) -> "FkAdmClient":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.__exit__()

    def systems(self) -> Any:
        """The systems with a user interface; None: an empty body. Raises SourceError."""
        return self._whole(SYSTEMS)

    def roles(self, system: str) -> Any:
        """The system roles of a system; None: an empty body. Raises SourceError, NotRead."""
        return self._one(SYSTEM_ROLES.format(uuid=system))

    def job_roles(self) -> Any:
        """The job-function roles, thin; None: an empty body. Raises SourceError."""
        return self._whole(JOB_ROLES)

    def job_role(self, uuid: str) -> Any:
        """A job-function role with its contents. Raises SourceError, NotRead."""
        return self._one(JOB_ROLE.format(uuid=uuid))

    def _whole(self, path: str) -> Any:
        try:
            return self._one(path)
        except NotRead as wrong:
            raise Unreadable(str(wrong)) from wrong

    def _one(self, path: str) -> Any:
        try:
            answer = self._http.send("GET", path)
        except TooLarge as wrong:
            raise NotRead("too_large", str(wrong)) from wrong
        except HttpError as wrong:
            error = AccessRefused if wrong.retry.when == "never" else Unavailable
            raise error(f"FK-adm: {wrong}", retry=wrong.retry) from wrong
        if answer.status in (401, 403):
            raise AccessRefused(
                f"FK-adm does not accept our certificate ({answer.status}{words(answer)}): check certificate and "
                "private_key, and the agreement at KOMBIT."
            )
        if answer.status >= 500:
            raise Unavailable(f"FK-adm answers {path} with {answer.status}{words(answer)}")
        if not answer.succeeded:
            raise NotRead("not_answered", f"FK-adm answers {path} with {answer.status}{words(answer)}")
        try:
            return content(answer)
        except NotJson as wrong:
            raise NotRead("not_json", f"FK-adm's answer to {path} is not JSON{words(answer)}") from wrong
