"""Settings under which the program imports the sample: a tree of plain values, as in ``reconnect.toml``.

SD and Opus are set so that both tell the same: 37 hours are full time (Opus says so in its file, SD nowhere).
"""

from pathlib import Path
from typing import Any

from sample import schools
from sample.municipality import INSTITUTION
from sample.people import FULL_TIME_HOURS
from sample.role_rules import ROLE_RULES
from sample.sd_service.state import State

Tree = dict[str, Any]


def roles() -> list[Tree]:
    """``[[roles]]``: the rules that make managers and case workers of payroll facts."""
    return [rule.model_dump(mode="json", exclude_defaults=True) for rule in ROLE_RULES]


def opus(folder: Path) -> Tree:
    """``[sources.opus]`` for files in ``folder``."""
    return {"folder": str(folder)}


def sd(url: str, state: State) -> Tree:
    """``[sources.sd]`` for the stand-in that answers at ``url`` (never closed, whatever the hour)."""
    return {
        "xml_url": f"{url}/sdws",
        "json_url": f"{url}/api-gateway/organization/public/api/v1",
        "user": state.user,
        "password": state.password,
        "institutions": [INSTITUTION],
        "full_time_hours": FULL_TIME_HOURS,
        "opening_hours": False,
    }


def unilogin(url: str, key_file: Path, password: str) -> Tree:
    """``[sources.unilogin]`` for the stand-in that answers at ``url`` and knows the key's certificate."""
    return {"url": url, "provider": schools.PROVIDER, "key_file": str(key_file), "key_password": password}


def tree(*, opus_folder: Path | None = None, sd_url: str | None = None, sd_state: State | None = None) -> Tree:
    """The settings of a demo with either payroll, or both."""
    sources: Tree = {}
    if opus_folder is not None:
        sources["opus"] = opus(opus_folder)
    if sd_url is not None and sd_state is not None:
        sources["sd"] = sd(sd_url, sd_state)
    return {"roles": roles(), "sources": sources}
