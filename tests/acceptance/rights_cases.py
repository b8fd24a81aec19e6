"""The acceptance cases of oio_bpp.yaml: as an organisation on the case's day, and as a facts file."""

import re
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import yaml

from graph.questions.rights.held import (
    ConstraintType,
    HeldRight,
    ItSystem,
    JobFunctionRole,
    Level,
    Rights,
    SystemRole,
    Thing,
)  # fmt: skip
from graph.questions.rights.organisation import (
    Assignment,
    Days,
    Grant,
    Mark,
    OrganisationOnDay,
    Person,
    Place,
    Role,
    Setting,
    StandIn,
    Tie,
    Unit,
)  # fmt: skip

FILE = Path(__file__).parent / "oio_bpp.yaml"
_ALL: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
TOWN: dict[str, Any] = _ALL["organisation"]
CASES: list[dict[str, Any]] = _ALL["cases"]
MERGED = {"bpp-08", "bpp-16", "bpp-21", "bpp-28"}
"""Cases in which a document joins groups that are held apart."""
_CONTENTS = {"kle", "unit", "sensitivity", "payout", "text"}
_SPACE = UUID("10000000-0000-4000-8000-0000000000ff")
PERSON = "anna"
UNITS = {each["id"]: each["uuid"] for each in TOWN["units"]}


def named(case: dict[str, Any]) -> str:
    return f"{case['id']}: {case['title']}"


def uuid_of(name: str) -> str:
    return str(uuid5(_SPACE, name))


def _day(told: Any) -> date | None:
    return None if told is None else told if isinstance(told, date) else date.fromisoformat(told)


def days(entry: dict[str, Any]) -> Days:
    return Days(_day(entry.get("from")), _day(entry.get("to")))


def _holds(entry: dict[str, Any], at: date) -> bool:
    since, until = days(entry)
    return (since is None or since <= at) and (until is None or at < until)


def types() -> dict[str, ConstraintType]:
    return {
        each["id"]: ConstraintType(
            uuid=uuid_of(f"type:{each['id']}"),
            key=each["id"],
            title=each["id"],
            uri=each["name"],
            content=each["id"] if each["id"] in _CONTENTS else "other",
            form=each["form"],
            levels=tuple(Level(one["label"], one["value"]) for one in each.get("levels", ())),
            cumulative=each.get("cumulative", False),
        )
        for each in TOWN["constraint_types"]
    }


def system_roles(blocked: list[str]) -> dict[str, SystemRole]:
    known = types()
    return {
        each["id"]: SystemRole(
            uuid=uuid_of(f"system_role:{each['id']}"),
            key=each["id"],
            title=each["id"],
            uri=each["uri"],
            system=ItSystem(uuid_of(each["system"]), each["system"], each["system"], blocked=each["system"] in blocked),
            required=tuple(known[name] for name, how in each["constraints"].items() if how == "mandatory"),
            optional=tuple(known[name] for name, how in each["constraints"].items() if how == "optional"),
        )
        for each in TOWN["system_roles"]
    }


def _settings() -> dict[str, Setting]:
    found = (
        Setting(
            uuid=uuid_of(f"setting:{role['id']}:{include['system_role']}:{name}"),
            of=uuid_of(f"role:{role['id']}"),
            type=uuid_of(f"type:{name}"),
            system_role=uuid_of(f"system_role:{include['system_role']}"),
            fixed=tuple(told.get("fixed", ())),
            derived=told.get("derived"),
            parameter=told.get("parameter"),
        )
        for role in TOWN["job_roles"]
        for include in role["includes"]
        for name, told in include.get("values", {}).items()
    )
    return {each.uuid: each for each in found}


def _unit(each: dict[str, Any], at: date) -> Unit:
    def marks(name: str) -> tuple[Mark, ...]:
        return tuple(Mark(uuid_of(f"kle:{number}"), number) for number in each[name])

    return Unit(
        uuid=each["uuid"],
        name=each["name"],
        parent=UNITS[each["parent"]] if each["parent"] else None,
        active=_holds(each, at),
        performs=marks("performs"),
        interested=marks("interested"),
        passes_kle_down=each.get("pass_kle_down", False),
        paid_out_by=UNITS[each["payout_unit"]] if "payout_unit" in each else None,
    )


def organisation(case: dict[str, Any]) -> OrganisationOnDay:
    """What holds on the case's day."""
    at = date.fromisoformat(case["at"])
    ties = {
        uuid_of(each["id"]): Tie(
            uuid_of(each["id"]), "Employment", uuid_of(PERSON), each["id"], days(each), UNITS[each["unit"]], days(each)
        )
        for each in case["employments"]
        if _holds(each, at)
    }
    grants = {}
    for number, each in enumerate(case["grants"]):
        employment = Thing("Employment", uuid_of(each["employment"]), each["employment"])
        grants[uuid_of(f"grant:{number}")] = Grant(
            uuid=uuid_of(f"grant:{number}"),
            key=f"grant_{number}",
            gives=uuid_of(f"role:{each['job_role']}"),
            given_to=(employment,),
            sensitivity=each.get("sensitivity"),
            for_unit=UNITS[each["for"]] if "for" in each else None,
        )
    manager = Role(uuid_of("manager"), "manager", "Leder", covers_all=True)
    first = next(iter(ties), "")
    managed = [each for each in case.get("manages", ()) if _holds(each, at)]
    stood = [each for each in case.get("substitutes_for_manager_of", ()) if _holds(each, at)]
    return OrganisationOnDay(
        at=at,
        units={each["uuid"]: _unit(each, at) for each in TOWN["units"]},
        persons={uuid_of(PERSON): Person(uuid_of(PERSON), "Anna Berg")},
        ties=ties,
        roles={manager.uuid: manager},
        assignments={
            uuid_of(f"manages:{n}"): Assignment(
                uuid_of(f"manages:{n}"), first, manager.uuid, (Place(UNITS[each["unit"]], days(each)),)
            )
            for n, each in enumerate(managed)
        },
        stand_ins={
            uuid_of(f"stands:{n}"): StandIn(
                uuid_of(f"stands:{n}"), uuid_of(PERSON), manager.uuid, (Place(UNITS[each["unit"]]),), days=days(each)
            )
            for n, each in enumerate(stood)
        },
        grants=grants,
        settings=_settings(),
        types={each.uuid: each for each in types().values()},
        system_roles={each.uuid: each for each in system_roles(case.get("blocked_systems", [])).values()},
        job_function_roles={
            uuid_of(f"role:{each['id']}"): JobFunctionRole(
                uuid_of(f"role:{each['id']}"),
                each["id"],
                each["id"],
                each["uri"],
                delegated_from_cvr=each.get("delegated_from_cvr"),
            )
            for each in TOWN["job_roles"]
        },
        includes={
            uuid_of(f"role:{each['id']}"): tuple(
                uuid_of(f"system_role:{one['system_role']}") for one in each["includes"]
            )
            for each in TOWN["job_roles"]
        },
    )


def facts(cases: list[dict[str, Any]], *, lenient: bool = False) -> dict[str, Any]:
    """The content of one facts file for several cases, a person each; they agree on what is blocked.

    ``lenient``: before the vendor made types required and removed a level, so that a role that lacks one, or a grant of
    that level, can still be saved.
    """
    numbers = {number for each in TOWN["units"] for name in ("performs", "interested") for number in each[name]}
    blocked = cases[0].get("blocked_systems", [])
    content: dict[str, Any] = {
        "kle": {number: number.rpartition(".")[0] or None for number in sorted(_with_above({*numbers, "32.03"}))},
        "roles": {"manager": {"title": "Leder", "covers_all": True}},
        "systems": {
            name: {"title": name, "blocked": name in blocked}
            for name in sorted({each["system"] for each in TOWN["system_roles"]})
        },
        "units": [_unit_fact(each) for each in TOWN["units"]],
        "constraint_types": {each.key: _type_fact(each, lenient=lenient) for each in types().values()},
        "system_roles": {
            each.key: {
                "title": each.title,
                "uri": each.uri,
                "system": each.system.key,
                "required": [] if lenient else [one.key for one in each.required],
                "optional": [one.key for one in (*each.optional, *(each.required if lenient else ()))],
            }
            for each in system_roles([]).values()
        },
        "job_function_roles": {each["id"]: _role_fact(each) for each in TOWN["job_roles"]},
        "constraint_settings": [
            {
                "id": f"{role['id']}:{include['system_role']}:{name}",
                "of": f"job_function_role:{role['id']}",
                "system_role": include["system_role"],
                "type": name,
                **told,
            }
            for role in TOWN["job_roles"]
            for include in role["includes"]
            for name, told in include.get("values", {}).items()
        ],
        "persons": [{"id": "kirsten", "name": "Kirsten Holm"}],
        "employments": [{"id": "k1", "person": "kirsten", "units": [{"unit": "canteen"}]}],
        "assignments": [],
        "substitutes": [],
        "grants": [],
    }
    for case in cases:
        for section, entries in _of_case(case).items():
            content[section] += entries
    return content


def _of_case(case: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    of = case["id"]
    stood = case.get("substitutes_for_manager_of", ())
    managed = [
        {
            "id": f"{of}_manages_{n}",
            "holder": {"employment": f"{of}_{case['employments'][0]['id']}"},
            "role": "manager",
            "for": [{"unit": each["unit"], **_period(each)}],
            **_period(each),
        }
        for n, each in enumerate(case.get("manages", ()))
    ]
    others = [
        {"id": f"{of}_other_{n}", "holder": {"employment": "k1"}, "role": "manager", "for": [{"unit": each["unit"]}]}
        for n, each in enumerate(stood)
    ]
    return {
        "persons": [{"id": of, "name": "Anna Berg"}],
        "employments": [
            {
                "id": f"{of}_{each['id']}",
                "person": of,
                "title": each["id"],
                **_period(each),
                "units": [{"unit": each["unit"]}],
            }
            for each in case["employments"]
        ],
        "assignments": [*managed, *others],
        "substitutes": [
            {"id": f"{of}_stands_{n}", "assignment": f"{of}_other_{n}", "person": of, "rank": 1, **_period(each)}
            for n, each in enumerate(stood)
        ],
        "grants": [
            {
                "id": f"{of}_grant_{number}",
                "gives": f"job_function_role:{each['job_role']}",
                "given_to": [f"employment:{of}_{each['employment']}"],
                **({"for": each["for"]} if "for" in each else {}),
                **({"sensitivity": each["sensitivity"]} if "sensitivity" in each else {}),
            }
            for number, each in enumerate(case["grants"])
        ],
    }


def _with_above(numbers: set[str]) -> set[str]:
    return {".".join(each.split(".")[:length]) for each in numbers for length in range(1, each.count(".") + 2)}


def _period(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: entry[name] for name in ("from", "to") if entry.get(name)}


def _unit_fact(each: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": each["id"],
        "name": each["name"],
        **_period(each),
        "parents": [{"unit": each["parent"]}] if each["parent"] else [],
        "performs": each["performs"],
        "interested_in": each["interested"],
        "passes_kle_down": each.get("pass_kle_down", False),
        **({"paid_out_by": each["payout_unit"]} if "payout_unit" in each else {}),
    }


def _type_fact(each: ConstraintType, *, lenient: bool) -> dict[str, Any]:
    levels = [f"{one.label}={one.value}" for one in each.levels]
    if levels and lenient:
        levels.append("TOP=9")
    return {"title": each.title, "uri": each.uri, "content": each.content, "form": each.form, "levels": levels,
            "cumulative": each.cumulative}  # fmt: skip


def _role_fact(each: dict[str, Any]) -> dict[str, Any]:
    made = {"title": each["id"], "uri": each["uri"]}
    if "delegated_from_cvr" in each:
        made["delegated_from_cvr"] = each["delegated_from_cvr"]
    return {**made, "includes": [f"system_role:{one['system_role']}" for one in each["includes"]]}


_GROUP = re.compile(r"<PrivilegeGroup [^>]*><Privilege>([^<]*)</Privilege>(.*?)</PrivilegeGroup>")
_CONSTRAINT = re.compile(r'<Constraint Name="([^"]*)">([^<]*)</Constraint>')
Group = tuple[str, tuple[tuple[str, str], ...]]


def expected_groups(case: dict[str, Any]) -> list[Group]:
    """Privilege and constraints of each group of the case's document."""
    found = _GROUP.findall(case["expect"]["xml"] or "")
    return [
        (_plain(uri), tuple((_plain(name), _plain(text)) for name, text in _CONSTRAINT.findall(rest)))
        for uri, rest in found
    ]


def groups(case: dict[str, Any], rights: Rights, in_yaml: dict[str, str] | None = None) -> list[Group]:
    """The groups that held rights amount to in the case's profile, each once, sorted; not yet joined.

    ``in_yaml``: a unit's uuid → the one that it has in the file.
    """
    found = {group for each in rights.held for group in _of_held(case, each, in_yaml or {})}
    return sorted(found)


def _of_held(case: dict[str, Any], held: HeldRight, in_yaml: dict[str, str]) -> list[Group]:
    def wire(values: tuple[str, ...]) -> str:
        return ",".join(sorted(in_yaml.get(each, each) for each in values))

    delegated = isinstance(held.right, JobFunctionRole) and held.right.delegated_from_cvr is not None
    if case["profile"].startswith("kombit"):
        limits = [
            (limit.parameter, wire(limit.wire)) for each in held.included for limit in each.limits if limit.dynamic
        ]
        return [(held.right.uri, tuple(sorted((name or "", text) for name, text in limits)))]
    return [] if delegated else [
        (each.system_role.uri, tuple(sorted((limit.type.uri, wire(limit.wire)) for limit in each.limits)))
        for each in held.included
        if "system" not in case or each.system.key == case["system"]
    ]  # fmt: skip


def _plain(text: str) -> str:
    for name, letter in (("lt", "<"), ("gt", ">"), ("quot", '"'), ("#39", "'"), ("apos", "'"), ("amp", "&")):
        text = text.replace(f"&{name};", letter)
    return text


def omitted(rights: Rights, names: dict[str, str]) -> list[dict[str, Any]]:
    """As the file writes it. ``names``: uuid of an employment → its id in the file."""
    return [
        {
            "job_role": each.right.key,
            "employment": names[each.subject.uuid],
            **({"constraint": each.constraint.key} if each.constraint is not None else {}),
            "reason": each.reason,
        }
        for each in rights.omitted
    ]
