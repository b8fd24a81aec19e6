"""Rows of a result by the thousand: each one costs the driver two reads of the socket, however little is in it."""

ROWS = 5000


def in_blocks(query: str, value: str, size: int = ROWS) -> str:
    """The query without its RETURN; it returns ``rows``, lists with the ``value`` of up to ``size`` rows each."""
    return f"""{query}
    WITH collect({value}) AS found
    UNWIND range(0, size(found), {size}) AS start
    RETURN found[start..start + {size}] AS rows
    """
