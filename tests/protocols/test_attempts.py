"""Requests that are repeated, and contents that are not sent again: for every source that reads over HTTP."""

from collections.abc import Callable

import pytest

from protocols.http.attempts import AskedToWait, Attempts
from protocols.http.validators import Validators


def failing(*failures: Exception) -> Callable[[], str]:
    left = list(failures)

    def request() -> str:
        if left:
            raise left.pop(0)
        return "content"

    return request


def test_each_pause_is_twice_the_one_before_unless_the_server_asks_for_another() -> None:
    pauses: list[float] = []
    attempts = Attempts(6, 2, longest_pause=9, sleep=pauses.append)
    request = failing(OSError(), OSError(), AskedToWait(3), AskedToWait(100), AskedToWait(None))
    assert attempts.of(request, (OSError,)) == "content"
    assert pauses == [2, 4, 3, 9, 9]


def test_the_last_failure_is_raised_and_no_pause_follows_it() -> None:
    pauses: list[float] = []
    with pytest.raises(OSError, match="second"):
        Attempts(2, 1, sleep=pauses.append).of(failing(OSError("first"), OSError("second")), (OSError,))
    with pytest.raises(AskedToWait):
        Attempts(1, 1, sleep=pauses.append).of(failing(AskedToWait(5)), ())
    assert pauses == [1]


def test_what_does_not_pass_is_raised_at_once() -> None:
    pauses: list[float] = []
    with pytest.raises(KeyError):
        Attempts(5, 1, sleep=pauses.append).of(failing(KeyError("x")), (OSError,))
    assert pauses == []


def test_validators_are_sent_back_as_they_came() -> None:
    known = Validators.of({"ETag": 'W/"1"', "Last-Modified": "Sat, 28 Nov 2026 21:00:00 GMT"})
    assert known.headers == {"If-None-Match": 'W/"1"', "If-Modified-Since": "Sat, 28 Nov 2026 21:00:00 GMT"}
    assert Validators.of({}).headers == {}
