"""The errors of the engine. Each text states what to do next, and ``retry`` whether and when another try is worth it.

ProcessError
├── DefinitionRejected   next    a definition with faults; all of them, each with its element
├── StateRejected        never   the kept state of a case that this engine, or this definition, did not write
├── NotMovable           next    a case that can't go on in another version of its definition
├── NotOpen              next    a task that is not open in this case: done, cancelled, or never there
├── NotWaiting           next    a message that the case does not wait for
└── ValuesRejected       next    values that the form, the service or the message does not have, or that are no JSON
"""

from dataclasses import dataclass

from graph.retry import NEVER, NEXT, Retry


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """What is wrong with a definition. ``element``: the id, or ``line 7`` where there is none; ``rule`` is for code."""

    document: str
    element: str
    rule: str
    text: str

    def __str__(self) -> str:
        return f"{self.document}, {self.element}: {self.text}"


class ProcessError(Exception):
    """Root. ``code`` is what an API client can branch on."""

    code = "process_error"
    retry: Retry = NEXT


class DefinitionRejected(ProcessError):
    """A definition that can't run. ``faults``: all that were found, sorted, at most 200."""

    code = "definition_rejected"

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("the definition can't run:\n" + "\n".join(f"  {each}" for each in faults))
        self.faults = faults


class StateRejected(ProcessError):
    """The kept state of a case that is not read. It is never guessed what another version has meant."""

    code = "state_rejected"
    retry = NEVER


class NotMovable(ProcessError):
    """``reasons``: all that the other version lacks for the case."""

    code = "not_movable"

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__(f"the case can't be moved: {'; '.join(reasons)}")
        self.reasons = reasons


class NotOpen(ProcessError):
    code = "not_open"

    def __init__(self, work: str) -> None:
        super().__init__(f"task {work} is not open in this case; look at the case again")
        self.work = work


class NotWaiting(ProcessError):
    code = "not_waiting"

    def __init__(self, message: str) -> None:
        super().__init__(f"the case does not wait for the message {message!r} now")
        self.message = message


class ValuesRejected(ProcessError):
    code = "wrong_value"

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field
