"""The numbers that can be looked up in CPR (cpr.md §6)."""

from graph.cpr.keyring import is_number, is_replacement


def is_askable(number: str) -> bool:
    """Whether CPR may know the number. It never has replacement numbers, nor others that systems make up."""
    return is_number(number) and not is_replacement(number)
