"""The links of entries in the sections of planned accounts: rules and exceptions."""

from graph.model.accounts import GIVE, PER_PERSON
from graph.statements.statement import DatedLink, DatedValue
from graph.time import Period
from importers.facts.entries import Entries, Links, Values


def account_rule(at: Entries, life: Period, values: Values, links: Links) -> set[str]:
    """Without an effect it gives, and one account for each person."""
    if at.entry.get("system") is None:
        raise at.bad("system", "system", "an account rule needs a system")
    if at.entry.get("needs") is not None and at.entry["needs"] == at.entry["system"]:
        raise at.bad("needs", "needs", "an account needs another one: needs is the rule's own system")
    for name, target in (("system", "ItSystem"), ("unit", "Unit"), ("names", "NamePolicy"), ("needs", "ItSystem")):
        if at.entry.get(name) is not None:
            links[name] = (DatedLink(life, at.ref(name, target, at.entry[name])),)
    values.setdefault("effect", (DatedValue(life, GIVE),))
    values.setdefault("per", (DatedValue(life, PER_PERSON),))
    return {"system", "unit", "names", "needs"}


def account_exception(at: Entries, life: Period, values: Values, links: Links) -> set[str]:
    for name in ("person", "effect", "reason"):
        if at.entry.get(name) is None:
            raise at.bad(name, name, f"an exception needs {name}")
    if life.end is None:
        raise at.bad("to", "to", "an exception needs an end: to, the day after its last")
    for name, target in (("person", "Person"), ("system", "ItSystem"), ("decided_by", "Person")):
        if at.entry.get(name) is not None:
            links[name] = (DatedLink(life, at.ref(name, target, at.entry[name])),)
    return {"person", "system", "decided_by"}
