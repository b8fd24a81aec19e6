"""Every page that there is, found by its folder, with an address at which it shows something."""

import re
from pathlib import Path

from tests.ui.conftest import Town
from tests.ui.finding import person, unit

_ROUTES = Path(__file__).resolve().parents[2] / "ui" / "src" / "routes"
_NONE = "00000000-0000-4000-8000-000000000000"


def addresses(town: Town) -> dict[str, str]:
    """Route of each page → an address of it."""
    rows, _, _ = town.driver.execute_query(
        """
        MATCH (n:KleNode|AccountRule|SystemRole {active: true})
        WITH labels(n)[0] AS kind, min(n.uuid) AS uuid
        RETURN collect([kind, uuid]) AS found
        """
    )
    first = dict(rows[0]["found"])
    things = {
        "/organisation/[uuid]": unit(town, "Havneskolen"),
        "/person/[uuid]": person(town, "Theo Toft"),
        "/thing/[uuid]": first["KleNode"],
        "/accounts/rules/[uuid]": first["AccountRule"],
        "/rights/[uuid]": first["SystemRole"],
    }
    found = {}
    for page in sorted(_ROUTES.rglob("+page.svelte")):
        parts = [each for each in page.parent.relative_to(_ROUTES).parts if not each.startswith("(")]
        route = "/" + "/".join(parts)
        found[route] = re.sub(r"\[\w+\]", things.get(route, _NONE), route)
    return found
