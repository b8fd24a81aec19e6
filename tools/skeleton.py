"""A new source or target, copied from a skeleton: ``make new-source NAME=…``, ``make new-target NAME=…``; with
``KIND=objects`` a target that takes objects one by one.

The copy works as it is: it reads (writes) a file of employees, or writes employees one by one, and passes every check
and its own tests. Two folders
are made, one for the code and one for its tests; no other file is touched. The pages docs/add-a-source.md and
docs/add-a-target.md go on from there.
"""

import argparse
import keyword
import subprocess
import sys
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from graph.statements.precedence import MANUAL

ROOT = Path(__file__).resolve().parents[1]
Sort = Literal["source", "target"]
Kind = Literal["files", "objects"]
ROOMS: Mapping[Sort, str] = {"source": "importers", "target": "exporters"}
KINDS: tuple[Kind, ...] = ("files", "objects")
"""What a target takes: whole files, or objects one by one."""
LONGEST = 30
"""Characters of a name: with more, lines of the copy would become too long."""

_DANISH = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "Æ": "Ae", "Ø": "Oe", "Å": "Aa"})
_SUFFIX = ".txt"
"""Suffix of each file of a skeleton, so that no tool takes it for code."""


class WrongName(ValueError):
    """The name can't become a folder, or is taken. The text states why."""


@dataclass(frozen=True)
class Names:
    """``title``: as users write it (Silkeborg Data); ``name``: the folder's (silkeborg_data); ``class_``: the class's
    (SilkeborgData)."""

    title: str
    name: str
    class_: str

    def put_into(self, text: str) -> str:
        """The text with its placeholders filled in."""
        for placeholder, value in (("{{title}}", self.title), ("{{name}}", self.name), ("{{Class}}", self.class_)):
            text = text.replace(placeholder, value)
        return text


def names_of(title: str) -> Names:
    """The names that a title gives. Raises WrongName."""
    title = " ".join(title.split())
    if len(title) > LONGEST:
        raise WrongName(f"{title!r} is too long: at most {LONGEST} characters")
    if any(unicodedata.category(each)[0] not in "LNZ" and each not in "-_.+&'/" for each in title) or "\\" in title:
        raise WrongName(f"{title!r} is not a name: write letters and digits, and blanks between words")
    plain = unicodedata.normalize("NFKD", title.translate(_DANISH)).encode("ascii", "ignore").decode()
    words = "".join(each if each.isalnum() else " " for each in plain).split()
    name = "_".join(words).lower()
    if not name or not title[0].isalpha() or not name[0].isalpha():
        raise WrongName(f"{title!r} is not a name: it must begin with a letter")
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        raise WrongName(f"{name!r} is a reserved word in Python: add another word to the name")
    if name == MANUAL:
        raise WrongName(f"{name!r} is the source of what people enter, which outranks every other: choose another name")
    if hasattr(BaseModel, name):
        raise WrongName(f"{name!r} is a word of the settings' own: add another word to the name")
    return Names(title, name, "".join(each[0].upper() + each[1:] for each in words))


def copy(sort: Sort, names: Names, root: Path = ROOT, kind: Kind = "files") -> list[Path]:
    """Copy the skeleton of a source, or of a target of this kind. Returns the files made. Raises WrongName if the name
    is taken."""
    room = root / ROOMS[sort]
    if names.name in {each.stem for each in room.iterdir()} | {"of"}:
        raise WrongName(f"{names.name!r} is taken in {ROOMS[sort]}/: choose another name")
    skeleton = root / "tools" / "skeletons" / ("objects" if (sort, kind) == ("target", "objects") else sort)
    made: list[Path] = []
    for part, folder in (("folder", room / names.name), ("tests", root / "tests" / ROOMS[sort] / names.name)):
        if folder.exists():
            raise WrongName(f"{folder} exists already: choose another name, or remove it")
        for file in sorted((skeleton / part).rglob(f"*{_SUFFIX}")):
            to = folder / file.relative_to(skeleton / part).with_name(file.name.removesuffix(_SUFFIX))
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_text(names.put_into(file.read_text(encoding="utf-8")), encoding="utf-8")
            made.append(to)
    _tidy(made, root)
    return made


def _tidy(files: list[Path], root: Path) -> None:
    """The order of imports, and where lines break, depend on the name."""
    code = [str(each) for each in files if each.suffix == ".py"]
    for command in (("check", "--quiet", "--select", "I", "--fix"), ("format", "--quiet")):
        subprocess.run([sys.executable, "-m", "ruff", *command, *code], cwd=root, check=True)


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.skeleton", description="A new source or target.")
    parser.add_argument("sort", choices=sorted(ROOMS))
    parser.add_argument("name", help='as people write it, such as "Silkeborg Data"')
    parser.add_argument("--kind", choices=KINDS, default="files", help="of a target: what it takes (default: files)")
    given = parser.parse_args(arguments)
    sort: Sort = given.sort
    if sort == "source" and given.kind != "files":
        parser.error("only a target has a kind")
    try:
        names = names_of(given.name)
        made = copy(sort, names, kind=given.kind)
    except WrongName as wrong:
        print(f"{wrong}.", file=sys.stderr)
        return 2
    room = ROOMS[sort]
    print(f"Made {len(made)} files in {room}/{names.name} and tests/{room}/{names.name}.")
    print("Try it:")
    print(f"  .venv/bin/pytest tests/{room}/{names.name} tests/{room}/test_conformance.py")
    if sort == "source":
        print(f"  .venv/bin/reconnect import {names.name} --from {room}/{names.name}/demo --dry-run")
    print(f"Go on with docs/add-a-{sort}.md.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
