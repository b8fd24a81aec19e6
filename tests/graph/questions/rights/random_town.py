"""Random municipalities as the content of a facts file, and who holds what in them, worked out from that content alone.

Nothing here knows the evaluation, the graph or its model: the rules are those of architecture.md §4 "Grants" and
kombit_access.md §4, written a second time, a day at a time.
"""

import random
from collections.abc import Iterator
from copy import deepcopy
from datetime import date, timedelta
from itertools import product
from typing import Any, NamedTuple

from graph.time import today

Facts = dict[str, Any]
Entry = dict[str, Any]
DAYS = tuple(today() + timedelta(days=20 * n) for n in range(-2, 5))
KLE = {"15": None, "15.20": "15", "27": None, "27.24": "27", "27.24.03": "27.24", "32": None}
LEVELS = ("LOW", "MIDDLE", "HIGH")
UNITS, PEOPLE, EMPLOYMENTS = 6, 4, 6
JOBS = ("j0", "j1", "j2", "bundle", "delegated")
TYPES = {"kle": ("kle",), "unit": ("unit",), "level": ("level",), "both": ("kle", "unit"), "free": ()}
"""System role → the types that it requires."""
DERIVED = {
    "kle": ("kle_performs", "kle_performs_or_interested", "kle_of_responsibility", "fixed"),
    "unit": ("unit", "unit_and_below", "managed_units", "managed_units_and_below", "payout_unit", "unit_at_level(2)"),
    "level": ("sensitivity_of_role", "fixed"),
}


class Right(NamedTuple):
    """Held through ``subject``, a tie or the person, for ``unit``. ``limits``: (system role, type, values)."""

    person: str
    subject: str
    unit: str | None
    right: str
    limits: frozenset[tuple[str, str, frozenset[str]]]


# -- making ------------------------------------------------------------------------------------------------------


def random_town(seed: int) -> Facts:
    dice = random.Random(seed)
    units = [_unit(dice, n) for n in range(UNITS)]
    town: Facts = {
        "kle": KLE,
        "roles": {
            "manager": {"title": "Leder", "covers_all": True},
            "worker": {"title": "Sagsbehandler", **_level(dice)},
        },
        "systems": {"sys": {"title": "System"}},
        "units": units,
        "persons": [{"id": f"p{n}", "name": f"Person {n}"} for n in range(PEOPLE)],
        "employments": [_employment(dice, n) for n in range(EMPLOYMENTS)],
        "assignments": [_assignment(dice, n) for n in range(5)],
        "constraint_types": {
            "kle": {"title": "KLE", "uri": "urn:kle", "content": "kle", "form": "multi"},
            "unit": {"title": "Enhed", "uri": "urn:unit", "content": "unit", "form": "multi"},
            "level": {"title": "Niveau", "uri": "urn:level", "content": "sensitivity", "form": "multi",
                      "cumulative": True, "levels": [f"{each}={n}" for n, each in enumerate(LEVELS)]},
        },
        "system_roles": {
            name: {"title": name, "uri": f"urn:role:{name}", "system": "sys", "required": list(types)}
            for name, types in TYPES.items()
        },
    }  # fmt: skip
    town["substitutes"] = [_substitute(dice, n) for n in range(2)]
    included = {each: dice.sample(sorted(TYPES), dice.randint(1, 2)) for each in ("j0", "j1", "j2")}
    town["job_function_roles"] = {
        **{each: _job(each, [f"system_role:{one}" for one in roles]) for each, roles in included.items()},
        "bundle": _job("bundle", ["job_function_role:j0", "job_function_role:j1"]),
        "delegated": _job("delegated", [], delegated_from_cvr="87654321"),
    }
    town["constraint_settings"] = [
        _setting(dice, job, role, type_) for job, roles in included.items() for role in roles for type_ in TYPES[role]
    ]
    town["grants"] = [_grant(dice, n) for n in range(5)]
    return town


def changed(town: Facts, seed: int) -> Facts:
    """Something of it is otherwise: what begins, ends or moves does so on one of the days to come."""
    dice = random.Random(seed)
    new = deepcopy(town)
    for _ in range(dice.randint(1, 2)):
        match dice.randrange(6):
            case 0:
                n = dice.randrange(1, UNITS)
                new["units"][n]["parents"] = _moving(dice, "unit", f"u{dice.randrange(n)}", f"u{dice.randrange(n)}")
            case 1:
                n = dice.randrange(EMPLOYMENTS)
                new["employments"][n]["units"] = _moving(dice, "unit", *(f"u{dice.randrange(UNITS)}" for _ in range(2)))
            case 2:
                new["grants"].append(_grant(dice, 90))
                new["grants"] = [{**each, "id": f"g{n}"} for n, each in enumerate(new["grants"])]
            case 3:
                _end(dice, dice.choice([*new["grants"], *new["assignments"], *new["employments"]]))
            case 4:
                n = dice.randrange(UNITS)
                new["units"][n] |= {"performs": _numbers(dice), "passes_kle_down": dice.random() < 0.5}
            case 5:
                _end(dice, new["units"][dice.randrange(1, UNITS)])
    return new


def _moving(dice: random.Random, name: str, one: str, other: str) -> list[Entry]:
    day = dice.choice(DAYS[3:])
    return [{name: one, "to": day}, {name: other, "from": day}]


def _end(dice: random.Random, entry: Entry) -> None:
    days = [each for each in DAYS[3:] if entry.get("from") is None or each > entry["from"]]
    if days and entry.get("to") is None:
        entry["to"] = dice.choice(days)


def _life(dice: random.Random, likely: float = 0.3) -> Entry:
    first, last = sorted(dice.sample(range(len(DAYS)), 2))
    return {
        **({"from": DAYS[first]} if dice.random() < likely else {}),
        **({"to": DAYS[last]} if dice.random() < likely else {}),
    }


def _level(dice: random.Random) -> Entry:
    return {"sensitivity": dice.choice(LEVELS)} if dice.random() < 0.4 else {}


def _numbers(dice: random.Random) -> list[str]:
    return dice.sample(sorted(KLE), dice.randint(0, 2))


def _unit(dice: random.Random, n: int) -> Entry:
    parents: list[Entry] = []
    if n:
        one, other = (f"u{dice.randrange(n)}" for _ in range(2))
        parents = [{"unit": one}] if dice.random() < 0.6 else _moving(dice, "unit", one, other)
    return {
        "id": f"u{n}", "name": f"Unit {n}", "parents": parents, "performs": _numbers(dice),
        "interested_in": _numbers(dice), "passes_kle_down": dice.random() < 0.5, **_level(dice),
        **({"paid_out_by": f"u{dice.randrange(UNITS)}"} if dice.random() < 0.4 else {}),
        **(_life(dice, 0.2) if n else {}),
    }  # fmt: skip


def _employment(dice: random.Random, n: int) -> Entry:
    one, other = (f"u{dice.randrange(UNITS)}" for _ in range(2))
    places = [{"unit": one}] if dice.random() < 0.6 else _moving(dice, "unit", one, other)
    return {"id": f"e{n}", "person": f"p{dice.randrange(PEOPLE)}", "units": places, **_life(dice)}


def _assignment(dice: random.Random, n: int) -> Entry:
    some = dice.sample(range(UNITS), dice.randint(1, 2))
    return {
        "id": f"a{n}", "role": dice.choice(["manager", "worker", "worker"]),
        "holder": {"employment": f"e{dice.randrange(EMPLOYMENTS)}"} if dice.random() < 0.8 else {"person": "p0"},
        "for": [{"unit": f"u{each}", **_life(dice, 0.2)} for each in some],
        "about": [f"kle:{each}" for each in _numbers(dice)], **_level(dice), **_life(dice),
        **({"own_kle_only": True} if dice.random() < 0.2 else {}),
    }  # fmt: skip


def _substitute(dice: random.Random, n: int) -> Entry:
    scope = {"scope": {"units": [f"u{dice.randrange(UNITS)}"]}} if dice.random() < 0.5 else {}
    return {
        "id": f"s{n}", "assignment": f"a{dice.randrange(5)}", "person": f"p{dice.randrange(PEOPLE)}", "rank": 1,
        **scope, **_life(dice),
    }  # fmt: skip


def _job(name: str, includes: list[str], **more: Any) -> Entry:
    return {"title": name, "uri": f"http://solbjerg.example/roles/jobrole/{name}/1", "includes": includes, **more}


def _setting(dice: random.Random, job: str, role: str, type_: str) -> Entry:
    how = dice.choice(DERIVED[type_])
    of = {"id": f"c_{job}_{role}_{type_}", "of": f"job_function_role:{job}", "system_role": role, "type": type_}
    if how == "fixed":
        fixed = dice.sample(sorted(KLE), 2) if type_ == "kle" else [dice.choice(LEVELS)]
        return {**of, "fixed": fixed}
    return {**of, "derived": how, "parameter": f"urn:parameter:{job}:{role}:{type_}"}


def _grant(dice: random.Random, n: int) -> Entry:
    roles = [f"role:{each}" for each in ("manager", "worker")]
    others = [
        *(f"unit:u{each}" for each in range(UNITS)),
        *(f"employment:e{each}" for each in range(EMPLOYMENTS)),
        *(f"person:p{each}" for each in range(PEOPLE)),
    ]
    of_role = dice.random() < 0.5
    given_to = dice.sample(roles if of_role else others, 1 if of_role else dice.randint(1, 3))
    return {
        "id": f"g{n}", "title": f"Grant {n}", "gives": f"job_function_role:{dice.choice(JOBS)}", "given_to": given_to,
        "inherit": dice.random() < 0.5, **_level(dice), **_life(dice),
        **({"except": dice.sample([*others, *roles], 1)} if dice.random() < 0.3 else {}),
        **({"within": [f"u{dice.randrange(UNITS)}"]} if dice.random() < 0.2 else {}),
        **({"for": f"u{dice.randrange(UNITS)}"} if dice.random() < 0.2 else {}),
        **({"about": [f"kle:{dice.choice(sorted(KLE))}"]} if of_role and dice.random() < 0.4 else {}),
        **({"own_kle_only": True} if dice.random() < 0.2 else {}),
    }  # fmt: skip


# -- working out -------------------------------------------------------------------------------------------------


def _holds(entry: Entry, day: date) -> bool:
    return (entry.get("from") is None or entry["from"] <= day) and (entry.get("to") is None or day < entry["to"])


class Oracle:
    """Who holds what on a day."""

    def __init__(self, town: Facts, day: date) -> None:
        self.town, self.day = town, day
        self.units = {each["id"]: each for each in town["units"]}
        self.open = {name for name, each in self.units.items() if _holds(each, day)}
        self.ties = {each["id"]: each for each in town["employments"] if _holds(each, day)}
        self.roles = [
            each for each in town["assignments"]
            if _holds(each, day) and each["holder"].get("employment", None) in {None, *self.ties}
        ]  # fmt: skip

    def everybody(self) -> set[Right]:
        return {each for person in self.town["persons"] for each in self.of(person["id"])}

    def of(self, person: str) -> Iterator[Right]:
        for grant in self.town["grants"]:
            if _holds(grant, self.day):
                for tie, role, place in self._reached(grant, person):
                    if not self._hindered(grant, person, tie, role, place):
                        yield from self._given(grant, person, tie, role, grant.get("for", place))

    # -- units -------------------------------------------------------------------------------------------------------

    def chain(self, unit: str | None) -> list[str]:
        found = []
        while unit is not None:
            found.append(unit)
            above = [each["unit"] for each in self.units[unit]["parents"] if _holds(each, self.day)]
            unit = above[0] if above else None
        return found

    def below(self, unit: str) -> set[str]:
        return {each for each in self.open if unit in self.chain(each)}

    def lies_in(self, unit: str | None, others: list[str], *, below: bool) -> bool:
        return unit is not None and bool(set(others) & set(self.chain(unit) if below else [unit]))

    def place(self, tie: str | None) -> str | None:
        """Where an employment is, be it a unit that has closed."""
        places = [] if tie is None else [one["unit"] for one in self.ties[tie]["units"] if _holds(one, self.day)]
        return next(iter(places), None)

    # -- whom a grant reaches ----------------------------------------------------------------------------------------

    def mine(self, person: str) -> list[str]:
        return [name for name, each in self.ties.items() if each["person"] == person]

    def roles_of(self, person: str) -> Iterator[tuple[str | None, Entry]]:
        """With the tie through which each is held."""
        mine = self.mine(person)
        for each in self.roles:
            tie = each["holder"].get("employment")
            if tie in mine or each["holder"].get("person") == person:
                yield tie, each

    def places(self, role: Entry) -> list[str | None]:
        """The open units for which it is held; None: for none at all, as it never was for one."""
        named = [each["unit"] for each in role["for"] if _holds(each, self.day) and each["unit"] in self.open]
        return [*named] if role["for"] else [None]

    def _reached(self, grant: Entry, person: str) -> Iterator[tuple[str | None, Entry | None, str | None]]:
        """Tie, role and place."""
        if not self.mine(person) and not any(self.roles_of(person)):
            return
        for grantee in grant["given_to"]:
            kind, _, name = grantee.partition(":")
            if kind == "role":
                for tie, role in self.roles_of(person):
                    if role["role"] == name:
                        yield from ((tie, role, place) for place in self.places(role))
            if kind == "person" and name == person and ("for" in grant or not self.mine(person)):
                yield None, None, None
            elif kind == "person" and name == person:
                yield from ((tie, None, self.place(tie)) for tie in self.mine(person))
            for tie in self.mine(person):
                at = self.place(tie)
                in_unit = kind == "unit" and name in self.open and self.lies_in(at, [name], below=grant["inherit"])
                if in_unit or (kind == "employment" and name == tie):
                    yield tie, None, at

    def _hindered(self, grant: Entry, person: str, tie: str | None, role: Entry | None, place: str | None) -> bool:
        ties = self.mine(person) if tie is None else [tie]
        names = {f"person:{person}", *(f"employment:{each}" for each in ties)}
        # Roles that count: the person's own, and those held in the tie.
        names |= {f"role:{each['role']}" for of, each in self.roles_of(person) if of is None or of in ties}
        for each in grant.get("except", ()):
            kind, _, name = each.partition(":")
            places = [place, *map(self.place, ties)]
            if each in names or (
                kind == "unit" and any(self.lies_in(one, [name], below=grant["inherit"]) for one in places)
            ):
                return True
        if "within" in grant:
            named = [each for each in grant["within"] if each in self.open]
            if not self.lies_in(place, named, below=grant["inherit"]):
                return True
        if "about" in grant and role is not None:
            asked = [each.removeprefix("kle:") for each in grant["about"]]
            has = [each.removeprefix("kle:") for each in role["about"]]
            if not has:
                return role["role"] != "manager"
            return not any(_covers(one, other) for one, other in product(has, asked))
        return False

    # -- what it gives -----------------------------------------------------------------------------------------------

    def _given(
        self, grant: Entry, person: str, tie: str | None, role: Entry | None, unit: str | None
    ) -> Iterator[Right]:
        gives = grant["gives"].partition(":")[2]
        for job in ("j0", "j1") if gives == "bundle" else (gives,):
            limits = set()
            for setting in self.town["constraint_settings"]:
                if setting["of"].partition(":")[2] == job:
                    values = frozenset(self._values(setting, grant, person, role, unit))
                    limits.add((setting["system_role"], setting["type"], values))
            if all(values for _, _, values in limits):
                yield Right(person, tie or person, unit, job, frozenset(limits))

    def _values(self, setting: Entry, grant: Entry, person: str, role: Entry | None, unit: str | None) -> set[str]:
        at = unit if unit in self.open else None
        if "fixed" in setting:
            return _up_to(setting["fixed"][0]) if setting["type"] == "level" else _widest(setting["fixed"])
        match setting["derived"]:
            case "kle_performs":
                return self._kle(at, grant, role, "performs")
            case "kle_performs_or_interested":
                return self._kle(at, grant, role, "performs", "interested_in")
            case "kle_of_responsibility":
                return _widest([each.removeprefix("kle:") for each in (role or {}).get("about", ())])
            case "unit":
                return {at} if at else set()
            case "unit_and_below":
                return self.below(at) if at else set()
            case "unit_at_level(2)":
                if at is None:
                    return set()
                top = [each for each in self.chain(at) if each in self.open and len(self.chain(each)) <= 2]
                return self.below(top[0]) if top else {at}
            case "managed_units":
                return self._managed(person, below=False)
            case "managed_units_and_below":
                return self._managed(person, below=True)
            case "payout_unit":
                payers = [
                    self.units[each]["paid_out_by"] for each in (self.chain(at) if at else ())
                    if each in self.open and self.units[each].get("paid_out_by") in self.open
                ]  # fmt: skip
                return set(payers[:1])
            case "sensitivity_of_role":
                if unit is not None and at is None:
                    return set()
                of_role = self.town["roles"][role["role"]] if role else {}
                told = [each.get("sensitivity") for each in (of_role, role or {}, self.units.get(at or "", {}), grant)]
                return _up_to(min(filter(None, told), key=LEVELS.index)) if any(told) else set()
        raise AssertionError(setting)

    def _kle(self, unit: str | None, grant: Entry, role: Entry | None, *kinds: str) -> set[str]:
        own = grant.get("own_kle_only") or (role or {}).get("own_kle_only")
        found = []
        for each in self.chain(unit) if unit else ():
            if each in self.open and (each == unit or (self.units[each]["passes_kle_down"] and not own)):
                found += [number for kind in kinds for number in self.units[each][kind]]
        return _widest(found)

    def _managed(self, person: str, *, below: bool) -> set[str]:
        found: set[str] = set()
        for _, role in self.roles_of(person):
            if role["role"] == "manager":
                for place in filter(None, self.places(role)):
                    found |= self.below(place) if below else {place}
        for each in self.town["substitutes"]:
            role = next((one for one in self.roles if one["id"] == each["assignment"]), None)
            if each["person"] != person or not _holds(each, self.day) or role is None or role["role"] != "manager":
                continue
            for place in filter(None, self.places(role)):
                scope = each.get("scope", {}).get("units")
                units = self.below(place) if below else {place}
                found |= {one for one in units if scope is None or self.lies_in(one, scope, below=True)}
        return found


def _covers(wider: str, narrower: str) -> bool:
    return f"{narrower}.".startswith(f"{wider}.")


def _widest(numbers: list[str]) -> set[str]:
    return {each for each in numbers if not any(one != each and _covers(one, each) for one in numbers)}


def _up_to(level: str) -> set[str]:
    return {str(n) for n in range(LEVELS.index(level) + 1)}
