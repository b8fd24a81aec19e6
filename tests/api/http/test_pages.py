"""The pages are those of this version."""

from hashlib import sha256
from pathlib import Path

from api.http.pages import SCHEMA_STAMP, Pages


def test_pages_that_were_built_for_another_schema_are_told(tmp_path: Path) -> None:
    schema, built = tmp_path / "schema.graphql", tmp_path / "built"
    built.mkdir()
    schema.write_text("type Query { unit: ID }")
    assert Pages.are_stale(built, schema), "built before the schema was noted with them"
    (built / SCHEMA_STAMP).write_text(sha256(schema.read_bytes()).hexdigest())
    assert not Pages.are_stale(built, schema)
    schema.write_text("type Query { units: [ID] }")
    assert Pages.are_stale(built, schema)
    assert not Pages.are_stale(built, tmp_path / "none"), "an installed package was made with its pages"
