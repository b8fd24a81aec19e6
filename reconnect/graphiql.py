"""GraphiQL's files for the page at /graphql, out of webjars.

``python -m reconnect.graphiql`` fetches them beforehand, as for an image.
"""

import sys
import zlib
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from api.http.graphiql import FETCHED
from reconnect.embedded import jars
from reconnect.embedded.errors import DownloadFailed, EmbeddedError
from reconnect.progress import progress

_BROWSER_FOLDERS = ("", "umd/")
"""Where a package keeps its scripts for browsers, below its own folder."""


def fetched(report: jars.Progress) -> dict[str, bytes]:
    """The content of each of ``FETCHED`` by name; from the cache when it is there.

    Each file is asked for once only, as serving does not wait for it. Raises DownloadFailed, DiskFull.
    """
    folder = jars.fetch(jars.GRAPHIQL, report, attempts=1)
    try:
        return _unpacked(folder)
    except (OSError, BadZipFile, zlib.error) as error:
        # They were complete when they were fetched.
        raise DownloadFailed(f"GraphiQL's files are damaged ({error}): remove {folder}, and start again.") from error


def _unpacked(folder: Path) -> dict[str, bytes]:
    contents = {}
    for jar in jars.GRAPHIQL.jars():
        # Laid out as org/webjars/npm/NAME/VERSION/NAME-VERSION.jar.
        name, version = jar.path.split("/")[-3:-1]
        with ZipFile(folder / jar.name) as packed:
            members = set(packed.namelist())
            for wanted in FETCHED:
                for below in _BROWSER_FOLDERS:
                    member = f"META-INF/resources/webjars/{name}/{version}/{below}{wanted}"
                    if member in members:
                        contents[wanted] = packed.read(member)
    return contents


def main() -> None:
    """Fetch the files; if that fails, print the cause and exit with 1."""
    try:
        with progress() as report:
            fetched(report)
    except EmbeddedError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
