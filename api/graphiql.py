"""The page at /graphql for people: GraphiQL, which asks with the token that is typed into it."""

from functools import cache
from pathlib import Path


@cache
def page() -> str:
    return Path(__file__).with_name("graphiql.html").read_text(encoding="utf-8")
