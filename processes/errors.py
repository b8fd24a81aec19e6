"""The errors of cases and tasks. Each text states what to do next, and ``retry`` whether another try is worth it.

CaseError (a GraphError)
├── NotStarter           next    the start of a case by somebody whom its process does not let
├── NotCandidate         next    somebody who does not have the task now
├── AlreadyDone          next    a task that somebody else has completed (T8)
├── AlreadyClaimed       next    a task that somebody else has claimed (T3)
├── TaskClosed           next    a task that its case no longer needs
├── NotInPerson          next    a delegation by somebody who stands in for another, or does not have such a task (T7)
├── ToOneself            next    a delegation to oneself (T7)
├── ServiceFailed        varies  a service of a case that could not be carried out (``processes.services``)
├── TemplateRejected     next    a text of an installation that its process can't send
└── FormRejected         next    values that a form does not take
"""

from datetime import datetime

from graph.errors import GraphError
from graph.retry import NEXT
from graph.time import COPENHAGEN
from processes.engine.errors import Fault


class CaseError(GraphError):
    """Root. ``by`` and ``at``: who has been first, and when; None if that is not the reason."""

    code = "case_error"
    retry = NEXT

    def __init__(self, text: str, by: str | None = None, at: datetime | None = None) -> None:
        super().__init__(text)
        self.by = by
        self.at = at


class NotStarter(CaseError):
    code = "not_starter"


class NotCandidate(CaseError):
    code = "not_candidate"


class AlreadyDone(CaseError):
    code = "already_done"

    def __init__(self, task: str, name: str, by: str, at: datetime) -> None:
        super().__init__(f"the task {task!r} is done: {name} completed it at {_shown(at)}; nothing was changed", by, at)


class AlreadyClaimed(CaseError):
    code = "already_claimed"

    def __init__(self, task: str, name: str, by: str, at: datetime) -> None:
        text = f"{name} claimed the task {task!r} at {_shown(at)}; ask for it to be given back"
        super().__init__(text, by, at)


class TaskClosed(CaseError):
    code = "task_closed"

    def __init__(self, task: str) -> None:
        super().__init__(f"the case no longer needs the task {task!r}; look at the case again")


class NotInPerson(CaseError):
    code = "not_in_person"


class ToOneself(CaseError):
    code = "to_oneself"


class TemplateRejected(CaseError):
    """``faults``: all that is wrong with the text, each with its place."""

    code = "template_rejected"

    def __init__(self, template: str, language: str, faults: tuple[Fault, ...]) -> None:
        told = "; ".join(f"{each.element}: {each.text}" for each in faults)
        super().__init__(f"the text of {template} ({language}) can't be sent: {told}")
        self.faults = faults


class FormRejected(CaseError):
    """``field``: the field of the form; empty if it is about all of it. ``code``: the rule that is broken."""

    code = "wrong_value"

    def __init__(self, field: str, text: str, code: str = "wrong_value") -> None:
        super().__init__(text)
        self.field = field
        self.code = code


def _shown(moment: datetime) -> str:
    return f"{moment.astimezone(COPENHAGEN):%Y-%m-%d %H:%M}"
