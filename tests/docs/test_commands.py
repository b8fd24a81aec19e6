"""Commands and settings that the pages name exist, with their options: what operations people type must work."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import BaseModel

from reconnect.root import app
from reconnect.settings.tree import Settings
from tests.docs.pages import ROOT, committed

pytestmark = pytest.mark.whole

PAGES = [each for each in committed() if each.suffix == ".md" and each.name != "CHANGELOG.md"]
_TYPED = re.compile(
    r"`(?:RECONNECT_HOME=\S+ )?reconnect ([^`]+)`|^(?:docker compose exec \w+ )?reconnect (.+)$", re.MULTILINE
)
_SETTING = re.compile(r"`(neo4j|redis|api|logs|cpr|merge|brake|schedules|silence|mail|worker)\.(\w+)`")


def typed(text: str) -> Iterator[list[str]]:
    """The words after ``reconnect``, without comments and what follows in a pipe."""
    for found in _TYPED.finditer(text):
        yield re.split(r"\s+#|\s[|>…&]|;", found[1] or found[2])[0].split()


def wrong(words: list[str]) -> str | None:
    """What of a command line does not exist."""
    command: Any = typer.main.get_command(app)
    rest = list(words)
    while hasattr(command, "get_command") and rest and not rest[0].startswith("-"):
        name = rest.pop(0)
        found = command.get_command(None, name)
        if found is None:
            return f"there is no command {name!r}"
        command = found
    options = {option for each in command.params for option in (*each.opts, *each.secondary_opts)} | {"--help", "-h"}
    unknown = [each for each in rest if each.startswith("-") and each not in options]
    return f"no option {', '.join(unknown)}" if unknown else None


@pytest.mark.parametrize("file", PAGES, ids=lambda file: Path(file).relative_to(ROOT).as_posix())
def test_what_the_page_says_to_type_exists(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    faults = [f"reconnect {' '.join(words)}: {fault}" for words in typed(text) if (fault := wrong(words))]
    for section, name in _SETTING.findall(text):
        inner = Settings.model_fields[section].annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel) and name not in inner.model_fields:
            faults.append(f"there is no setting {section}.{name}")
    assert not faults


def test_a_command_that_does_not_exist_is_found() -> None:
    text = "`reconnect imports sd`, `reconnect import sd --approved ID` and\nreconnect status --json # x"
    assert [wrong(words) for words in typed(text)] == ["there is no command 'imports'", "no option --approved", None]
