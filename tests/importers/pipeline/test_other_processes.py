"""What is kept to be compared later must be the same in a process with another hash seed: sets have no order."""

import os
import subprocess
import sys

PROGRAM = """
from pathlib import Path
from exporters.plan2learn.settings import Plan2LearnSettings
from exporters.plan2learn.target import Plan2Learn
from graph.statements.statement import Statement, DatedValue
from graph.statements.merge import ResolvedStatement, merged
from graph.writing.difference import Difference
from graph.identity.known_keys import RecordId
from graph.statements.merge import Thing
from graph.model import KINDS
from graph.statements.precedence import SourceOrder
from graph.statements.stored_record import to_text
from graph.time import Period
from importers.opus.settings import OpusSettings
from rules.roles import RoleRule
from importers.sd.settings import SdSettings

many = [f"name{n}" for n in range(20)]
sd = SdSettings(user="SYtest", password="b", institutions=("XA",), excluded_levels=many, placeholder_phones=many)
print(sd.digest())
print(OpusSettings(folder=Path("x"), function_roles={n: "a" for n in range(20)}).meaning())
print(RoleRule(name="a", role="b", position_codes=many).digest())
place = {"form": {"encoding": "windows-1252"}, "delivery": {"kind": "folder", "path": "x"}}
print(Plan2Learn(Plan2LearnSettings(**place, excluded_levels=many, employment_types=many)).rules)
values = {each.name: (DatedValue(Period(), each.name),) for each in KINDS["Unit"].properties if each.type == "text"}
unit = Statement("Unit", "u", values=values)
print(to_text(unit, {}))
after = merged(KINDS["Unit"], [ResolvedStatement("sd", unit, {})], SourceOrder())
print(Difference("Unit", "u", 1, "changed", RecordId("sd", "Unit", "u"), "", "", Thing(), after).told())
"""


def test_digests_fingerprints_and_differences_are_the_same_with_another_hash_seed() -> None:
    runs = [
        subprocess.Popen([sys.executable, "-c", PROGRAM], env={**os.environ, "PYTHONHASHSEED": seed},
                         stdout=subprocess.PIPE, text=True)
        for seed in ("1", "2")
    ]  # fmt: skip
    said = [each.communicate(timeout=120)[0].splitlines() for each in runs]
    assert [each.returncode for each in runs] == [0, 0]
    assert len(said[0]) == 6
    assert said[0] == said[1]
