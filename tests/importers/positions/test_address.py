"""The list from an address, against the stand-in (positions.md §8)."""

from collections.abc import Iterator

import pytest

from importers.positions.errors import ListRejected, TooLarge, Unavailable, Unreadable
from importers.positions.fetching import fetch
from importers.positions.settings import PositionsSettings
from sample.positions_service.app import Service, serve
from tests.importers.positions.town import row, text

LIST = text(*(row(f"P{each}", f"Stilling {each}") for each in range(200))).encode()


@pytest.fixture
def service() -> Service:
    return Service(
        "secret", {"/list": ("text/csv; charset=utf-8", LIST), "/categories": ("text/csv", b"code;title\nA;a")}
    )


@pytest.fixture
def told(service: Service) -> Iterator[PositionsSettings]:
    with serve(service) as url:
        yield PositionsSettings(url=f"{url}/list", categories_url=f"{url}/categories", token="secret")


def test_what_has_not_changed_is_not_sent_again(service: Service, told: PositionsSettings) -> None:
    first = fetch(told, {})
    assert first is not None
    assert len(first.positions.rows) == 200
    assert fetch(told, first.marks) is None
    assert [status for _, status in service.asked] == [200, 200, 304, 304]
    service.files["/categories"] = ("text/csv", b"code;title\nB;b")
    again = fetch(told, first.marks)
    assert again is not None
    assert again.categories is not None
    assert (len(again.positions.rows), again.categories.rows[0].cell("code")) == (200, "B")
    elsewhere = told.model_copy(update={"categories_url": None})
    assert fetch(elsewhere, {**first.marks, "url": "http://other"}) is not None, "an ETag is of its own address"
    other = told.model_copy(update={"encoding": "windows-1252"})
    assert fetch(other, first.marks) is not None, "and of what was read: other settings read it anew"


@pytest.mark.parametrize(
    ("status", "error"), [(401, ListRejected), (403, ListRejected), (404, Unavailable), (500, Unavailable)]
)
def test_failures_say_what_to_look_at(
    service: Service, told: PositionsSettings, status: int, error: type[Exception]
) -> None:
    service.status = status
    with pytest.raises(error, match=str(status)) as raised:
        fetch(told, {})
    assert "secret" not in str(raised.value)


def test_another_token_is_refused(told: PositionsSettings) -> None:
    with pytest.raises(ListRejected):
        fetch(PositionsSettings(url=told.url), {})


def test_a_body_that_is_cut_off(service: Service, told: PositionsSettings) -> None:
    service.cut = True
    with pytest.raises(Unavailable, match="in the middle"):
        fetch(told, {})


def test_another_content_type_and_too_large_an_answer(service: Service, told: PositionsSettings) -> None:
    service.files["/list"] = ("text/html", b"<html>")
    with pytest.raises(Unreadable, match="text/html"):
        fetch(told, {})
    service.files["/list"] = ("text/csv", LIST * 300)
    with pytest.raises(TooLarge):
        fetch(told.model_copy(update={"largest_megabytes": 1}), {})
