"""The Danish order of names: … z, æ, ø, å, whatever the case; and by which words a name is found.

The key of a name compares by code points, in Python and in Cypher alike. ``aa`` is ``å``, as in Danish names; letters
of other languages are where Danish has them (``ä`` with ``æ``, ``ö`` with ``ø``, ``ü`` with ``y``), others without
their accents. Hyphens and dots are blanks, so that each part of a double name is a word.
"""

from functools import cache

from graph.model import KINDS
from graph.unicode_forms import in_form

SORT_KEY = "sort_key"
"""The property of an identity node with the key of today's caption; empty if it has no caption."""

PRINCIPAL_KEY = "principal_key"
"""The property of an account's identity node with its principal name of today, folded."""

# In this order, of the name in small letters. What follows z are code points that no name has.
_REPLACED: tuple[tuple[str, str], ...] = (
    ("{", " "), ("|", " "), ("}", " "), ("-", " "), (".", " "), (",", " "), ("'", ""), ("’", ""),
    ("æ", "{"), ("ä", "{"), ("ø", "|"), ("ö", "|"), ("œ", "|"), ("å", "}"), ("aa", "}"),
    ("ü", "y"), ("ð", "d"), ("đ", "d"), ("þ", "th"), ("ß", "ss"), ("ł", "l"), ("ı", "i"),
    *((each, "a") for each in "áàâãāăą"), *((each, "c") for each in "çćčĉċ"), *((each, "d") for each in "ď"),
    *((each, "e") for each in "éèêëēĕėęě"), *((each, "g") for each in "ğĝģġ"), *((each, "i") for each in "íìîïīĭį"),
    *((each, "k") for each in "ķ"), *((each, "l") for each in "ĺľļ"), *((each, "n") for each in "ñńňņ"),
    *((each, "o") for each in "óòôõōŏ"), ("ő", "|"), *((each, "r") for each in "ŕřŗ"),
    *((each, "s") for each in "śšşșŝ"), *((each, "t") for each in "ťţț"), *((each, "u") for each in "úùûūŭůų"),
    ("ű", "y"), *((each, "y") for each in "ýÿŷ"), *((each, "z") for each in "źžż"), ("  ", " "),
)  # fmt: skip


def sort_key(text: str) -> str:
    """What the Danish order of names compares."""
    key = text.lower()
    for old, new in _REPLACED:
        key = key.replace(old, new)
    return key.strip()


def folded(text: str) -> str:
    """The form in which user names and mail addresses are compared: as in Active Directory, case does not count and
    accents do."""
    return in_form("NFC", text).strip().lower()


def words(text: str) -> list[str]:
    """The words of a name, or of a search for one, as ``sort_key`` has them."""
    return sort_key(text).split()


def spelt_out(text: str) -> str:
    """``sort_key`` in the letters of any keyboard: æ is ae, ø is oe, å is aa. Two spellings of a name are one text."""
    return sort_key(text).replace("{", "ae").replace("|", "oe").replace("}", "aa")


def in_cypher(text: str) -> str:
    """``sort_key`` as Cypher. ``text``: an expression; null has the empty key.

    The table is one text that is split when the question runs: Neo4j plans nested calls of ``replace``, or a list of
    that many literals, for seconds.
    """
    table = "\\n".join(f"{old}\\t{new}" for old, new in _REPLACED)
    replaced = 'replace(key, split(pair, "\\t")[0], split(pair, "\\t")[1])'
    return f'trim(reduce(key = toLower(coalesce({text}, "")), pair IN split("{table}", "\\n") | {replaced}))'


@cache
def caption(kind: str) -> str:
    """The property that people know a thing of this kind by; empty where there is none."""
    names = {each.name for each in KINDS[kind].properties}
    return next((each for each in ("name", "title", "number", "login") if each in names), "")
