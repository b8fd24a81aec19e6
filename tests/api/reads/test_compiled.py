"""What questions are compiled to: read ``compiled/*.graphql`` and the ``.cypher`` beside it to learn the compiler.

After a change of the compiler, ``python -m tests.api.reads.test_compiled`` writes the files anew; the difference is to
be read before it is committed.
"""

import re
from datetime import date
from pathlib import Path

import pytest

from api.access.rights import Scope
from api.access.roles import ROLES
from api.reads.compiler import Compiler
from api.reads.layout import laid_out
from api.reads.plan import Answers
from api.reads.question import SCHEMA, coerced, question_of
from api.reads.selection import Document, select

QUESTIONS = sorted((Path(__file__).parent / "compiled").glob("*.graphql"))


def compiled(document: str, scope: Scope | None = None) -> str:
    """The statement of each root field, as on a day that the things themselves show."""
    question = question_of(document, None)
    roots = select(question.operation, Document(SCHEMA, question.fragments, coerced(question, {})))
    plan = Compiler(frozenset(), date(2026, 11, 28), copied=True, scope=scope).plan(roots)
    named = zip(plan.roots, plan.statements, strict=True)
    return "\n".join(
        f"// {root.key}\n{statement.text}\n"
        for root, asked in named
        for statement in (asked.things if isinstance(asked, Answers) else (asked,))
    )


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda path: path.stem)
def test_a_question_is_compiled_to_the_statement_beside_it(question: Path) -> None:
    expected = question.with_suffix(".cypher").read_text(encoding="utf-8")
    assert compiled(question.read_text(encoding="utf-8")) == expected


def test_a_part_is_counted_from_its_units() -> None:
    """Each thing that is looked at costs time, so nothing is asked of it that is always true."""
    text = compiled("{ employments(first: 1) { totalCount } }", Scope(frozenset(), frozenset(ROLES)))
    _, _, count = text.partition("total: COUNT {")
    assert "unit" in count and "n.active" in count and "IS NOT NULL" not in count.partition("RETURN n")[0]


def test_each_statement_has_one_clause_a_line() -> None:
    """Every clause begins a line, but those within a list: [each IN list WHERE …]."""
    clause = re.compile(r"\b(MATCH|UNWIND|RETURN|ORDER BY|LIMIT|CALL)\b")
    for question in QUESTIONS:
        for line in compiled(question.read_text(encoding="utf-8")).splitlines():
            texts = re.sub(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""", "''", line)
            assert len(clause.findall(texts)) <= 1, line
            if found := clause.search(texts):
                assert not texts[: found.start()].strip().removeprefix("OPTIONAL").strip(), line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MATCH (n) WHERE n.a STARTS WITH 'WHERE {' RETURN n", "MATCH (n)\nWHERE n.a STARTS WITH 'WHERE {'\nRETURN n"),
        ("RETURN [x IN list WHERE x > 1 | x]", "RETURN [x IN list WHERE x > 1 | x]"),
        ("MATCH (n {key: 1}) RETURN {a: n}", "MATCH (n {key: 1})\nRETURN {a: n}"),
        ("RETURN COUNT { MATCH (n) RETURN n }", "RETURN COUNT {\n  MATCH (n)\n  RETURN n\n}"),
        ("CALL (n) { WITH 1 AS a RETURN a } RETURN `WITH`", "CALL (n) {\n  WITH 1 AS a\n  RETURN a\n}\nRETURN `WITH`"),
    ],
)
def test_the_layout_of_a_statement(text: str, expected: str) -> None:
    assert laid_out(text) == expected


if __name__ == "__main__":
    for each in QUESTIONS:
        each.with_suffix(".cypher").write_text(compiled(each.read_text(encoding="utf-8")), encoding="utf-8")
