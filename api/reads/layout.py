"""Lays out a compiled statement for readers: one clause per line, with subqueries indented."""

import re

_TOKENS = re.compile(
    r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`"""
    r"|[{}()\[\]]|\b(?:STARTS|ENDS)\s+WITH\b"
    r"|\b(?:(?:OPTIONAL\s+)?MATCH|WHERE|WITH|ORDER\s+BY|LIMIT|RETURN|UNWIND|CALL|UNION|CREATE)\b"
    r"|\b(?:COLLECT|EXISTS|COUNT)\s*\{|\s+|[^\s{}()\[\]'\"`\w]+|\w+"
)
_CLAUSE = re.compile(r"(?:(?:OPTIONAL )?MATCH|WHERE|WITH|ORDER BY|LIMIT|RETURN|UNWIND|CALL|UNION|CREATE)")
_STEP = "  "


def laid_out(text: str) -> str:
    """The same statement. Names, texts and maps are unchanged."""
    lines: list[str] = [""]
    open_: list[str] = []  # brackets around this place; "{{" is a subquery's
    calling = False

    def line(depth: int) -> None:
        if lines[-1].strip():
            lines.append("")
        lines[-1] = _STEP * depth

    for token in _TOKENS.findall(text):
        depth = open_.count("{{")
        if token.isspace():
            if lines[-1].strip():
                lines[-1] = lines[-1].rstrip() + " "
            continue
        word = " ".join(token.split())
        is_inside = bool(open_) and open_[-1] != "{{"
        if not is_inside and _CLAUSE.fullmatch(word):
            line(depth)
            calling = word == "CALL"
            lines[-1] += word
        elif word.endswith("{") and (len(word) > 1 or (calling and not is_inside)):
            lines[-1] += word if len(word) == 1 else f"{word[:-1].rstrip()} {{"
            open_.append("{{")
            calling = False
            line(depth + 1)
        elif word in "([{":
            lines[-1] += word
            open_.append(word)
        elif word in ")]}":
            opened = open_.pop()
            if opened == "{{":
                line(depth - 1)
            lines[-1] += word
        else:
            lines[-1] += word
    return "\n".join(each.rstrip() for each in lines if each.strip())
