"""Role rules for the sample's payroll facts: configuration, as a municipality would write it.

Managers are found by position code. Opus's ``isManager`` marks the same people, and SD has no such flag, so both
payrolls give the same managers. A case worker's position implies the responsibility, as KLE numbers; one of the numbers
has ended since the rule was written.
"""

from rules.roles import RoleRule
from sample.classification import MOVED
from sample.positions import MANAGERS

_ABOUT: dict[int, tuple[str, ...]] = {
    2010: ("kle:27",), 2020: ("kle:32",), 2030: ("kle:15",), 2040: ("kle:29.18", f"kle:{MOVED}"), 2050: ("kle:02.34",),
    2060: ("kle:23",),
}  # fmt: skip

ROLE_RULES: tuple[RoleRule, ...] = (
    RoleRule(
        name="managers",
        role="manager",
        title="Leder",
        covers_all=True,
        position_codes=frozenset(str(code) for code in MANAGERS),
    ),
    *(
        RoleRule(
            name=f"case-workers-{code}",
            role="case_worker",
            title="Sagsbehandler",
            position_codes=frozenset({str(code)}),
            about=about,
        )
        for code, about in _ABOUT.items()
    ),
)
