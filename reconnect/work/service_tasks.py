"""What cases do by themselves: changes of the organisation, mails, and calls of other systems.

Any number of workers may look: each piece of work is done by one (``processes.cases.service_work``).
"""

from collections.abc import Mapping
from functools import cached_property, partial
from typing import Any

import neo4j
import orjson
from structlog.stdlib import get_logger

from graph.identity.lookup import find
from graph.retry import NEXT, SOON
from graph.time import copenhagen_now
from processes.cases import letters, service_tasks
from processes.cases.service_work import carry_out_due
from processes.services import LETTER, MAIL, OWN, WEBHOOK, Call, Noted, Service, ServiceFailed, Services
from protocols.http.client import Certificates, Client, Limits
from protocols.http.errors import HttpError
from protocols.http.logins import Fixed
from reconnect.context import Context
from reconnect.logs.redaction import redact_text
from reconnect.sending.mail import MailFailed, send_to
from reconnect.settings.tree import HookSettings, MailSettings
from rules.accounts.notices import address_of

EVERY = 4.0
"""Seconds between two looks."""
_LARGEST = 100_000
"""Bytes of another system's answer: it becomes a part of the case."""
_log = get_logger("reconnect.work.service_tasks")


class ServiceTasks:
    """What a worker has for it: the services are made when the first one is due."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def look(self) -> None:
        """Carry out what is due."""
        driver = self._context.driver()
        with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            if not service_tasks.due(session, copenhagen_now()):
                return
        carried = carry_out_due(driver, self._services, copenhagen_now)
        for task, error in carried.failed.items():
            _log.warning("service failed", task=task, error=redact_text(str(error)), exc_info=error.__cause__)
        if carried.done:
            _log.info("services carried out", count=carried.done)

    @cached_property
    def _services(self) -> Services:
        from api.mutations.services import services  # late: to build the API's schema takes a second

        return {**services(self._context.keyring, self._context.order), **own(self._context)}


def own(context: Context) -> dict[str, Service]:
    """The services beside the API's mutations."""
    settings = context.settings
    pages = settings.task_mails.pages or ""
    return {
        MAIL: Service(OWN[MAIL], partial(_mail, settings.mail), pages=pages),
        LETTER: Service(OWN[LETTER], letters.write, in_graph=True, pages=pages),
        WEBHOOK: Service(OWN[WEBHOOK], partial(_webhook, settings.processes.hooks), repeatable=True),
    }


def recipients(driver: neo4j.Driver, to: Any) -> list[str]:
    """UUIDs of the people whom the argument ``to`` names. Raises ServiceFailed, Unknown, Ambiguous."""
    named = to if isinstance(to, list) else [to]
    if not named or not all(isinstance(each, str) and each for each in named):
        raise ServiceFailed(f"to: {to!r} is neither a person nor a list of persons", NEXT)
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        return sorted({find(session, "Person", each).uuid for each in named})


def _mail(settings: MailSettings, driver: neo4j.Driver, call: Call) -> Noted | None:
    """Send it to all who have an address. Who has none is named in the log of the case."""
    for name in ("subject", "text"):
        if not isinstance(call.arguments[name], str) or not call.arguments[name].strip():
            raise ServiceFailed(f"{name}: {call.arguments[name]!r} is not a text", NEXT)
    persons = recipients(driver, call.arguments["to"])
    addresses = address_of(driver, persons)
    if not addresses:
        raise ServiceFailed(f"no work mail address is known for {', '.join(persons)}", NEXT)
    try:
        sent = send_to(
            settings,
            sorted(set(addresses.values())),
            call.arguments["subject"],
            call.arguments["text"] + "\n",
            call.key,
        )
    except MailFailed as failed:
        raise ServiceFailed(str(failed), failed.retry) from failed
    if not sent:
        raise ServiceFailed("there is no mail server: set mail.host", NEXT)
    left_out = [each for each in persons if each not in addresses]
    if not left_out:
        return None
    return Noted(None, f"not sent to {', '.join(left_out)}, of whom no work mail address is known")


def _webhook(hooks: Mapping[str, HookSettings], driver: neo4j.Driver, call: Call) -> Any:
    """What the other system answers as JSON; None if it answers nothing."""
    name = call.arguments["hook"]
    if not isinstance(name, str) or name not in hooks:
        known = ", ".join(sorted(hooks)) or "none"
        raise ServiceFailed(f"hook: processes.hooks has no {name!r}; it has: {known}", NEXT)
    hook = hooks[name]
    login = None if hook.token is None else Fixed.bearer(hook.token.get_secret_value())
    limits = Limits(seconds=hook.seconds, attempts=1, largest=_LARGEST, own_machine=hook.own_machine)
    body = {"process": call.process, "case": call.case, "element": call.element, "body": call.arguments.get("body")}
    try:
        with Client(hook.url, login, limits, Certificates(hook.ca_file)) as http:
            answer = http.send("POST", hook.url, body=body, headers={"Idempotency-Key": call.key})
    except HttpError as failed:
        # A system that is always busy must not be tried for ever: it counts as any other failure.
        retry = SOON if failed.retry.moment is not None else failed.retry
        raise ServiceFailed(f"{name} could not be reached: {failed}", retry) from None
    if not answer.succeeded:
        raise ServiceFailed(f"{name} answers {answer.status}", SOON if answer.status >= 500 else NEXT)
    try:
        return orjson.loads(answer.content) if answer.content.strip() else None
    except orjson.JSONDecodeError as wrong:
        raise ServiceFailed(f"{name} answered with invalid JSON: {wrong.msg}", NEXT) from wrong
