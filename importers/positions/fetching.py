"""Fetches the list from a file, a folder, or an address, which sends it again only if it has changed (ETag)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from importers.positions.errors import ListRejected, TooLarge, Unavailable, Unreadable
from importers.positions.settings import PositionsSettings
from importers.positions.table import CATEGORY_COLUMNS, POSITION_COLUMNS, Form, Lists, Table, read, read_json
from protocols import web
from protocols.http.deadlines import Deadline, whole
from protocols.http.validators import Validators

POSITIONS = "positions"
CATEGORIES = "position_categories"
_SUFFIXES: Mapping[str, Form] = {".csv": "csv", ".xlsx": "xlsx", ".json": "json"}
_TYPES: Mapping[str, Form] = {
    "text/csv": "csv",
    "application/csv": "csv",
    "application/vnd.ms-excel": "csv",  # the media type of a .csv on Windows
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/json": "json",
}


@dataclass(frozen=True, slots=True)
class FetchedLists:
    """The lists. ``marks``: the conditions of the next request."""

    label: str
    positions: Table
    categories: Table | None
    marks: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    content: bytes
    form: Form
    etag: str = ""


def fetch(settings: PositionsSettings, marks: Mapping[str, str]) -> FetchedLists | None:
    """The lists; None if nothing has changed since ``marks``, according to the address. Raises SourceError."""
    if settings.url is not None:
        return _from_address(settings, settings.url, marks)
    if settings.path is None:
        raise Unavailable("no position list: set path or url in [sources.positions], or give --from")
    return _from_disk(settings, settings.path)


# -- files ------------------------------------------------------------------------------------------------------------


def _from_disk(settings: PositionsSettings, path: Path) -> FetchedLists:
    if path.is_dir():
        file = _only(path, POSITIONS)
        if file is None:
            raise Unavailable(f"{path} has no {POSITIONS}.csv, .xlsx or .json")
        beside = _only(path, CATEGORIES)
    else:
        file, beside = path, None
    lists = _lists(_opened(file, settings), POSITIONS, settings)
    also = None if beside is None else _lists(_opened(beside, settings), CATEGORIES, settings)
    return _together(file.name, lists, also, {})


def _only(folder: Path, name: str) -> Path | None:
    found = sorted(folder / f"{name}{suffix}" for suffix in _SUFFIXES if (folder / f"{name}{suffix}").is_file())
    if len(found) > 1:
        raise Unreadable(f"{folder} has {' and '.join(each.name for each in found)}; only one of them can count")
    return found[0] if found else None


def _opened(path: Path, settings: PositionsSettings) -> _File:
    form = _SUFFIXES.get(path.suffix.lower())
    if form is None:
        raise Unreadable(f"{path}: a position list ends in {', '.join(_SUFFIXES)}")
    limit = settings.largest_megabytes << 20
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as wrong:
        raise Unavailable(f"{path} can't be read: {wrong.strerror or wrong}") from wrong
    if len(content) > limit:
        raise TooLarge(f"{path} is larger than {settings.largest_megabytes} megabytes")
    return _File(path.name, content, form)


# -- addresses --------------------------------------------------------------------------------------------------------


def _from_address(settings: PositionsSettings, url: str, marks: Mapping[str, str]) -> FetchedLists | None:
    # A mark of another address, or of a list that was read in another encoding, says nothing about this one.
    if marks.get("encoding") != settings.encoding:
        marks = {}
    etag = marks.get("etag", "") if marks.get("url") == url else ""
    beside_url = settings.categories_url or ""
    beside_etag = marks.get("categories_etag", "") if marks.get("categories_url", "") == beside_url else ""
    whole = bool(etag) and (bool(beside_etag) or not beside_url)
    with httpx.Client(timeout=settings.timeout_seconds, headers=_credentials(settings), follow_redirects=False) as http:
        deadline = Deadline.of(http)
        file = _get(http, deadline, url, etag if whole else "", settings)
        beside = _get(http, deadline, beside_url, beside_etag if whole else "", settings) if beside_url else None
        if file is None and beside is None:
            return None
        # One of the two has changed: the present list needs both.
        file = file or _get(http, deadline, url, "", settings)
        if beside_url:
            beside = beside or _get(http, deadline, beside_url, "", settings)
    if file is None or (beside_url and beside is None):
        raise Unavailable(f"{url} answers that nothing has changed, although the request had no condition")
    also = None if beside is None else _lists(beside, CATEGORIES, settings)
    named = {"url": url, "etag": file.etag, "encoding": settings.encoding}
    if beside is not None:
        named |= {"categories_url": beside_url, "categories_etag": beside.etag}
    return _together(url, _lists(file, POSITIONS, settings), also, named)


def _credentials(settings: PositionsSettings) -> dict[str, str]:
    return {} if settings.token is None else {"Authorization": f"Bearer {settings.token.get_secret_value()}"}


def _get(http: httpx.Client, deadline: Deadline, url: str, etag: str, settings: PositionsSettings) -> _File | None:
    """The file at an address; None if it is still the one with ``etag``."""
    limit = settings.largest_megabytes << 20
    headers = {**web.HEADERS, **Validators(etag).headers}
    try:
        with (
            deadline.within(whole(settings.timeout_seconds)),
            http.stream("GET", url, headers=headers) as answer,
        ):
            if answer.status_code == httpx.codes.NOT_MODIFIED:
                return None
            _check_status(url, answer.status_code)
            form = _form(url, answer.headers.get("Content-Type", ""))
            content = web.content(answer, limit)
    except web.TooLarge as large:
        raise TooLarge(f"{url} answers with more than {settings.largest_megabytes} megabytes") from large
    except (httpx.HTTPError, httpx.InvalidURL) as wrong:
        raise Unavailable(f"{url} does not answer, or stops in the middle: {wrong or type(wrong).__name__}") from wrong
    return _File(url, content, form, Validators.of(answer.headers).etag)


def _check_status(url: str, status: int) -> None:
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        raise ListRejected(f"{url} refuses the credentials (HTTP {status}): check token in [sources.positions]")
    if status == httpx.codes.NOT_FOUND:
        raise Unavailable(f"there is nothing at {url} (HTTP 404): check url in [sources.positions]")
    if status != httpx.codes.OK:
        raise Unavailable(f"{url} answers with HTTP {status}")


def _form(url: str, content_type: str) -> Form:
    told = content_type.partition(";")[0].strip().casefold()
    form = _TYPES.get(told)
    if form is None:
        raise Unreadable(f"{url} answers with {told or 'no content type'}; expected one of {', '.join(_TYPES)}")
    return form


# -- both -------------------------------------------------------------------------------------------------------------


def _lists(file: _File, section: str, settings: PositionsSettings) -> Lists:
    if file.form == "json":
        return read_json(file.content, file.name, settings)
    if section == POSITIONS:
        return Lists(read(file.content, file.form, file.name, POSITION_COLUMNS, settings), None)
    return Lists(None, read(file.content, file.form, file.name, CATEGORY_COLUMNS, settings))


def _together(label: str, lists: Lists, also: Lists | None, marks: Mapping[str, str]) -> FetchedLists:
    if lists.positions is None:
        raise Unreadable(f"{label} has no list under {POSITIONS!r}")
    if also is not None and also.categories is None:
        raise Unreadable(f"the categories beside {label} have no list under {CATEGORIES!r}")
    categories = also.categories if also is not None else lists.categories
    return FetchedLists(label, lists.positions, categories, marks)
