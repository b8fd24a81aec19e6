"""A small directory in a real domain controller, its source, and what the graph then has of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import ldap3
import neo4j
from ldap3.utils.dn import escape_rdn

from graph.cpr.keyring import Keyring
from graph.runs.problems import kept_problems
from graph.time import COPENHAGEN
from importers.active_directory.graph_lookup import GraphLookup
from importers.active_directory.settings import ActiveDirectorySettings
from importers.active_directory.source import ActiveDirectory
from importers.pipeline.import_run import run_import
from importers.pipeline.report import ImportReport
from tests.directories.controller import Controller

RING = Keyring.generate()
KAREN, BO = "1205805005", "0308795006"  # neither passes modulus 11
ENABLED, DISABLED = 512, 514
NEVER = 0x7FFFFFFFFFFFFFFF
_START = datetime.now(COPENHAGEN).replace(hour=6)
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def ticks(*moment: int) -> int:
    """A moment in Denmark as FILETIME: 100 ns since 1601."""
    return int((datetime(*moment, tzinfo=COPENHAGEN) - _EPOCH).total_seconds()) * 10_000_000  # type: ignore[misc,arg-type]


@dataclass
class Directory:
    """``ou``: DN of the OU that the test's accounts are in; nothing else of the controller is read."""

    controller: Controller
    driver: neo4j.Driver
    ou: str
    now: datetime = _START
    settings: dict[str, Any] = field(default_factory=dict)
    kind: type[ActiveDirectory] = ActiveDirectory
    settings_kind: type[ActiveDirectorySettings] = ActiveDirectorySettings

    def __post_init__(self) -> None:
        self.wire = self.controller.connection()

    # -- the directory ----------------------------------------------------------------------------------------------

    def add(self, login: str, ou: str | None = None, **attributes: Any) -> str:
        """A user; its DN."""
        dn = f"CN={escape_rdn(attributes.pop('cn', login))},{ou or self.ou}"
        self.wire.add(dn, "user", {"sAMAccountName": login, "userAccountControl": DISABLED, **attributes})
        return dn

    def group(self, name: str, members: Sequence[str] = ()) -> str:
        dn = f"CN={name},{self.ou}"
        more = {"member": list(members)} if members else {}
        self.wire.add(dn, "group", {"sAMAccountName": name, "groupType": -2147483646, **more})
        return dn

    def unit(self, name: str, **attributes: Any) -> str:
        dn = f"OU={name},{self.ou}"
        self.wire.add(dn, "organizationalUnit", attributes)
        return dn

    def set(self, dn: str, **attributes: Any) -> None:
        self.wire.modify(
            dn,
            {
                name: [(ldap3.MODIFY_REPLACE, value if isinstance(value, list) else [value])]
                for name, value in attributes.items()
            },
        )

    # -- the source -------------------------------------------------------------------------------------------------

    def source(self, **settings: Any) -> ActiveDirectory:
        made = self.settings_kind.model_validate(
            {
                "controllers": [self.controller.address],
                "ca_file": self.controller.ca,
                "user": self.controller.user,
                "password": self.controller.password,
                "base": self.controller.base,
                "users_in": [self.ou],
                "groups_in": [self.ou],
                "cpr_attribute": "employeeNumber",
                **self.settings,
                **settings,
            }
        )
        return self.kind(made, GraphLookup(self.driver, self.kind.name), now=lambda: self.now)

    def run(self, *, dry_run: bool = False, approve: str | None = None, **settings: Any) -> ImportReport:
        return run_import(self.driver, self.source(**settings), RING, dry_run=dry_run, approve=approve)

    def later(self, hours: float = 0.1) -> "Directory":
        self.now += timedelta(hours=hours)
        return self

    # -- the graph --------------------------------------------------------------------------------------------------

    def account(self, login: str) -> dict[str, Any]:
        rows = self.rows("MATCH (a:Account {login: $login}) RETURN properties(a)", login=login)
        assert len(rows) == 1, f"{len(rows)} accounts {login}"
        return dict(rows[0][0])

    def logins(self) -> list[str]:
        return [row[0] for row in self.rows("MATCH (a:Account {active: true}) RETURN a.login ORDER BY a.login")]

    def owner(self, login: str) -> str | None:
        rows = self.rows(
            "MATCH (p:Person)-[o:OWNS]->(:Account {login: $login}) WHERE o.to IS NULL RETURN p.name", login=login
        )
        return rows[0][0] if rows else None

    def groups(self, login: str) -> list[str]:
        return [
            row[0]
            for row in self.rows(
                "MATCH (:Account {login: $login})-[m:MEMBER_OF]->(g:DirectoryGroup) WHERE m.to IS NULL "
                "RETURN g.name ORDER BY g.name",
                login=login,
            )
        ]

    def problems(self) -> list[tuple[str, str]]:
        """(field, rule) of what is kept for people to look at."""
        return sorted((each.field, each.rule) for each in kept_problems(self.driver, self.kind.name).values())

    def rows(self, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
        found, _, _ = self.driver.execute_query(query, **parameters)
        return [tuple(row.values()) for row in found]

    def written(self) -> tuple[Any, ...]:
        """All of the graph but what tells that something ran: equal before and after a run that writes nothing."""
        return (
            self.rows("MATCH (n) RETURN count(n), sum(size(keys(n)))")[0]
            + self.rows("MATCH (l:ChangeLog) RETURN l.number")[0]
        )
