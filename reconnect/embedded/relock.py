"""Makes ``neo4j.lock`` anew after a change of version: ``python -m reconnect.embedded.relock``.

Needs jgo, which reads Maven's dependency trees in Python; only developers run this.
"""

import hashlib
import tempfile
from pathlib import Path

from jgo.maven import MavenContext

from reconnect.embedded.jars import LOCK, NEO4J_VERSION

COORDINATES = (f"org.neo4j:neo4j:{NEO4J_VERSION}", "org.neo4j.client:neo4j-browser:5.24.0")


def main() -> None:
    """Resolve the coordinates, fetch every jar and write its checksum and size."""
    with tempfile.TemporaryDirectory() as folder:
        context = MavenContext(repo_cache=Path(folder))
        named, needed = context.resolver.resolve([context.create_dependency(text) for text in COORDINATES])
        rows = []
        for dependency in [*named, *needed]:
            artifact = dependency.artifact
            jar = artifact.resolve()
            path = artifact.component.path_prefix / artifact.filename
            rows.append((path.as_posix(), hashlib.sha256(jar.read_bytes()).hexdigest(), jar.stat().st_size))
    LOCK.write_text("".join(f"{sha256} {size} {path}\n" for path, sha256, size in sorted(rows)))


if __name__ == "__main__":
    main()
