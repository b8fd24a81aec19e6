"""The program's bill of materials (CycloneDX 1.5, JSON): Python packages of the lock, the files from Maven Central, and
the npm packages of the pages.

``python -m tools.bill_of_materials [FILE]``, or ``make sbom``. It runs uv: the one in ``UV``, otherwise the PATH's.
Nothing is resolved or fetched: all lists come from locks.
"""

import json
import os
import subprocess
import sys
from base64 import b64decode
from pathlib import Path
from typing import Any

from reconnect.embedded.jars import GRAPHIQL, NEO4J, Jar
from tools.npm_packages import NpmPackage, npm_packages

ROOT = Path(__file__).resolve().parents[1]


def bill() -> dict[str, Any]:
    """uv's bill of the packages that the program runs on, with Neo4j's and GraphiQL's files beside them."""
    exported = subprocess.run(
        [os.environ.get("UV", "uv"), "export", "--quiet", "--locked", "--no-dev", "--format", "cyclonedx1.5"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
    )
    made: dict[str, Any] = json.loads(exported.stdout)
    made["components"] += [_component(jar) for bundle in (NEO4J, GRAPHIQL) for jar in bundle.jars()]
    made["components"] += [_npm_component(each) for each in npm_packages()]
    return made


def _component(jar: Jar) -> dict[str, Any]:
    # group/as/folders/NAME/VERSION/NAME-VERSION[-CLASSIFIER].jar
    *group, name, version, file = jar.path.split("/")
    classifier = Path(file).stem.removeprefix(f"{name}-{version}").removeprefix("-")
    purl = f"pkg:maven/{'.'.join(group)}/{name}@{version}" + (f"?classifier={classifier}" if classifier else "")
    return {
        "type": "library",
        "bom-ref": purl,
        "group": ".".join(group),
        "name": name,
        "version": version,
        "purl": purl,
        "hashes": [{"alg": "SHA-256", "content": jar.sha256}],
    }


def _npm_component(package: NpmPackage) -> dict[str, Any]:
    algorithm, _, content = package.integrity.partition("-")
    purl = f"pkg:npm/{package.name.replace('@', '%40')}@{package.version}"
    return {
        "type": "library",
        "bom-ref": purl,
        "name": package.name,
        "version": package.version,
        "purl": purl,
        "licenses": [{"expression": package.licence.strip("()")}],
        "hashes": [{"alg": f"SHA-{algorithm.removeprefix('sha')}", "content": b64decode(content).hex()}],
    }


if __name__ == "__main__":
    text = json.dumps(bill(), indent=2)
    if len(sys.argv) > 1:
        target = Path(sys.argv[1])
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    else:
        print(text)
