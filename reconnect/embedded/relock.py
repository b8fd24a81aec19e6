"""Makes the locks anew after a change of version: ``python -m reconnect.embedded.relock``.

Needs jgo, which reads Maven's dependency trees in Python; only developers run this.
"""

import hashlib
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jgo.maven import MavenContext

from reconnect.embedded.jars import GRAPHIQL, NEO4J, Bundle

NEO4J_COORDINATES = (f"org.neo4j:neo4j:{NEO4J.version}", "org.neo4j.client:neo4j-browser:5.24.0")
GRAPHIQL_COORDINATES = (
    f"org.webjars.npm:graphiql:{GRAPHIQL.version}",
    # 18 is the last of React that comes as a script for browsers (UMD).
    "org.webjars.npm:react:18.3.1",
    "org.webjars.npm:react-dom:18.3.1",
    "org.webjars.npm:graphql-ws:5.16.0",
)


def main() -> None:
    """Resolve the coordinates, fetch every jar and write its checksum and size."""
    with tempfile.TemporaryDirectory() as folder:
        context = MavenContext(repo_cache=Path(folder))
        named, needed = context.resolver.resolve([context.create_dependency(text) for text in NEO4J_COORDINATES])
        _write(NEO4J, [*named, *needed])
        # Without what they depend on: the scripts for browsers contain it.
        _write(GRAPHIQL, [context.create_dependency(text) for text in GRAPHIQL_COORDINATES])


def _write(bundle: Bundle, dependencies: Iterable[Any]) -> None:
    rows = []
    for dependency in dependencies:
        artifact = dependency.artifact
        jar = artifact.resolve()
        path = artifact.component.path_prefix / artifact.filename
        rows.append((path.as_posix(), hashlib.sha256(jar.read_bytes()).hexdigest(), jar.stat().st_size))
    bundle.lock.write_text("".join(f"{sha256} {size} {path}\n" for path, sha256, size in sorted(rows)))


if __name__ == "__main__":
    main()
