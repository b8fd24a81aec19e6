"""Settings with which the program imports the sample: a tree of plain values, as in ``reconnect.toml``.

SD and Opus are set so that both give the same result: full time is 37 hours (Opus has it in its file, SD nowhere).
"""

from pathlib import Path
from typing import Any

from sample import schools
from sample.certificates import Pair
from sample.cpr_register import REGISTERED
from sample.directories import administration, school
from sample.directories.entries import ACCOUNT_TYPE, CPR, EMPLOYMENT_NUMBER, INSTITUTIONS, place_dn
from sample.domain_controller import Controller
from sample.municipality import INSTITUTION
from sample.people import FULL_TIME_HOURS
from sample.role_rules import ROLE_RULES
from sample.sd_service.state import State

Tree = dict[str, Any]


def roles() -> list[Tree]:
    """``[[roles]]``: the rules that make managers and case workers from payroll facts."""
    return [rule.model_dump(mode="json", exclude_defaults=True) for rule in ROLE_RULES]


def opus(folder: Path) -> Tree:
    """``[sources.opus]`` for files in ``folder``."""
    return {"folder": str(folder)}


def sd(url: str, state: State) -> Tree:
    """``[sources.sd]`` for the stand-in at ``url`` (open at all hours)."""
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
    """``[sources.unilogin]`` for the stand-in at ``url``, which knows the key's certificate."""
    return {"url": url, "provider": schools.PROVIDER, "key_file": str(key_file), "key_password": password}


def active_directory(controller: Controller) -> Tree:
    """``[sources.active_directory]`` for a controller with the sample's ``administration``."""
    root = place_dn((administration.ROOT,), controller.base)
    return {
        **_login(controller),
        "users_in": [root],
        "excluded_units": [place_dn(administration.SERVICES, controller.base)],
        "groups_in": [root],
        "cpr_attribute": CPR,
        "employment_attribute": EMPLOYMENT_NUMBER,
        "primary": [{"attribute": ACCOUNT_TYPE, "matches": administration.EMPLOYEE}],
    }


def school_ad(controller: Controller) -> Tree:
    """``[sources.school_ad]`` for a controller with the sample's ``school``; pupils are excluded."""
    root = place_dn((school.ROOT,), controller.base)
    return {
        **_login(controller),
        "users_in": [root],
        "excluded_values": {ACCOUNT_TYPE: [school.PUPILS]},
        "groups_in": [root],
        "groups_filter": f"(!(cn=*{school.PUPILS_GROUP}))",
        "cpr_attribute": CPR,
        "institutions_attribute": INSTITUTIONS,
    }


def _login(controller: Controller) -> Tree:
    return {
        "controllers": [controller.address],
        "ca_file": str(controller.ca),
        "user": controller.user,
        "password": controller.password,
        "base": controller.base,
    }


def cpr(url: str, client: Pair, authority: Path) -> Tree:
    """``[sources.cpr]`` for the stand-in at ``url``, which knows the client's certificate."""
    return {
        "url": url,
        "certificate": str(client.certificate),
        "private_key": str(client.key),
        "authority": str(authority),
        "cvr": REGISTERED.cvr,
        "calls_per_second": 1000,
    }


def fk_adm(url: str, client: Pair, authority: Path) -> Tree:
    """``[sources.fk_adm]`` for the stand-in at ``url``, which knows the client's certificate."""
    return {
        "url": url,
        "own_machine": True,
        "certificate": str(client.certificate),
        "private_key": str(client.key),
        "authority": str(authority),
        "cvr": REGISTERED.cvr,
        "calls_per_second": 1000,
    }


def kle(url: str) -> Tree:
    """``[sources.kle]`` for the stand-in at ``url``."""
    return {"url": url}


def positions(folder: Path) -> Tree:
    """``[sources.positions]`` for the list in ``folder``."""
    return {"path": str(folder)}


def tree(*, opus_folder: Path | None = None, sd_url: str | None = None, sd_state: State | None = None) -> Tree:
    """The settings of a demo with either payroll, or both."""
    sources: Tree = {}
    if opus_folder is not None:
        sources["opus"] = opus(opus_folder)
    if sd_url is not None and sd_state is not None:
        sources["sd"] = sd(sd_url, sd_state)
    return {"roles": roles(), "sources": sources}
