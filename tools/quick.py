"""The tests nearest to a change: ``python -m tools.quick [REVISION]``, or ``make quick [SINCE=REVISION]``.

The tests that look at the whole code come first (marked ``whole``): what they look for is missing elsewhere than where
the change is. Then come the nearest: the changed tests, those named like a changed module, those that import it, those
in the test folder of its folder (for a page: ``tests/docs``), and those that reach it through one more module. They run
in this order until ``SECONDS`` are over; how many were left for `make test` is printed at the end. Without a revision:
the uncommitted changes, otherwise the last commit.
"""

import ast
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 100
"""The end of the time, from ``QUICK_BEGAN`` (seconds since 1970), when `make` began with the static checks; without it,
from now.

A test that has begun is not cut off, and its servers must be stopped: so `make quick` takes less than two minutes.
"""
_LEAST = 20
"""Seconds for tests, however long the checks took."""

_FARTHEST = 4
_WHOLE = "pytest.mark.whole"


def changed(since: str = "") -> list[str]:
    """The files that differ from the revision, relative to the project, including untracked ones."""
    new = _git("ls-files", "--others", "--exclude-standard")
    if not since:
        since = "HEAD" if new or _git("diff", "--name-only", "HEAD") else "HEAD~1"
    return sorted({*_git("diff", "--name-only", since), *new})


def nearest(paths: Iterable[str], files: Sequence[str]) -> list[str]:
    """The test files that a change of ``paths`` touches, nearest first. ``files``: all Python files there are."""
    touched = set(paths)
    modules = {_module(file): file for file in files}
    imports = {file: {modules[name] for name in _imported(ROOT / file) if name in modules} for file in files}
    folders = {str(PurePosixPath("tests") / PurePosixPath(path).parent) for path in touched if path.endswith(".py")}
    if any(path.endswith(".md") for path in touched):
        folders.add("tests/docs")
    namesakes = {f"test_{PurePosixPath(path).name}" for path in touched}

    def distance(test: str) -> int:
        if test in touched:
            return 0
        direct = imports[test]
        if direct & touched:
            return 1 if PurePosixPath(test).name in namesakes else 2
        if str(PurePosixPath(test).parent) in folders:
            return 3
        return 4 if any(imports[each] & touched for each in direct) else _FARTHEST + 1

    tests = [file for file in files if PurePosixPath(file).name.startswith("test_")]
    ranked = sorted((distance(test), test) for test in tests)
    return [test for far, test in ranked if far <= _FARTHEST]


def whole(files: Iterable[str]) -> list[str]:
    """The test files that hold tests of the whole code."""
    tests = (file for file in files if PurePosixPath(file).name.startswith("test_"))
    return [file for file in tests if _WHOLE in (ROOT / file).read_text(encoding="utf-8")]


def left(now: float, environment: Mapping[str, str]) -> float:
    """Seconds for the tests. ``now``: seconds since 1970."""
    return max(_LEAST, SECONDS - (now - float(environment.get("QUICK_BEGAN", now))))


class Nearest:
    """Runs the files' tests in their order until the time is up, and prints how many it left out."""

    def __init__(self, files: Sequence[str], seconds: float) -> None:
        self._rank = {ROOT / file: rank for rank, file in enumerate(files)}
        self._end = time.monotonic() + seconds
        self.left_out = 0

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Those of the whole code, then the nearest, whatever else sorts tests."""
        items[:] = [item for item in items if _is_whole(item) or item.path in self._rank]
        items.sort(key=lambda item: -1 if _is_whole(item) else self._rank[item.path])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        """Once the time is up, returns True so that nothing else runs the test."""
        if time.monotonic() < self._end:
            return None
        self.left_out += 1
        return True

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """One line where tests were left out."""
        if self.left_out:
            terminalreporter.write_line(f"{self.left_out} more tests are near the change: `make test` runs them.")


def _is_whole(item: pytest.Item) -> bool:
    return item.get_closest_marker("whole") is not None


def _module(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@cache
def _imported(path: Path) -> frozenset[str]:
    """Each module that the file imports, and each name that it imports from one, which may be a module itself."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(found)


def _git(*arguments: str) -> list[str]:
    done = subprocess.run(["git", *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.splitlines()


def main() -> int:
    """pytest's exit code; 0 where no test is near."""
    listed = _git("ls-files", "--cached", "--others", "--exclude-standard", "*.py")
    files = [file for file in listed if (ROOT / file).exists()]
    tests = nearest(changed(*sys.argv[1:]), files)
    if not tests:
        print("No test is near the change.")
        return 0
    asked = list(dict.fromkeys([*whole(files), *tests]))
    seconds = left(time.time(), os.environ)
    return int(pytest.main(["-p", "no:xdist", "--maxfail=3", *asked], plugins=[Nearest(tests, seconds)]))


if __name__ == "__main__":
    sys.exit(main())
