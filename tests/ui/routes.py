"""Every page that there is, found by its folder, with an address at which it shows something."""

import re
from pathlib import Path

from tests.ui.conftest import Town
from tests.ui.finding import person, unit

_ROUTES = Path(__file__).resolve().parents[2] / "ui" / "src" / "routes"
_NONE = "00000000-0000-4000-8000-000000000000"


def addresses(town: Town) -> dict[str, str]:
    """Route of each page → an address of it."""
    rows, _, _ = town.driver.execute_query("MATCH (k:KleNode {active: true}) RETURN min(k.uuid) AS kle")
    things = {
        "/organisation/[uuid]": unit(town, "Havneskolen"),
        "/person/[uuid]": person(town, "Theo Toft"),
        "/thing/[uuid]": rows[0]["kle"],
    }
    found = {}
    for page in sorted(_ROUTES.rglob("+page.svelte")):
        parts = [each for each in page.parent.relative_to(_ROUTES).parts if not each.startswith("(")]
        route = "/" + "/".join(parts)
        found[route] = re.sub(r"\[\w+\]", things.get(route, _NONE), route)
    return found
