"""What somebody sets in a case other than by a task: to repair a step, or by a message."""

from collections.abc import Iterator, Mapping
from typing import Any

from graph.connection import Run
from graph.errors import GraphError
from graph.identity.lookup import find
from processes.cases import kept
from processes.cases.definitions import Version
from processes.cases.ending import is_biased
from processes.cases.tasks import STARTER, Find, with_uuid
from processes.errors import FormRejected, NotCandidate, ToOneself
from processes.forms import refuse_texts


def typed(run: Run, version: Version, name: str, value: Any, named: Find) -> Any:
    """The value of a variable as one of the forms with this field takes it; what no form has is taken as it is.

    Raises FormRejected.
    """
    if name == STARTER:
        raise FormRejected(name, f"{name}: who has started the case stays")
    forms = [each for each in version.forms.values() if name in each.fields]
    wrong: FormRejected | None = None
    for form in forms:
        try:
            form.check_field(name, value)
        except FormRejected as problem:
            wrong = wrong or problem
        else:
            return with_uuid(run, form, name, value, named)
    if wrong is not None:
        raise wrong
    refuse_texts({name: value})
    return value


def require_another(run: Run, case: str, person: str, values: Mapping[str, Any], what: str) -> None:
    """Nobody decides for themselves. ``what``: what another must do, for the text. Raises NotCandidate, ToOneself."""
    if is_biased(run, kept.case(run, case), person):
        text = f"the case is about you, or has a task that you may not have; another must {what}"
        raise NotCandidate(text)
    for name, value in values.items():
        if any(_person(run, each) == person for each in _texts(value)):
            raise ToOneself(f"{name}: this is you; another must {what}")


def _person(run: Run, name: str) -> str | None:
    """The uuid of the person whom a text names, if it names one."""
    try:
        return find(run, "Person", name).uuid
    except GraphError:
        return None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
