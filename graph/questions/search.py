"""One box over the organisation: units, persons, positions, KLE and IT systems, by what people know them by.

The full-text index (migration 0100) finds candidates, a bounded number of them; here they are read on the day, compared
in one spelling (``graph.collation.spelt_out``) and ranked. A person is also found by an account's login and e-mail, and
by an employment's number, e-mail and phone.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import product
from types import MappingProxyType
from typing import Any

import neo4j

from graph.as_of import in_force
from graph.collation import caption, spelt_out
from graph.errors import ChangeRejected
from graph.questions.readable import Inside
from graph.unicode_forms import in_form

MOST_LETTERS = 200
MOST_WORDS = 6
CANDIDATES = 2_000
"""States that the index gives at most, the best first."""
RANKS = ("exact", "beginning", "word", "anywhere")

# By what a thing of each kind is found; the properties are the index's. ``owner``: from it to the person whose it is.
SEARCHED: Mapping[str, tuple[str, ...]] = {
    "Unit": ("name", "short_name", "number", "email", "phone"),
    "Person": ("name", "work_email", "work_phone", "mobile"),
    "Employment": ("number", "email", "phone"),
    "Account": ("login", "email"),
    "Position": ("title", "code"),
    "KleNode": ("number", "title"),
    "ItSystem": ("key", "title"),
}
FOUND = ("Unit", "Person", "Position", "KleNode", "ItSystem")
"""The kinds that are found. An employment and an account find their person."""
_OF_A_PERSON = {"Employment": "HAS", "Account": "OWNS"}
_PHONES = frozenset({"phone", "work_phone", "mobile"})
_HIDDEN = {"phone": "phone_hidden", "email": "email_hidden"}
_VARIANTS = 4  # spellings of a word that are searched in the index
_PHONE = re.compile(r"(?:\+|00)?(?:45)?([0-9]{8})")
_SPELLINGS = {"aa": ("aa", "a"), "oe": ("oe", "o"), "ae": ("ae", "a")}
_DIGRAPH = re.compile("(aa|oe|ae)")


@dataclass(frozen=True, slots=True)
class Hit:
    """``kind``, ``uuid``: what was found. ``rank``: one of ``RANKS``. ``by``: kind.property that matched."""

    kind: str
    uuid: str
    rank: str
    by: tuple[str, str]
    value: str


def search(
    driver: neo4j.Driver,
    text: str,
    kinds: Collection[str],
    day: date,
    first: int,
    protected: bool = False,
    inside: Inside | None = None,
    without: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> list[Hit]:
    """The best ``first`` hits, each thing once. ``kinds``: those that may be looked at, of ``SEARCHED``. ``without``:
    properties of a kind by which nothing is found.

    ``protected``: also persons with a protected name and address, and what an employment keeps from others.
    ``inside``: what may be found, and by which a person may be found; None = everything.
    Raises ChangeRejected (wrong_value) for a text that is too short or too long to look for.
    """
    wanted = spelt_out(text)
    question = _question(text)
    best: dict[tuple[str, str], tuple[Any, Hit]] = {}
    for row in _rows(driver, question, kinds, day, inside):
        if row["protected"] and not protected:
            continue
        names = [each for each in SEARCHED[row["label"]] if each not in without.get(row["label"], ())]
        found = _matched(names, row["values"], text, wanted, protected)
        if found is None:
            continue
        rank, name, value = found
        kind = "Person" if row["label"] in _OF_A_PERSON else row["label"]
        hit = Hit(kind, row["uuid"], RANKS[rank], (row["label"], name), value)
        order = (rank, len(value), spelt_out(row["caption"] or ""), row["uuid"])
        if (kept := best.get((kind, hit.uuid))) is None or order < kept[0]:
            best[kind, hit.uuid] = (order, hit)
    return [hit for _, hit in sorted(best.values(), key=lambda each: each[0])[:first]]


def _rows(
    driver: neo4j.Driver, question: str, kinds: Collection[str], day: date, inside: Inside | None
) -> list[neo4j.Record]:
    captions = "\n".join(f"WHEN '{kind}' THEN about.{caption(kind)}" for kind in FOUND)
    # Where not all may be found, the index gives all that it has: candidates are cut off after the choice.
    within, cut_off, limits = "", "", {"limit": CANDIDATES}
    if inside is not None:
        within = f"WHERE {inside.on('thing')} AND (owner = thing OR {inside.on('owner')})"
        cut_off, limits = "WITH * ORDER BY score DESC LIMIT $limit", {}
    rows, _, _ = driver.execute_query(
        f"""
        CALL db.index.fulltext.queryNodes('search', $question, $limits) YIELD node AS shown, score
        WITH shown, score,
             head([label IN labels(shown) WHERE label ENDS WITH 'State' | left(label, size(label) - 5)]) AS label
        WHERE label IN $kinds
        MATCH (shown)<-[state:STATE]-(thing)
        WHERE {in_force("state")}
        CALL (thing, label) {{
            WITH * WHERE NOT label IN $of_a_person
            RETURN thing AS owner
            UNION
            WITH * WHERE label IN $of_a_person
            MATCH (owner:Person)-[owns:HAS|OWNS]->(thing)
            WHERE {in_force("owns")}
            RETURN owner
        }}
        MATCH (owner)-[of:STATE]->(about)
        WHERE {in_force("of")}
        WITH label, shown, thing, owner, about, score, head([of IN labels(owner) WHERE of IN $found]) AS kind
        {within}
        {cut_off}
        RETURN label, kind, properties(shown) AS values, owner.uuid AS uuid, thing.uuid AS matched,
               coalesce(about.address_protected, false) AS protected,
               CASE kind
               {captions}
               END AS caption
        """,
        {
            **({} if inside is None else inside.parameters),
            "question": question,
            "limits": limits,
            "limit": CANDIDATES,
            "kinds": list(kinds),
            "of_a_person": list(_OF_A_PERSON),
            "found": list(FOUND),
            "at": day,
        },
        routing_=neo4j.RoutingControl.READ,
    )
    return rows


def _matched(
    names: Iterable[str], values: Mapping[str, Any], text: str, wanted: str, hidden: bool
) -> tuple[int, str, str] | None:
    """(place in ``RANKS``, property, its value) of what matches best, of these properties."""
    found = []
    for name in names:
        value = values.get(name)
        if value is None or (not hidden and values.get(_HIDDEN.get(name, ""))):
            continue
        rank = _phone_rank(value, text) if name in _PHONES else _rank(spelt_out(value), wanted)
        if rank is not None:
            found.append((rank, name, value))
    return min(found, key=lambda each: each[0], default=None)


def _rank(value: str, wanted: str) -> int | None:
    if value == wanted:
        return 0
    if value.startswith(wanted):
        return 1
    words = wanted.split()
    if all(f" {word}" in f" {value}" for word in words):
        return 2
    return 3 if all(word in value for word in words) else None


def _phone_rank(value: str, text: str) -> int | None:
    """A number is found whole, however it is written."""
    wanted, known = _number(text), _number(value)
    return 0 if wanted is not None and wanted == known else None


def _number(text: str) -> str | None:
    found = _PHONE.fullmatch(re.sub(r"[\s().-]", "", text))
    return None if found is None else found[1]


# -- the question to the index ----------------------------------------------------------------------------------------


def _question(text: str) -> str:
    """Lucene's query: the text as a phrase before all others, then each word begun or within another."""
    if len(text) > MOST_LETTERS:
        raise _too_long()
    words = re.findall(r"[^\W_]+", in_form("NFC", text.lower()))
    if not words or (len(words) == 1 and len(words[0]) < 2):
        raise ChangeRejected("wrong_value", "text: give two letters or digits at least", field="text")
    if len(words) > MOST_WORDS:
        raise _too_long()
    phrase = re.sub(r'(["\\])', r"\\\1", text)
    parts = [f'"{phrase}"^50', f"({' AND '.join(map(_word, words))})"]
    number = _number(text)
    if number is not None:
        pairs = " ".join(number[place : place + 2] for place in range(0, 8, 2))
        halves = f"{number[:4]} {number[4:]}"
        parts += [f"*{number}^20", f'"{pairs}"^20', f'"{halves}"^20']
    return " OR ".join(parts)


def _too_long() -> ChangeRejected:
    text = f"text: {MOST_WORDS} words and {MOST_LETTERS} letters at most can be looked for"
    return ChangeRejected("wrong_value", text, field="text")


def _word(word: str) -> str:
    spellings = list(dict.fromkeys(_spellings(word)))[:_VARIANTS]
    forms = [f"{each}*^4" for each in spellings] + [f"*{each}*" for each in spellings if len(each) > 2]
    return f"({' OR '.join(forms)})"


def _spellings(word: str) -> Iterator[str]:
    """As the index may have it, whose letters are folded to those of English: å is a, aa stays aa."""
    folded = in_form("NFKD", word).encode("ascii", "ignore").decode()
    if folded and folded.isalnum() and len(folded) == len(word):
        yield folded
    spelt = re.sub(r"\W", "", spelt_out(word))
    for parts in product(*(_SPELLINGS.get(each, (each,)) for each in _DIGRAPH.split(spelt))):
        yield "".join(parts)
