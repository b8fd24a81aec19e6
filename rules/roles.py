"""Rules that turn payroll facts into roles, as the municipality configures them.

A rule looks at the timeline of each employment and states an assignment for its unit, for just the days on which
its conditions are met: "positions 1010 and 1020 → manager of the unit", "payroll's manager flag → manager". Its
assignments are things of their own, stated by the source ``rule:<name>``: one made by hand is never touched by it,
and what a person changes of one made by it outranks it.
"""

from collections.abc import Iterator, Sequence

from pydantic import BaseModel, ConfigDict, Field, model_validator

from graph.errors import Unknown
from graph.identity.lookup import responsibility_kind
from graph.statements.precedence import RULE_PREFIX
from graph.statements.statement import DatedLink, DatedValue, Ref, Scalar, Statement
from graph.time import Period, union, within


class RoleRule(BaseModel):
    """``when`` all given conditions are met, the employment has ``role`` for its unit.

    ``position_codes``: payroll's codes. ``manager_flag``: payroll's own (Opus's isManager).
    ``position_categories``: codes of the position list, with what lies below; ``position_levels``: its levels, 1 to 9.
    These two go together and not with the others (``rules.positions``).
    ``about``: responsibilities, written kind:key ("kle:27.12"). ``covers_all``, ``title``: of the role, if it is new.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9_-]+$", examples=["school-leaders"])
    role: str = Field(pattern=r"^[a-z0-9_]+$", examples=["manager"])
    title: str = ""
    covers_all: bool = False
    position_codes: frozenset[str] = frozenset()
    manager_flag: bool = False
    position_categories: frozenset[str] = frozenset()
    position_levels: frozenset[int] = frozenset()
    about: tuple[str, ...] = ()
    primary: bool = True

    @model_validator(mode="after")
    def _has_a_condition(self) -> "RoleRule":
        of_payroll = bool(self.position_codes or self.manager_flag)
        if not of_payroll and not self.by_list:
            raise ValueError(
                f"role rule {self.name!r} has no condition: give position_codes, manager_flag, position_categories "
                "or position_levels"
            )
        if of_payroll and self.by_list:
            raise ValueError(f"role rule {self.name!r}: payroll's conditions and the position list's don't go together")
        for each in self.about:
            responsibility(each)
        return self

    @property
    def by_list(self) -> bool:
        """It looks at the position list, not at payroll."""
        return bool(self.position_categories or self.position_levels)

    @property
    def source(self) -> str:
        return f"{RULE_PREFIX}{self.name}"

    def digest(self) -> str:
        """Changes when the rule does."""
        return repr(
            (
                self.role,
                self.title,
                self.covers_all,
                sorted(self.position_codes),
                self.manager_flag,
                sorted(self.position_categories),
                sorted(self.position_levels),
                self.about,
                self.primary,
            )
        )


def responsibility(text: str) -> Ref:
    """``kle:27.12`` → the KLE node, and so for system, group and function. Raises ValueError for other prefixes."""
    try:
        kind, key = responsibility_kind(text)
    except Unknown as unknown:
        raise ValueError(str(unknown)) from unknown
    return Ref(kind, key, "natural")


def role_of(rule: RoleRule) -> Statement:
    """The role that the rule gives."""
    values: dict[str, tuple[DatedValue, ...]] = {"key": (DatedValue(Period(), rule.role),)}
    if rule.title:
        values["title"] = (DatedValue(Period(), rule.title),)
        values["covers_all"] = (DatedValue(Period(), rule.covers_all),)
    return Statement("Role", rule.role, values=values)


def derived(rule: RoleRule, source: str, employment: Statement) -> Statement | None:
    """The assignment that the rule makes of an employment; None where it makes none at any time."""
    days: tuple[Period, ...] = union(employment.exists or ())
    if rule.position_codes:
        days = within(days, _when(employment, "position_code", rule.position_codes))
    if rule.manager_flag:
        days = within(days, _when(employment, "manager_flag", {True}))
    units = [
        DatedLink(each, dated.to if dated.to.by != "source" else Ref("Unit", f"{source}:{dated.to.key}", "other"))
        for dated in employment.links.get("unit", ())
        for each in within((dated.period,), days)
    ]
    exists = union(each.period for each in units)
    if not exists:
        return None
    always = (Period(),)
    levels = employment.values.get("manager_level", ())
    return Statement(
        "Assignment",
        f"{source}:{employment.key}",
        exists=exists,
        values={"primary": (DatedValue(Period(), rule.primary),), **({"level": tuple(levels)} if levels else {})},
        links={
            "holder": (DatedLink(Period(), Ref("Employment", f"{source}:{employment.key}", "other")),),
            "role": (DatedLink(Period(), Ref("Role", rule.role, "natural")),),
            "unit": tuple(units),
            "responsibilities": tuple(DatedLink(each, responsibility(text)) for text in rule.about for each in always),
        },
    )


def _when(employment: Statement, name: str, wanted: frozenset[str] | set[Scalar]) -> Iterator[Period]:
    return (dated.period for dated in employment.values.get(name, ()) if dated.value in wanted)


def withdrawn(rule: RoleRule, source: str, employment: Statement) -> Statement:
    """The rule's assignment of an employment, taken back."""
    return Statement("Assignment", f"{source}:{employment.key}", exists=())


def digest_of(rules: Sequence[RoleRule]) -> str:
    return "|".join(f"{each.name}={each.digest()}" for each in rules)
