"""Opus files for tests: a small organisation, of which a test changes what it is about.

Root 1, department 2 below it, 3 below 2; Alma (100) is manager of 2, Birk (101) works in 3. Client 899.
"""

from datetime import date
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from graph.time import Period
from importers.opus.settings import OpusSettings
from importers.opus.source import Opus
from tests.importers.known import Applied, InMemory

ALMA, BIRK, CILLE = "1101575001", "0202575002", "0303575003"
MONDAY, TUESDAY, WEDNESDAY = date(2024, 3, 4), date(2024, 3, 5), date(2024, 3, 6)

_UNIT = {"startDate": "2007-01-01", "endDate": "9999-12-31", "parentOrgUnit": "1", "shortName": "X", "longName": ""}
_EMPLOYEE = {
    "entryDate": "2019-08-01",
    "leaveDate": "",
    "cpr": BIRK,
    "firstName": "Birk",
    "lastName": "Prøvesen",
    "address": "Prøvevej 3",
    "postalCode": "4799",
    "city": "Strandby",
    "country": "DK",
    "workPhone": "",
    "workContract": "01",
    "workContractText": "Månedsløn bagud",
    "positionId": "500",
    "position": "Pædagog",
    "positionShort": "Pædagog",
    "isManager": "false",
    "superiorLevel": "0",
    "subordinateLevel": "00",
    "orgUnit": "3",
    "payGradeText": "Pædagoger, basis",
    "numerator": "37.000 ",
    "denominator": "37.000 ",
}


def unit(
    number: int | str, parent: int | str = "", *, client: str = "899", changed: str = "2024-01-02", **texts: str
) -> str:
    """An orgUnit; ``texts`` replace or add elements."""
    made = {**_UNIT, "parentOrgUnit": str(parent), "longName": f"Enhed {number}", **texts}
    return f'<orgUnit id="{number}" client="{client}" lastChanged="{changed}">{_elements(made)}</orgUnit>'


def employee(
    number: int | str,
    *functions: str,
    client: str = "899",
    changed: str = "2024-01-02",
    supp: str | None = "0",
    protected: str | None = None,
    **texts: str | None,
) -> str:
    """A live employee; ``texts`` replace, add, or with None leave out elements."""
    made = {name: text for name, text in {**_EMPLOYEE, **texts}.items() if text is not None}
    attributes = {"cpr": {"suppId": supp}, "address": {"protected": protected}}
    inner = _elements(made, attributes) + "".join(functions)
    return f'<employee id="{number}" client="{client}" lastChanged="{changed}">{inner}</employee>'


def function(art: str = "3", start: str = "2022-05-01", end: str = "9999-12-31", **texts: str) -> str:
    made = {"artText": "Tillidsrepræsentant", **texts}
    return f'<function artId="{art}" startDate="{start}" endDate="{end}">{_elements(made)}</function>'


def stub(number: int | str, action: str = "leave", client: str = "899") -> str:
    return f'<employee id="{number}" client="{client}" action={quoteattr(action)}/>'


def _elements(texts: dict[str, str], attributes: dict[str, dict[str, str | None]] | None = None) -> str:
    made = []
    for name, text in texts.items():
        given = {key: value for key, value in (attributes or {}).get(name, {}).items() if value is not None}
        inside = "".join(f" {key}={quoteattr(value)}" for key, value in given.items())
        made.append(f"<{name}{inside}>{escape(text)}</{name}>" if text else f"<{name}{inside}/>")
    return "".join(made)


UNITS = (unit(1), unit(2, 1), unit(3, 2))
MANAGER = employee(
    100, cpr=ALMA, firstName="Alma", lastName="Testrup", positionId="100", position="Centerchef", orgUnit="2",
    isManager="true", superiorLevel="3", subordinateLevel="01",
)  # fmt: skip
WORKER = employee(101)
SMALL = (*UNITS, MANAGER, WORKER)


def document(*elements: str) -> str:
    return '<?xml version="1.0" encoding="utf-8"?>\n<kmd>\n' + "\n".join(elements) + "\n</kmd>\n"


def name_of(day: date, time: str = "224100") -> str:
    return f"ZLPE{day:%Y%m%d}{time}_delta.xml"


class Series:
    """A folder of files that is imported as it grows. ``settings`` may be replaced between imports."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder = folder
        self.known = InMemory()
        self.settings = OpusSettings.model_validate(settings)
        self.today = MONDAY

    def put(self, day: date, *elements: str, time: str = "224100") -> None:
        (self.folder / name_of(day, time)).write_text(document(*elements), encoding="utf-8")
        self.today = max(self.today, day)

    def set(self, **settings: object) -> None:
        self.settings = OpusSettings.model_validate(settings)

    def source(self) -> Opus:
        return Opus(self.settings, self.folder, day=lambda: self.today)

    def run(self) -> Applied:
        return self.known.take(self.source())

    def next(self, day: date, *elements: str, time: str = "224100") -> Applied:
        """Put a file and import it."""
        self.put(day, *elements, time=time)
        return self.run()

    def employment(self, number: int, client: str = "899") -> tuple[Period, ...]:
        """When an employment exists."""
        return self.known.of("Employment", f"{client}:employment:{number}").exists or ()

    def unit(self, number: int, client: str = "899") -> tuple[Period, ...]:
        return self.known.of("Unit", f"{client}:unit:{number}").exists or ()

    def value(self, number: int, name: str, day: date) -> object:
        """A value of an employment on a day."""
        return self.known.value("Employment", f"899:employment:{number}", name, day)

    def place(self, number: int, day: date) -> str | None:
        """An employment's unit on a day."""
        key = self.known.link("Employment", f"899:employment:{number}", "unit", day)
        return key and key.removeprefix("899:unit:")
