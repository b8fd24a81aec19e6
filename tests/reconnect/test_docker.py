"""docker-compose.yml, Dockerfile and .env.example name what the program has; Docker itself is not needed."""

import asyncio
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from api.http.app import create_app
from api.http.service import Service
from graph.connection import connect, connect_async
from graph.cpr.keyring import Keyring
from reconnect import cli
from reconnect.embedded.neo4j import NEEDED, browser_policy
from reconnect.settings.file import load

ROOT = Path(__file__).resolve().parents[2]
SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
OURS = [name for name, each in SERVICES.items() if "build" in each]
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def resolved(text: str) -> str:
    """With every variable set to ``x``, or its default, as compose does."""
    return re.sub(r"(?<!\$)\$\{\w+(?::-([^}]*)|:\?[^}]*)?\}", lambda found: found[1] or "x", text)


def arguments(command: list[str]) -> list[str]:
    """What the image's entry point gets, or a health check's command without its name."""
    return command[command.index("reconnect") + 1 :] if "reconnect" in command else command


@pytest.mark.parametrize("name", OURS)
def test_the_environment_is_settings_that_there_are(name: str) -> None:
    environment = {key: resolved(str(value)) for key, value in SERVICES[name]["environment"].items()}
    settings = load(None, environment).settings
    assert settings.neo4j.uri == "bolt://neo4j:7687"
    assert settings.redis.url is not None
    assert settings.redis.url.get_secret_value() == "redis://:x@valkey:6379/0"


@pytest.mark.parametrize("name", OURS)
def test_commands_and_their_options_are_the_programs(name: str) -> None:
    group = typer.main.get_command(cli.app)
    check = SERVICES[name]["healthcheck"]["test"]
    told = [SERVICES[name]["command"], *([check] if "reconnect" in check else [])]
    for command in map(arguments, told):
        found = group.get_command(typer.Context(group), command[0])
        assert found is not None
        known = {option for each in found.params for option in each.opts}
        assert {each for each in command[1:] if each.startswith("--")} <= known


def test_neo4j_has_the_settings_that_reconnect_needs() -> None:
    environment = SERVICES["neo4j"]["environment"]
    names = {"NEO4J_" + name.replace("_", "__").replace(".", "_"): value for name, value in NEEDED.items()}
    assert {name: environment.get(name) for name in names} == names
    assert all(f"`{name}={value}`" in (ROOT / "docs/operations.md").read_text() for name, value in NEEDED.items())


def test_the_services_health_is_asked_where_it_answers() -> None:
    (asked,) = re.findall(r"http://127\.0\.0\.1:8000(/[a-z/]+)", SERVICES["api"]["healthcheck"]["test"][-1])
    nowhere = ("bolt://127.0.0.1:9", "neo4j", "x")
    service = Service(connect(*nowhere), connect_async(*nowhere), Keyring.generate())
    paths = {getattr(route, "path", "") for route in create_app(service).routes}
    service.driver.close()
    asyncio.run(service.reading.close())
    assert asked in paths
    assert {"--port", "8000"} <= set(SERVICES["api"]["command"])


def test_every_variable_stands_in_the_example() -> None:
    asked = set(re.findall(r"(?<!\$)\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    assert asked == set(re.findall(r"^#? ?([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def test_the_image_holds_every_package_and_what_they_are_built_with() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    copied = set(re.findall(r"^COPY (\w+) \1$", DOCKERFILE, re.MULTILINE))
    assert {*packages, "ui"} == copied
    sent = set(re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    built_with = {"pyproject.toml", "uv.lock", "README.md", "LICENSE", "schema.graphql", "tools/pages.py", "ui"}
    assert sent == {*packages, *built_with}
    for module in re.findall(r"python -m (\S+)", DOCKERFILE):
        assert (ROOT / f"{module.replace('.', '/')}.py").is_file()


def test_a_containers_home_is_the_volume_that_its_user_owns() -> None:
    (home,) = re.findall(r"RECONNECT_HOME=(\S+)", DOCKERFILE)
    (user,) = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)
    assert f"install -d -o {user} -m 700 {home}" in DOCKERFILE
    for name in OURS:
        assert SERVICES[name]["volumes"] == [f"home:{home}"]


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_can_do_more_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert "build" in service or int(service["user"].split(":")[0]) > 0


def test_images_are_pinned_by_digest() -> None:
    """Neo4j's image is not yet: `tools/pin_images.sh` needs a registry, and no other source has its digest."""
    images = {name: each["image"] for name, each in SERVICES.items() if "build" not in each}
    images["python"] = re.findall(r"^ARG PYTHON=(\S+)$", DOCKERFILE, re.MULTILINE)[0]
    unpinned = {name for name, image in images.items() if not re.search(r":[\w.-]+@sha256:[0-9a-f]{64}$", image)}
    assert unpinned <= {"neo4j"}
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) == {"${PYTHON}"}


def test_no_password_is_an_argument() -> None:
    for name, service in SERVICES.items():
        for command in (service.get("command", []), service["healthcheck"]["test"]):
            assert "PASSWORD:" not in " ".join(command), name


def test_neo4j_browsers_page_has_the_embedded_servers_policy() -> None:
    name = "NEO4J_dbms_security_http__static__content__security__policy__header"
    set_ = SERVICES["neo4j"]["environment"][name].replace("${NEO4J_BOLT_PORT:-7687}", "7687")
    assert set_ == browser_policy(7687)
