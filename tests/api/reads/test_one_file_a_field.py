"""A new computed root field is one new file: schema, rights, cost and answer find it by its folder."""

import subprocess
import sys
from pathlib import Path

import neo4j

from reconnect.embedded import Addresses

ROOT = Path(__file__).parents[3]
MODULE = """
from api.access.roles import RUNS
from api.computed.contract import FIRST, Argument, ComputedField, Plain, Request, Thing, answer_type


def _answer(request: Request):
    rows, _, _ = request.driver.execute_query("MATCH (u:Unit) RETURN u.uuid AS uuid ORDER BY uuid")
    return [{"unit": row["uuid"], "shouted": request.arguments["word"].upper()} for row in rows][: request.first]


FIELD = ComputedField(
    "shouts",
    "Units that shout",
    (answer_type("Shout", "A unit that shouts", Thing("unit", ("Unit",), "The unit"), Plain("shouted", "String!", "What")),),
    RUNS,
    _answer,
    in_part=True,
    arguments={"word": Argument("String!", "What they shout"), "first": FIRST},
)
"""  # noqa: E501
PROGRAM = """
import sys
import api.computed
api.computed.__path__.append(sys.argv[1])
from api.access.rights import Access
from graph.connection import connect
from graph.cpr.keyring import Keyring
from tests.api.reads.asking import closed, open_asking
uri, user, password = sys.argv[2:]
for role, may in (("operations", True), ("reader", False)):
    assert Access("a", frozenset({role})).may_read("Shout") == may
driver = connect(uri, user, password)
asking = open_asking(uri, user, password, driver, Keyring.generate())
print(asking.data('{ shouts(word: "hey", first: 1) { shouted unit { __typename } } }'))
closed(asking)
driver.close()
"""


def test_one_file_is_enough(graph: neo4j.Driver, addresses: Addresses, tmp_path: Path) -> None:
    (tmp_path / "shouts.py").write_text(MODULE, encoding="utf-8")
    login = (addresses.bolt_uri, addresses.user, addresses.password)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), *login], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "{'shouts': [{'shouted': 'HEY', 'unit': {'__typename': 'Unit'}}]}"
