"""No text stands in a component: every text is in both languages, which the build checks by their types."""

import json
import re
from pathlib import Path

import pytest

UI = Path(__file__).resolve().parents[2] / "ui" / "src"
DELIVERED = UI.parents[1] / "processes" / "definitions"
COMPONENTS = sorted(UI.rglob("*.svelte"))
_SHOWN = ("alt", "aria-label", "aria-description", "placeholder", "title", "label", "heading", "empty")
_WORD = re.compile(r"[^\W\d_]{2,}")


def texts(source: str) -> list[str]:
    """Words that a component shows and that are not from the texts."""
    source = re.sub(r"<(script|style)\b.*?</\1>|<!--.*?-->", "", source, flags=re.S)
    markup = without_braces(source)
    attributes = re.findall(rf'\s(?:{"|".join(_SHOWN)})="([^"]*)"', markup)
    between = re.sub(r"<[^<>]*>", "\n", markup)
    return [each.strip() for each in (*attributes, *between.splitlines()) if _WORD.search(each)]


def without_braces(source: str) -> str:
    kept, depth = [], 0
    for letter in source:
        depth += letter == "{"
        if not depth:
            kept.append(letter)
        depth -= letter == "}"
    return "".join(kept)


@pytest.mark.whole
@pytest.mark.parametrize("component", COMPONENTS, ids=lambda each: each.relative_to(UI).as_posix())
def test_no_text_stands_in_a_component(component: Path) -> None:
    assert texts(component.read_text(encoding="utf-8")) == []


@pytest.mark.whole
def test_such_a_text_is_found() -> None:
    assert texts('<h1 title="Start">{t().start} Hej</h1>') == ["Start", "Hej"]
    assert texts("<script>const a = 'Hej';</script><p class=\"quiet\">{`${'Hej'}`} – 12</p>") == []


@pytest.mark.whole
def test_every_text_is_used() -> None:
    """The names of texts, each somewhere in a component or a module."""
    used = "\n".join(each.read_text(encoding="utf-8") for each in UI.rglob("*") if each.suffix in (".svelte", ".ts"))
    defined = (UI / "lib" / "texts" / "da.ts").read_text(encoding="utf-8")
    names = set(re.findall(r"^\t(\w+):", defined, re.M))
    assert {name for name in names if f"t().{name}" not in used} == set()


@pytest.mark.whole
def test_every_choice_of_a_delivered_form_has_a_text() -> None:
    """Schemas have the values that gateways compare; people read words."""
    forms = (json.loads(each.read_text(encoding="utf-8")) for each in DELIVERED.glob("*/*.json"))
    fields = [field for form in forms for field in form["properties"].values()]
    values = {value for field in fields for one in (field, field.get("items", {})) for value in one.get("enum", ())}
    assert "go_on" in values
    for language in ("da", "en"):
        texts = (UI / "lib" / "texts" / f"{language}.ts").read_text(encoding="utf-8")
        options = texts.partition("options: {")[2].partition("}")[0]
        assert values <= set(re.findall(r"(\w+):", options)), language
