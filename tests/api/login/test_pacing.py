"""What an address may ask for, with a clock of the test."""

from api.login.pacing import _ADDRESSES, Pace


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_address_has_so_much_at_once_and_then_one_after_the_other() -> None:
    clock = Clock()
    pace = Pace(3, 10.0, clock)
    assert [pace.take("10.0.0.1") for _ in range(5)] == [0, 0, 0, 10, 10]
    assert pace.take("10.0.0.2") == 0
    clock.now = 4
    assert pace.take("10.0.0.1") == 6
    clock.now = 10
    assert [pace.take("10.0.0.1") for _ in range(2)] == [0, 10]
    clock.now = 1000  # it never has more than at first
    assert [pace.take("10.0.0.1") for _ in range(4)] == [0, 0, 0, 10]


def test_a_network_of_ipv6_is_one_caller_and_the_memory_is_bounded() -> None:
    pace = Pace(1, 10.0, Clock())
    assert pace.take("2001:db8::1") == 0 and pace.take("2001:db8::ffff") > 0 and pace.take("2001:db8:0:1::1") == 0
    for number in range(_ADDRESSES + 100):
        pace.take(f"2001:db8:{number >> 8:x}:{number & 255:x}::1")
    assert len(pace._left) == _ADDRESSES
