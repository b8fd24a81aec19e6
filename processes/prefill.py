"""The prefill that forms state, checked when a definition is deployed. ``processes.cases.filling`` carries it out."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from graph.model import KINDS
from processes.engine.errors import Fault
from processes.forms import Form

STARTER: Final = "starter"


def kinds_of(forms: Mapping[str, Form]) -> dict[str, str]:
    """The variables that name a thing, and its kind."""
    found = {field: kind for form in forms.values() for field in form.fields if (kind := form.kind(field)) is not None}
    return {STARTER: "Person", **found}


def prefill_faults(forms: Mapping[str, Form], variables: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with the prefill of forms. ``variables``: those of the definition."""
    kinds = kinds_of(forms)
    for name, form in forms.items():
        for field, path in form.prefill.items():
            variable, _, property_ = path.partition(".")
            text = ""
            if variable not in variables:
                text = f"there is no variable {variable!r}; there is: {', '.join(sorted(variables))}"
            elif property_ and variable not in kinds:
                text = f"{variable} is neither a unit nor a person"
            elif property_ and property_ not in (known := open_properties(kinds[variable])):
                text = f"{kinds[variable]} has no {property_!r} that everybody reads; it has: {', '.join(known)}"
            if text:
                yield Fault(f"{name}.json", field, "prefill", f"prefill {path!r}: {text}")


def open_properties(kind: str) -> list[str]:
    """What everybody may read of a thing of this kind."""
    return [each.name for each in KINDS[kind].properties if each.access == "open" and each.withheld_while is None]
