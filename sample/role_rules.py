"""Which roles the sample's payroll facts mean: configuration, as a municipality would write it.

Managers are found by position code. Opus's ``isManager`` says the same of the same people, SD has no such flag: so
both payrolls give the same managers. A case worker's position says what the work is about, in KLE; one of the numbers
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
