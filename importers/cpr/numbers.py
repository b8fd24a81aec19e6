"""Which numbers CPR can be asked about (cpr.md §6)."""

from graph.cpr.keyring import is_number, is_replacement


def is_askable(number: str) -> bool:
    """Whether CPR may know the number. It never holds replacement numbers, nor others that systems make up."""
    return is_number(number) and not is_replacement(number)
