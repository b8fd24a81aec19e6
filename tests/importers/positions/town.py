"""A small organisation in payroll, and the list of its municipality."""

import io
from datetime import date
from pathlib import Path

import neo4j
import openpyxl

from graph.cpr.keyring import Keyring
from graph.statements.statement import DatedLink, DatedValue, Ref, Statement
from graph.time import Period
from importers.pipeline.import_run import run_import
from importers.pipeline.report import ImportReport
from importers.positions.graph_lookup import GraphLookup
from importers.positions.settings import PositionsSettings
from importers.positions.source import Positions
from importers.positions.table import POSITION_COLUMNS
from rules.roles import RoleRule
from tests.graph.organisation import START, Stating, person, told, unit

RING = Keyring.generate()
TODAY = date(2026, 3, 2)
HEADER = ";".join(POSITION_COLUMNS)


def row(code: str, title: str = "Pædagog", category: str = "PAED", **cells: str) -> str:
    """A line of the list; ``start`` and ``end`` stand for from and to."""
    names = {"start": "from", "end": "to"}
    told = {"code": code, "title": title, "category": category, **{names.get(k, k): v for k, v in cells.items()}}
    return ";".join(told.get(each, "") for each in POSITION_COLUMNS)


def text(*rows: str) -> str:
    return "\n".join((HEADER, *rows)) + "\n"


def workbook(*rows: tuple[object, ...], header: tuple[str, ...] = POSITION_COLUMNS) -> bytes:
    book = openpyxl.Workbook()
    for each in (header, *rows):
        book.active.append(each)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def employed(
    key: str, *jobs: tuple[str, str, date, date | None], institution: str = "XY", stk: str = "", who: str = "p1"
) -> Statement:
    """An employment; ``jobs``: code, title, from, to."""
    values = {
        "number": told(key),
        "institution": told(institution),
        "position_code": tuple(DatedValue(Period(start, end), code) for code, _, start, end in jobs if code),
        "title": tuple(DatedValue(Period(start, end), title) for _, title, start, end in jobs if title),
    }
    if stk:
        values["stk"] = told(stk)
    links = {
        "person": (DatedLink(Period(), Ref("Person", who)),),
        "unit": (DatedLink(Period(START), Ref("Unit", "town")),),
        "position": tuple(
            DatedLink(Period(start, end), Ref("Position", f"position:{institution}:{code}"))
            for code, _, start, end in jobs
            if code
        ),
    }
    return Statement("Employment", key, exists=(Period(jobs[0][2], jobs[-1][3]),), values=values, links=links)


def job(code: str, title: str = "", start: date = START, end: date | None = None) -> tuple[str, str, date, date | None]:
    return code, title, start, end


def payroll_position(institution: str, code: str, title: str) -> Statement:
    values = {"code": told(code), "institution": told(institution), "title": told(title)}
    return Statement("Position", f"position:{institution}:{code}", values=values)


class Town:
    """Payroll's statements and the list, over one graph."""

    def __init__(self, driver: neo4j.Driver, folder: Path, rules: tuple[RoleRule, ...] = ()) -> None:
        self.driver = driver
        self.folder = folder
        self.rules = rules
        self.day = TODAY

    def payroll(self, *employments: Statement, source: str = "sd") -> ImportReport:
        met = {
            told.to.key: payroll_position(*told.to.key.split(":")[1:], told.to.key)
            for each in employments
            for told in each.links["position"]
        }
        statements = (unit("town"), person("p1", "Alma Testrup"), person("p2", "Birk Prøvesen"), *met.values())
        return run_import(self.driver, Stating(*statements, *employments, name=source), RING, rules=self.rules)

    def put(self, *rows: str) -> None:
        (self.folder / "positions.csv").write_text(text(*rows), encoding="utf-8")

    def categories(self, *rows: str) -> None:
        lines = "\n".join(("code;title;parent", *rows))
        (self.folder / "position_categories.csv").write_text(lines, encoding="utf-8")

    def read(self, *, dry_run: bool = False, approve: str | None = None) -> ImportReport:
        source = Positions(PositionsSettings(path=self.folder), GraphLookup(self.driver), day=lambda: self.day)
        return run_import(self.driver, source, RING, rules=self.rules, dry_run=dry_run, approve=approve)

    def lists(self, *rows: str) -> ImportReport:
        self.put(*rows)
        return self.read()

    def has(self, employment: str, source: str = "sd") -> list[tuple[str, str | None, str, str | None]]:
        """(code of the position, how, from, to) over time; payroll's own begin with ``payroll:``."""
        rows, _, _ = self.driver.execute_query(
            """
            MATCH (:SourceRecord {source: $source, kind: 'Employment', key: $key})-[:TELLS]->(e)-[as:AS]->(p)
            OPTIONAL MATCH (list:SourceRecord {source: 'positions'})-[:TELLS]->(p)
            RETURN coalesce(list.key, 'payroll:' + p.code) AS code, as.how AS how,
                toString(as.from) AS from, toString(as.to) AS to
            ORDER BY from
            """,
            source=source,
            key=employment,
        )
        return [(each["code"], each["how"], each["from"], each["to"]) for each in rows]

    def position(self, code: str) -> list[dict[str, object]]:
        """The states of a position of the list, by day."""
        rows, _, _ = self.driver.execute_query(
            """
            MATCH (:SourceRecord {source: 'positions', kind: 'Position', key: $code})-[:TELLS]->(p)-[s:STATE]->(x)
            RETURN p.uuid AS uuid, toString(s.from) AS from, toString(s.to) AS to, x.title AS title
            ORDER BY from
            """,
            code=code,
        )
        return [each.data() for each in rows]

    def problems(self) -> set[tuple[str, str, str]]:
        """(key, field, rule) of what is kept."""
        rows, _, _ = self.driver.execute_query(
            "MATCH (b:BadRecord {source: 'positions'}) RETURN b.key AS key, b.field AS field, b.rule AS rule"
        )
        return {(each["key"], each["field"], each["rule"]) for each in rows}

    def managers(self) -> list[str]:
        rows, _, _ = self.driver.execute_query(
            """
            MATCH (:Role {key: 'manager'})<-[:OF]-(a:Assignment {active: true})<-[:HOLDS]-(e)
                <-[:TELLS]-(r:SourceRecord {source: 'sd'})
            RETURN r.key AS key ORDER BY key
            """
        )
        return [each["key"] for each in rows]
