"""A program is given its input and ended in time, whatever it has started."""

from collections.abc import Iterator

import pytest

from protocols import programs
from protocols.programs import Ended

PIECES = [b"x" * 100_000] * 20


def exchanged(script: str, seconds: float = 20, largest: int = 100) -> Ended:
    return programs.exchange(programs.start(["sh", "-c", script]), PIECES, seconds, largest)


def test_a_program_gets_all_of_its_input_and_what_it_says_is_kept() -> None:
    assert exchanged("wc -c; exit 3") == Ended(3, b"2000000\n", True)


def test_of_a_program_that_says_more_than_is_kept_the_first_is_kept() -> None:
    assert exchanged("cat | tr x y", largest=7) == Ended(0, b"y" * 7, True)


def test_a_longer_output_may_be_refused() -> None:
    process = programs.start(["sh", "-c", "yes"])
    with pytest.raises(programs.SaidTooMuch):
        programs.exchange(process, [], 20, 100, refuse_more=True)
    assert process.returncode is not None
    whole = programs.start(["sh", "-c", "printf '%0100d' 0"])
    assert programs.exchange(whole, [], 20, 100, refuse_more=True).output == b"0" * 100


def test_a_program_may_end_before_it_has_read_its_input() -> None:
    assert exchanged("echo found; exit 1") == Ended(1, b"found\n", False)


def test_a_program_may_close_its_output_before_it_reads() -> None:
    assert exchanged("exec >&-; cat >/dev/null") == Ended(0, b"", True)


@pytest.mark.parametrize("left", ["setsid sleep 60 &", "exec 3<&0; setsid sleep 60 <&3 &", "setsid yes &"])
def test_what_a_program_has_started_holds_nobody_up_when_it_ends(left: str) -> None:
    assert exchanged(f"{left} echo done; exit 4").code == 4


@pytest.mark.parametrize("left", ["", "setsid sleep 60 &", "exec 3<&0; setsid sleep 60 <&3 &"])
@pytest.mark.parametrize("own", ["sleep 60", "cat >/dev/null; sleep 60", "exec >&-; sleep 60"])
def test_a_program_that_hangs_is_ended_in_time_though_what_it_has_started_lives_on(left: str, own: str) -> None:
    process = programs.start(["sh", "-c", f"{left} {own}"])
    with pytest.raises(TimeoutError):
        programs.exchange(process, PIECES, 0.3, 100)
    assert process.returncode is not None


def test_a_program_is_ended_where_its_input_fails() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"x"
        raise ValueError("damaged")

    process = programs.start(["sh", "-c", "sleep 60"])
    with pytest.raises(ValueError, match="damaged"):
        programs.exchange(process, pieces(), 20, 100)
    assert process.returncode is not None
