"""A small municipality as Plan2Learn's image sees it, and short ways to change it."""

from datetime import date

from exporters.files.table import write
from exporters.plan2learn.image import Employment, Leader, Organisation, Person, Position, Unit
from exporters.plan2learn.settings import Plan2LearnSettings
from exporters.plan2learn.shape import shaped
from exporters.target import Row, Shaped
from graph.time import Period

AT = date(2026, 3, 2)
NURSE = Position("pos-nurse", "Sygeplejerske")


def unit(uuid: str, parent: str | None = "root", **values: str) -> Unit:
    given = {"name": uuid.title(), "number": "", "level": "", "street": "", "postal_code": "", "city": "", **values}
    return Unit(uuid=uuid, parent=parent, **given)


def person(
    uuid: str,
    name: str = "Alma Testrup",
    cpr: str | None = "1101575001",
    protected: bool = False,
    email: str = "",
    phone: str = "",
) -> Person:
    return Person(uuid, name, cpr, protected, email, phone)


def employment(
    uuid: str,
    of: Person,
    at: str | None = "north",
    *,
    number: str = "1",
    type: str = "monthly_full",
    title: str = "",
    position: Position | None = NURSE,
    on_leave: bool = False,
    fraction: float = 1.0,
    email: str = "",
    phone: str = "",
    start: date = date(2020, 1, 1),
    end: date | None = None,
    first_start: date = date(2015, 8, 1),
) -> Employment:
    return Employment(
        uuid, number, of, at, type, "Månedslønnet", title, position, on_leave, fraction, email, phone,
        Period(start, end), first_start, start > AT,
    )  # fmt: skip


def leader(uuid: str, person: str, unit: str, *responsibilities: str) -> Leader:
    return Leader(uuid, person, unit, tuple(sorted(responsibilities)))


UNITS = (
    unit("root", "outside", level="top"),
    unit("north"),
    unit("south"),
    unit("team", "north", level="NY1-niveau"),
)


def organisation(
    *employments: Employment, units: tuple[Unit, ...] = UNITS, leaders: tuple[Leader, ...] = ()
) -> Organisation:
    return Organisation({each.uuid: each for each in units}, employments, leaders)


def settings(**values: object) -> Plan2LearnSettings:
    return Plan2LearnSettings.model_validate(
        {
            "form": {"encoding": "windows-1252"},
            "delivery": {"kind": "folder", "path": "/nowhere"},
            "excluded_levels": ["NY1-niveau"],
            **values,
        }
    )


def files(seen: Organisation, chosen: Plan2LearnSettings | None = None) -> dict[str, list[Row]]:
    """Rows by file."""
    return rows(shaped(seen, chosen or settings(), AT))


def rows(made: Shaped) -> dict[str, list[Row]]:
    return {file.object: list(file.rows.values()) for file in made.files}


def content(seen: Organisation, file: str, chosen: Plan2LearnSettings) -> bytes:
    """The file as it is sent."""
    found = next(each for each in shaped(seen, chosen, AT).files if each.object == file)
    lines = ((key, [row[column] for column in found.columns]) for key, row in found.rows.items())
    return write(chosen.form, found.columns, lines).content
