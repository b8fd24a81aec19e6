"""Play of a file's cases: its facts in an empty graph, and its processes on a clock of their own."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconnect.process_files import package

if TYPE_CHECKING:
    import neo4j

    from graph.cpr.keyring import Keyring
    from processes.play.file import PlayFile
    from processes.play.playing import PlayedThrough
    from processes.services import Services

_SHORT_LIVED = {
    "RECONNECT_NEO4J_JAVA_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "RECONNECT_NEO4J_SETTINGS": "dbms.cypher.min_replan_interval=1h",
}
"""For a server that lives for a minute: what is compiled or planned again would not pay."""
_NOT_KNOWN = ("unknown_section", "unknown_reference")
"""Of what an import only tells, the rules that refuse facts to play: they would be played without it."""


def play_file(driver: neo4j.Driver, file: Path) -> list[PlayedThrough]:
    """Load a file's facts into an empty graph, and play its cases. Raises PlayRejected for what can't be played."""
    return _played(driver, _read(file))


def play_in_scratch(file: Path) -> list[PlayedThrough]:
    """Play a file's cases in a scratch instance, which is removed afterwards. Raises PlayRejected."""
    read = _read(file)
    with _in_scratch() as driver:
        return _played(driver, read)


def _played(driver: neo4j.Driver, read: PlayFile) -> list[PlayedThrough]:
    from graph.cpr.keyring import Keyring
    from graph.time import copenhagen_now
    from processes.play.playing import play as played

    keyring = Keyring.generate()
    return played(driver, read, _load(driver, read.facts, keyring), copenhagen_now(), _services(keyring))


def _services(keyring: Keyring) -> Services:
    """What a process may do, as in a scratch instance: nothing leaves it."""
    from api.mutations.services import services
    from graph.statements.precedence import SourceOrder
    from processes.cases import letters
    from processes.services import LETTER, OWN, Service

    noted = {name: Service(arguments, lambda *_: None) for name, arguments in OWN.items()}
    written = Service(OWN[LETTER], letters.write, in_graph=True)
    return {**services(keyring, SourceOrder()), **noted, LETTER: written}


def _read(file: Path) -> PlayFile:
    """Raises PlayRejected."""
    from json import JSONDecodeError

    import yaml

    from importers.facts.errors import FileRejected
    from importers.facts.loading import doubled, from_json, from_yaml
    from processes.play.errors import PlayRejected
    from processes.play.file import read_file

    try:
        if file.suffix.lower() == ".json":
            content = figures = from_json(file)
        else:
            content, figures = from_yaml(file, codes=True), from_yaml(file)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, JSONDecodeError, FileRejected) as error:
        raise PlayRejected((f"it can't be read: {error}",)) from error
    if twice := doubled(content):
        raise PlayRejected((f"{', '.join(twice)} stands twice",))
    return read_file(content, figures, lambda path: package([file.parent / path], None))


def _load(driver: neo4j.Driver, facts: Mapping[str, Any], keyring: Keyring) -> str:
    """Import facts; the name of their source. Raises PlayRejected with what is wrong with them.

    What another source might still state is refused as well: there is none here.
    """
    import yaml

    from importers.facts.settings import FactsSettings
    from importers.facts.source import Facts
    from importers.pipeline.import_run import run_import
    from importers.source import SourceError
    from processes.play.errors import PlayRejected

    with tempfile.TemporaryDirectory(prefix="reconnect-play-") as folder:
        path = Path(folder) / "facts.yaml"
        path.write_text(yaml.safe_dump(_plain(facts), allow_unicode=True, sort_keys=False), encoding="utf-8")
        settings = FactsSettings(path=path)
        try:
            report = run_import(driver, Facts(settings), keyring)
        except SourceError as wrong:
            raise PlayRejected((f"facts: {wrong}",)) from wrong
    if bad := [each for each in report.problems if each.severity == "bad" or each.rule in _NOT_KNOWN]:
        raise PlayRejected(tuple(f"facts, {each.where()}: {each.text}" for each in bad))
    return settings.name


@contextmanager
def _in_scratch() -> Iterator[neo4j.Driver]:
    """An empty instance of its own, which is gone afterwards."""
    from graph.connection import connect
    from graph.migrations import migrate
    from reconnect.embedded import Instance

    for name, value in _SHORT_LIVED.items():
        os.environ.setdefault(name, value)
    home = Path(tempfile.mkdtemp(prefix="reconnect-play-"))
    instance = Instance(home)
    try:
        addresses = instance.start()
        with connect(addresses.bolt_uri, addresses.user, addresses.password) as driver:
            migrate(driver)
            yield driver
    finally:
        instance.stop()
        shutil.rmtree(home)


def _plain(value: Any) -> Any:
    """As YAML is written again: mappings and lists of plain values."""
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if value is None or isinstance(value, str | int | float | bool | date) else str(value)
