"""Compare: the files as they should be at the target, beside what the ledger knows was delivered."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

import orjson

from exporters.brake import FileDifference
from exporters.files.file_names import safe
from exporters.files.table import Written, write
from exporters.files.target import Target
from exporters.ledger import FileEntry, Ledger
from exporters.target import Row, Shaped, ShapedFile
from graph.cpr.keyring import Keyring


@dataclass(frozen=True)
class ComparedFile:
    """A file as it should be at the target, and how it differs from the last delivery.

    ``row_hashes``: of every row, by key; empty where the whole file is the same. ``moved``: the place of the last
    delivery, where that is another one; otherwise empty.
    """

    shaped: ShapedFile
    name: str
    written: Written
    hash: str
    row_hashes: Mapping[str, str]
    definition: str
    entry: FileEntry | None
    difference: FileDifference
    moved: str

    @property
    def is_new(self) -> bool:
        """Whether the target has another file than this, or it is not certain which."""
        if self.entry is None or self.entry.state != "delivered" or self.moved:
            return True
        return self.difference.content_changed or self.difference.definition_changed


class Comparison:
    """Compares a target's files with its ledger. Hashes are keyed: a row may contain a CPR number."""

    def __init__(self, target: Target, ledger: Ledger, keyring: Keyring) -> None:
        self._target = target
        self._ledger = ledger
        self._keyring = keyring

    def files(self, shaped: Shaped) -> list[ComparedFile]:
        """The files, in the target's order."""
        known = self._ledger.files()
        by_object = {each.object: each for each in shaped.files}
        return [self._file(by_object[object_], known.get(object_)) for object_ in self._target.order]

    def row_hash(self, row: Row) -> str:
        """The hash by which the ledger knows a row."""
        # Sorted by title: another order of the columns is another file and the same rows.
        return self.content_hash(orjson.dumps(row, option=orjson.OPT_SORT_KEYS))

    def content_hash(self, content: bytes) -> str:
        """The hash by which the ledger knows a file."""
        return self._keyring.fingerprint(content)

    def _file(self, file: ShapedFile, entry: FileEntry | None) -> ComparedFile:
        written = write(
            self._target.files.form,
            file.columns,
            ((key, [row[column] for column in file.columns]) for key, row in file.rows.items()),
        )
        hash_, name, definition = self.content_hash(written.content), safe(file.name), self._definition(file)
        same = entry is not None and entry.state == "delivered" and entry.hash == hash_
        # A file that is the same has the same rows: they need not be compared.
        row_hashes = {} if same else {key: self.row_hash(row) for key, row in file.rows.items()}
        before = row_hashes if same else self._ledger.hashes(file.object)
        difference = FileDifference(
            object=file.object,
            name=name,
            rows=len(file.rows),
            total=len(file.rows) if same else len(before),
            added=tuple(key for key in row_hashes if key not in before),
            changed=tuple(key for key, each in row_hashes.items() if before.get(key, each) != each),
            gone=tuple(sorted(key for key in before if key not in row_hashes)),
            content_changed=not same or (entry is not None and entry.name != name),
            definition_changed=entry is not None and entry.definition not in ("", definition),
        )
        return ComparedFile(file, name, written, hash_, row_hashes, definition, entry, difference, self._moved(entry))

    def _moved(self, entry: FileEntry | None) -> str:
        if entry is None or entry.state != "delivered" or entry.place == self._target.delivery.place:
            return ""
        return entry.place or "a place that was not noted"

    def _definition(self, file: ShapedFile) -> str:
        """Names the way the file is made; another definition may change every row although the data are the same."""
        form = self._target.files.form.model_dump()
        parts = {"columns": sorted(file.columns), "form": form, "rules": self._target.rules}
        return sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]
