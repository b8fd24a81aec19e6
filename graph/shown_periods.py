"""The periods of a thing's values, as they are for somebody who may not read all of them.

A state begins and ends where any value changes. For whom some values are hidden, neighbours that differ in these alone
are one period: otherwise its bounds would tell on which day a home address or a pay grade has changed.

Fragments of Cypher. ``hidden``: an expression, the list of the names that may not be read.
"""


def alike(one: str, other: str, hidden: str) -> str:
    """Two states differ in hidden values at most."""
    return (
        f"all(key IN keys({one}) + keys({other}) WHERE key IN {hidden} OR coalesce({one}[key] = {other}[key], false))"
    )


def joined(r: str, m: str, shown: str, hidden: str) -> str:
    """Clauses after a MATCH of a thing's states ``m`` over ``r``. They leave the first state of each period that is
    shown, and ``shown``, a new name, with the ``from`` and ``to`` of the whole period."""
    states, starts, names, place = (f"{each}_{shown}" for each in ("states", "starts", "hidden", "place"))
    before, now = f"{states}[each - 1]", f"{states}[each]"
    goes_on = f"{before}.days.to = {now}.days.from AND {alike(f'{before}.of', f'{now}.of', names)}"
    return f"""WITH {r}, {m} ORDER BY {r}.from
            WITH collect({{days: {r}, of: {m}}}) AS {states}
            WITH {states}, {hidden} AS {names}
            WITH {states}, [each IN range(0, size({states}) - 1) WHERE each = 0 OR NOT coalesce({goes_on}, false)]
                AS {starts}
            UNWIND range(0, size({starts}) - 1) AS {place}
            WITH {states}[{starts}[{place}]].of AS {m}, {{
                from: {states}[{starts}[{place}]].days.from,
                to: {states}[coalesce({starts}[{place} + 1], size({states})) - 1].days.to
            }} AS {shown}"""


def changes_on(n: str, day: str, hidden: str) -> str:
    """Of a day on which a state of ``n`` begins or ends: it is one for somebody who doesn't see the hidden values."""
    return f"""NOT EXISTS {{
        MATCH ({n})-[before:STATE]->(was), ({n})-[after:STATE]->(becomes)
        WHERE before.to = {day} AND after.from = {day} AND {alike("was", "becomes", hidden)}
    }}"""
