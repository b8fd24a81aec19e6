"""How a file's rows would change, in words: old and new values by field, for the person who approves.

The ledger keeps no values. Old values are read from the file at the target; a row counts as the delivered one if it has
the ledger's hash.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from exporters.brake import FileDifference
from exporters.files.table import TableForm, as_written, read, unguarded
from exporters.report import RowChange
from exporters.target import Row, ShapedFile

UNKNOWN = "what was delivered before can't be read at the target"


def changes(
    form: TableForm, file: ShapedFile, difference: FileDifference, before: Mapping[str, Row]
) -> Iterator[RowChange]:
    """Rows that would go, change and come, in this order. ``before``: old rows by key, as far as they are known."""
    for key in difference.gone:
        shown = _values(file, key, before[key]) if key in before else UNKNOWN
        yield RowChange(key, "gone", (shown,))
    for key in difference.changed:
        yield RowChange(key, "changed", tuple(_differing(form, file, key, before.get(key))))
    for key in difference.added:
        yield RowChange(key, "new", (_values(file, key, file.rows[key]),))


def delivered_rows(
    form: TableForm,
    file: ShapedFile,
    content: bytes,
    hashes: Mapping[str, str],
    hash_of: Callable[[Row], str],
    *,
    untouched: bool,
) -> dict[str, Row]:
    """The rows of a file at the target by key: those that hash to what the ledger (``hashes``: key → hash) knows.

    A row that was altered to be written hashes to another value; where the file is ``untouched`` since its delivery, it
    is known by the column that holds the keys, if there is one.
    """
    key_of = {hash_: key for key, hash_ in hashes.items()}
    key_column = next(
        (title for title in file.columns if all(row[title] == key for key, row in file.rows.items())), None
    )
    found: dict[str, Row] = {}
    others: dict[str, Row] = {}
    for row in _rows(form, file.columns, content):
        for candidate in (row, {title: unguarded(form, value) for title, value in row.items()}):
            if (key := key_of.get(hash_of(candidate))) is not None:
                found[key] = candidate
                break
        else:
            if untouched and key_column is not None and row.get(key_column) in hashes:
                others[row[key_column]] = row
    return {**others, **found}


def _rows(form: TableForm, columns: tuple[str, ...], content: bytes) -> Iterable[Row]:
    try:
        lines = read(form, content)
    except ValueError:
        return []  # another file than was delivered
    titles = tuple(lines[0]) if form.header and lines else columns
    return [dict(zip(titles, each, strict=False)) for each in (lines[1:] if form.header else lines)]


def _differing(form: TableForm, file: ShapedFile, key: str, before: Row | None) -> Iterator[str]:
    after = file.rows[key]
    if before is None:
        yield f"{UNKNOWN}; now {_values(file, key, after)}"
        return
    for title in dict.fromkeys((*before, *after)):
        old, new = before.get(title), after.get(title)
        if old != new and old != as_written(form, new or ""):
            hidden = why_hidden(file, key, title)
            yield f"{title}: " + (f"differs ({hidden})" if hidden else f"{_text(old)} → {_text(new)}")


def _values(file: ShapedFile, key: str, row: Row) -> str:
    values = ((title, why_hidden(file, key, title), value) for title, value in row.items() if value)
    return "; ".join(f"{title}: ({hidden})" if hidden else f"{title}: {value}" for title, hidden, value in values)


def why_hidden(file: ShapedFile, key: str, title: str) -> str:
    """Why a value is not shown: private, protected; empty where it is."""
    if title not in file.shown:
        return "private"
    return "protected" if title in file.identifying and key in file.protected else ""


def _text(value: str | None) -> str:
    return value or "nothing"
