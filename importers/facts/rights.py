"""The links of entries in the sections of rights: roles, grants, settings, conflicts and requests."""

from graph.model import KINDS
from graph.model.rights import WAITING
from graph.statements.statement import DatedLink, DatedValue
from graph.time import Period
from importers.facts.entries import Entries, Links, Values


def system(at: Entries, life: Period, values: Values, links: Links) -> set[str]:
    if at.entry.get("system") is not None:
        links["system"] = (DatedLink(life, at.ref("system", "ItSystem", at.entry["system"])),)
    return {"system"}


def system_role(at: Entries, life: Period, values: Values, links: Links) -> set[str]:
    if at.entry.get("system") is None:
        raise at.bad("system", "system", "a system role needs a system")
    for name, section in (("required_types", "required"), ("optional_types", "optional")):
        links[name] = tuple(DatedLink(life, at.ref(section, "ConstraintType", each)) for each in at.listed(section))
    return {"required", "optional", *system(at, life, values, links)}


def job_function_role(at: Entries, life: Period, values: Values, links: Links) -> set[str]:
    link = KINDS[at.kind].link("includes")
    links["includes"] = tuple(DatedLink(life, at.prefixed("includes", link, each)) for each in at.listed("includes"))
    return {"includes"}


def grant(at: Entries, life: Period, values: Values, links: Links) -> set[str]:
    if at.entry.get("gives") is None:
        raise at.bad("gives", "gives", "a grant gives one system_role:… or job_function_role:…")
    if not at.listed("given_to"):
        raise at.bad("given_to", "given_to", "a grant needs at least one recipient, such as role:… or unit:…")
    kind = KINDS[at.kind]
    links["gives"] = (DatedLink(life, at.prefixed("gives", kind.link("gives"), at.entry["gives"])),)
    for name, section in (("given_to", "given_to"), ("exceptions", "except")):
        links[name] = tuple(DatedLink(life, at.prefixed(section, kind.link(name), each)) for each in at.listed(section))
    links["responsibilities"] = tuple(
        DatedLink(Period(), at.responsibility("about", each)) for each in at.listed("about")
    )
    links["within_units"] = tuple(DatedLink(life, at.ref("within", "Unit", each)) for each in at.listed("within"))
    for name, section, target in (("for_unit", "for", "Unit"), ("approved_by", "approved_by", "Person")):
        if at.entry.get(section) is not None:
            links[name] = (DatedLink(life, at.ref(section, target, at.entry[section])),)
    return {"gives", "given_to", "except", "about", "within", "for", "approved_by"}


def constraint_setting(at: Entries, life: Period, values: Values, links: Links) -> set[str]:
    link = KINDS[at.kind].link("of")
    for name in ("of", "type"):
        if at.entry.get(name) is None:
            raise at.bad(name, name, f"a constraint setting needs {name}")
    links["of"] = (DatedLink(life, at.prefixed("of", link, at.entry["of"])),)
    for name, target in (("type", "ConstraintType"), ("system_role", "SystemRole"), ("approved_by", "Person")):
        if at.entry.get(name) is not None:
            links[name] = (DatedLink(life, at.ref(name, target, at.entry[name])),)
    for name in ("units", "excluded_units"):
        links[name] = tuple(DatedLink(life, at.ref(name, "Unit", each)) for each in at.listed(name))
    return {"of", "type", "system_role", "approved_by", "units", "excluded_units"}


def rights_conflict(at: Entries, life: Period, values: Values, links: Links) -> set[str]:
    for name in ("first", "second"):
        if at.entry.get(name) is None:
            raise at.bad(name, name, f"a conflict needs {name}: a system_role:… or job_function_role:…")
        links[name] = (DatedLink(life, at.prefixed(name, KINDS[at.kind].link(name), at.entry[name])),)
    return {"first", "second"}


def rights_request(at: Entries, life: Period, values: Values, links: Links) -> set[str]:
    """Without a state it is waiting."""
    for name in ("given_to", "requested_by"):
        if at.entry.get(name) is None:
            raise at.bad(name, name, f"a request needs {name}")
    kind = KINDS[at.kind]
    for name in ("gives", "given_to"):
        if at.entry.get(name) is not None:
            links[name] = (DatedLink(life, at.prefixed(name, kind.link(name), at.entry[name])),)
    for name, target in (("exception_to", "RightsConflict"), ("requested_by", "Person"), ("decided_by", "Person")):
        if at.entry.get(name) is not None:
            links[name] = (DatedLink(life, at.ref(name, target, at.entry[name])),)
    values.setdefault("state", (DatedValue(life, WAITING),))
    return {"gives", "given_to", "exception_to", "requested_by", "decided_by"}
