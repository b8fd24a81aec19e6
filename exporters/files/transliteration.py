"""Text that an encoding can't hold, in letters that it can (files_and_rest.md §2 "not encodable").

Unicode's own decompositions are not enough: "Ł" has none. Every replacement is reported.
"""

import unicodedata

REPLACEMENT = "?"

# Letters and signs without a decomposition, or whose decomposition is not Danish usage.
_LETTERS = {
    "Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "Ð": "D", "ð": "d", "Þ": "Th", "þ": "th", "ß": "ss", "ẞ": "SS",
    "Œ": "OE", "œ": "oe", "Ħ": "H", "ħ": "h", "ı": "i", "Ŋ": "N", "ŋ": "n", "Ŧ": "T", "ŧ": "t", "ĸ": "k",
    "Æ": "AE", "æ": "ae", "Ø": "OE", "ø": "oe", "Å": "AA", "å": "aa", "Ǿ": "Ø", "ǿ": "ø", "Ǽ": "Æ", "ǽ": "æ",
    "€": "EUR", "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"',
    "„": '"', "…": "...", "•": "*", "™": "(TM)", "′": "'", "″": '"', "\u200b": "", "\ufeff": "",
}  # fmt: skip


def normalised(text: str) -> str:
    """Composed form (NFC), without control characters but tab and line breaks."""
    composed = text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)
    if composed.isprintable():
        return composed
    return "".join(each for each in composed if each in "\t\n\r" or unicodedata.category(each) != "Cc")


def transliterated(text: str, codec: str) -> str:
    """The text with every character that ``codec`` can't hold written in others; ``?`` where there is no other."""
    return text if can_hold(codec, text) else "".join(_other(each, codec) for each in text)


def _other(character: str, codec: str) -> str:
    for candidate in (character, _LETTERS.get(character), _bare(character)):
        if candidate is not None and can_hold(codec, candidate):
            return candidate
    return REPLACEMENT


def _bare(character: str) -> str | None:
    """The letter without its marks; None where nothing is left."""
    parts = unicodedata.normalize("NFKD", character)
    bare = "".join(_LETTERS.get(each, each) if ord(each) > 0x17F else each for each in parts if not _is_mark(each))
    return bare or None


def _is_mark(character: str) -> bool:
    return unicodedata.combining(character) != 0


def can_hold(codec: str, text: str) -> bool:
    """Whether the encoding has every character of the text."""
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return False
    return True
