"""The sample in Opus's form: ``ZLPE…_delta.xml`` files (opus.md).

A file states one day, without history: every unit, every live employment with the values of that day (or of its first
day, if it begins later), and a stub for each employment that has ended. It does not contain leave.
"""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import TextIO
from xml.sax.saxutils import escape

from sample.municipality import CLIENT, Municipality, Unit
from sample.people import FULL_TIME_HOURS, Employment, at
from sample.positions import Position

OPEN = "9999-12-31"
_CVR = "99000001"


def file_name(day: date) -> str:
    """Payroll's name of the file that it makes on the evening of ``day``."""
    return f"ZLPE{day:%Y%m%d}224100_delta.xml"


def write_file(municipality: Municipality, folder: Path, progress: Callable[[int], None] | None = None) -> Path:
    """Write the file of the municipality's ``today`` into ``folder`` (made if missing). It is never visible
    half-written.

    ``progress`` is called with the number of employments written, every thousand.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file_name(municipality.today)
    unfinished = path.with_suffix(".part")
    with unfinished.open("w", encoding="utf-8", newline="\n") as out:
        out.write('<?xml version="1.0" encoding="utf-8"?>\n<kmd>\n')
        for unit in municipality.units.values():
            _unit(out, unit, municipality)
        for count, employment in enumerate(municipality.employments()):
            _employee(out, employment, municipality)
            if progress is not None and count % 1000 == 0:
                progress(count)
        out.write("</kmd>\n")
    return unfinished.replace(path)


def _unit(out: TextIO, unit: Unit, municipality: Municipality) -> None:
    day = municipality.today
    name = at(unit.names, day)
    parent = at(unit.parents, day) if unit.parents else ""
    is_root = unit.number == municipality.root.number
    optional = {
        "street": unit.street,
        "zipCode": unit.postal_code,
        "city": unit.town,
        "phoneNumber": unit.phone or "",
        "cvrNr": _CVR,
        "eanNr": unit.ean or "9999999999999",
        "seNr": _CVR,
        "pNr": unit.p_number or "0000000000",
        "costCenter": None if is_root else f"00{unit.number:010d}",
        "orgType": unit.kind.type_code,
        "orgTypeTxt": unit.kind.type_name,
    }
    changed = max(start for start, _ in (*unit.names, *unit.parents) if start <= day)
    out.write(
        f' <orgUnit id="{unit.number}" client="{CLIENT}" lastChanged="{changed}">\n'
        f"  <startDate>{'1900-01-01' if is_root else unit.life.start}</startDate>\n"
        f"  <endDate>{_last_day(unit.life.end) or OPEN}</endDate>\n"
        + _element("parentOrgUnit", str(parent))
        + _element("shortName", _short(name))
        + _element("longName", name)
        + "".join(_element(key, value) for key, value in optional.items() if value is not None)
        + " </orgUnit>\n"
    )


def _employee(out: TextIO, employment: Employment, municipality: Municipality) -> None:
    day = municipality.today
    spell = employment.spell(day)
    if spell is None:
        out.write(f' <employee id="{employment.number}" client="{CLIENT}" action="leave"/>\n')
        return
    at_day = max(day, spell.start)
    who, position = employment.person, employment.position(at_day)
    work = at(employment.work, at_day)
    contract = ("04", "Timeløn 14 dage") if work.hourly else ("01", "Månedsløn bagud")
    starts = [start for steps in (employment.units, employment.positions, employment.work) for start, _ in steps]
    changed = max((start for start in starts if start <= day), default=day)
    leaves = _last_day(spell.end)
    out.write(
        f' <employee id="{employment.number}" client="{CLIENT}" lastChanged="{changed}">\n'
        f"  <entryDate>{spell.start}</entryDate>\n"
        + _element("leaveDate", leaves or "")
        + f'  <cpr suppId="{employment.extra_digit}">{who.cpr}</cpr>\n'
        + _element("firstName", who.given_name)
        + _element("lastName", who.surname)
        + ('  <address protected="true"/>\n' if who.protected else _element("address", who.street))
        + _element("postalCode", "" if who.protected else who.postal_code)
        + _element("city", "" if who.protected else who.town)
        + _element("country", "DK")
        + _element("workPhone", employment.phone or "")
        + f"  <workContract>{contract[0]}</workContract>\n  <workContractText>{contract[1]}</workContractText>\n"
        + _position(position)
        + f"  <orgUnit>{at(employment.units, at_day)}</orgUnit>\n"
        + (_element("email", employment.email) if employment.email else "")
        + (_element("userId", employment.login) if employment.login else "")
        + _element("payGradeText", position.agreement)
        + f"  <numerator>{work.weekly_hours:.3f}</numerator>\n  <denominator>{FULL_TIME_HOURS:.3f}</denominator>\n"
        + f"  <initialEntry>{employment.spells[0].start}</initialEntry>\n"
        + f"  <entryIntoGroup>{employment.spells[0].start}</entryIntoGroup>\n"
        + (_function(spell.start) if employment.union_representative else "")
        + " </employee>\n"
    )


def _position(position: Position) -> str:
    return (
        f"  <positionId>{position.code}</positionId>\n"
        + _element("position", position.title)
        + _element("positionShort", position.short_title)
        + f"  <isManager>{'true' if position.level else 'false'}</isManager>\n"
        + f"  <superiorLevel>{position.level}</superiorLevel>\n"
        + f"  <subordinateLevel>{'01' if position.level else '00'}</subordinateLevel>\n"
    )


def _function(start: date) -> str:
    return (
        f'  <function artId="10" startDate="{start}" endDate="{OPEN}">\n   <orgDaekning>Arbejdspladsen</orgDaekning>\n'
        "   <artText>Tillidsrepræsentant</artText>\n   <members>12</members>\n   <roleId>1</roleId>\n"
        "   <roleText>TR</roleText>\n  </function>\n"
    )


def _element(name: str, value: str) -> str:
    return f"  <{name}>{escape(value)}</{name}>\n" if value else f"  <{name}/>\n"


def _last_day(end: date | None) -> str | None:
    """Payroll's ends are inclusive."""
    return None if end is None else (end - timedelta(days=1)).isoformat()


def _short(name: str) -> str:
    """Twelve characters in upper case, as in SAP's short texts."""
    return ".".join(word[:4] for word in name.upper().replace(",", "").split())[:12]
