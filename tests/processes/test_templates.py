"""Templates: their files, what they may name, and what becomes of values that are missing, long, or not harmless."""

from email.message import EmailMessage
from typing import Any

import pytest

from graph.expressions import NO_MEMBERS, Names
from processes import templates
from processes.templates import (
    LONGEST_SUBJECT,
    LONGEST_TEXT,
    Language,
    Seen,
    TemplateFailed,
    Written,
    compile_template,
    faults_of,
    files_of,
    page,
    read_templates,
    read_text,
)

NAMES: Names = {
    "unit": {"name": NO_MEMBERS}, "first_day": NO_MEMBERS, "last_day": NO_MEMBERS, "hours": NO_MEMBERS,
    "permanent": NO_MEMBERS, "name": NO_MEMBERS,
}  # fmt: skip
SEEN = Seen(NAMES, NAMES)
VALUES: dict[str, Any] = {"unit": {"name": "Børnehuset Æblegården"}, "first_day": "2027-03-01", "hours": 22.5}


def rendered(
    text: str, subject: str = "Brev", values: dict[str, Any] | None = None, language: Language = "da"
) -> Written:
    return compile_template("hello", language, Written(subject, text), SEEN).render({**VALUES, **(values or {})})


def failed(text: str, subject: str = "Brev", values: dict[str, Any] | None = None) -> tuple[str, str]:
    with pytest.raises(TemplateFailed) as refused:
        rendered(text, subject, values)
    assert refused.value.template == "hello" and "template hello (da)" in str(refused.value)
    return refused.value.place, refused.value.rule


def test_values_stand_as_people_write_them() -> None:
    text = "Du begynder den {{ first_day }} i {{unit.name}}, {{ hours }} timer."
    assert rendered(text).text == "Du begynder den 1. marts 2027 i Børnehuset Æblegården, 22,5 timer."
    english = "You begin on {{ first_day }}, {{ hours }} hours, {{ 40.0 }}, {{ 7 + 1 }}."
    assert rendered(english, language="en").text == "You begin on 1 March 2027, 22.5 hours, 40, 8."
    assert rendered("{{ '2027-02-31' }}").text == "2027-02-31", "what is no day stays as it is"


def test_a_part_depends_on_a_condition_and_leaves_no_empty_line() -> None:
    text = "Begin\n{{if last_day != null}}\nUntil {{ last_day }}\n{{if hours > 20.0}}many{{end}}\n{{end}}\nEnd"
    assert rendered(text).text == "Begin\nEnd"
    assert rendered(text, values={"last_day": "2027-04-01"}).text == "Begin\nUntil 1. april 2027\nmany\nEnd"


def test_an_absent_value_is_an_error_with_its_place() -> None:
    assert failed("One\nTwo {{ last_day }}") == ("text, line 2", "no_value")
    assert failed("One", "To {{ unit.name }}", {"unit": None}) == ("subject", "no_value")
    assert failed("{{ unit.name }}", values={"unit": {"name": " \n"}}) == ("text, line 1", "no_value")
    assert failed("{{if last_day != null}}x{{end}}") == ("text", "no_value"), "an empty text is not sent either"
    assert failed("a\n{{ unit }}") == ("text, line 2", "not_text")
    assert failed("{{ hours > 3.0 }}") == ("text, line 1", "not_text")
    assert failed("{{ last_day > 3 }}") == ("text, line 1", "expression")
    assert failed("{{if hours}}x{{end}}") == ("text, line 1", "expression")


@pytest.mark.parametrize(
    ("text", "place", "rule"),
    [
        ("x\n{{ salary }}", "text, line 2", "expression"),
        ("{{ unit.code }}", "text, line 1", "expression"),
        ("{{ }}", "text, line 1", "expression"),
        ("{{ hours", "text, line 1", "tag"),
        ("a }} b", "text, line 1", "tag"),
        ("a\n{{if hours > 1.0}} b", "text, line 2", "tag"),
        ("{{end}}", "text, line 1", "tag"),
        ("{{if true}}" * 6 + "x" + "{{end}}" * 6, "text, line 1", "tag"),
        ("your number is 010190-1234", "text", "cpr_in_text"),
        ("a\x00b", "text", "control_characters"),
        (" \n", "text", "no_value"),
        ("x" * (LONGEST_TEXT + 1), "text", "too_long"),
    ],
)
def test_a_text_is_refused_with_its_place_and_rule(text: str, place: str, rule: str) -> None:
    assert [(each.place, each.rule) for each in faults_of("hello", "da", Written("Brev", text), SEEN)] == [
        (place, rule)
    ]


def test_all_faults_are_told_at_once() -> None:
    found = list(faults_of("hello", "en", Written("{{ a }}\nBcc: x", "{{ b }}\n{{ c }}"), SEEN))
    assert [(each.place, each.rule) for each in found] == [
        ("subject", "control_characters"), ("text, line 1", "expression"), ("text, line 2", "expression"),
    ]  # fmt: skip


def test_no_value_begins_another_header() -> None:
    made = rendered("Hej", "Til {{ name }}", {"name": "Bo\r\nBcc: spy@example.org\u2028X\x00"})
    assert made.subject.startswith("Til Bo Bcc: spy@example.org")
    message = EmailMessage()
    message["Subject"] = made.subject
    assert message["Bcc"] is None and len(message.items()) == 1 and not {"\r", "\n", "\u2028"} & {*made.subject}


def test_what_is_too_long_is_not_sent() -> None:
    assert failed("x", "{{ name }}", {"name": "å" * (LONGEST_SUBJECT + 1)}) == ("subject", "too_long")
    assert rendered("x", "{{ name }}", {"name": "å" * LONGEST_SUBJECT}).subject == "å" * LONGEST_SUBJECT
    assert failed("{{ name }}", values={"name": "word " * LONGEST_TEXT}) == ("text", "too_long")


def test_a_cpr_number_in_a_value_is_not_sent() -> None:
    assert failed("{{ name }}", values={"name": "Bo, 010190-1234"}) == ("text", "cpr_in_text")
    assert failed("{{ name }}-{{ hours }}", values={"name": "010190", "hours": 1234}) == ("text", "cpr_in_text")


def test_a_long_value_that_stands_there_often_is_not_made_whole() -> None:
    """As much is made of it as shows that it is too long."""
    compiled = compile_template("hello", "da", Written("Brev", "{{ name }}" * 400), SEEN)
    made, faults = compiled.preview({"name": "x" * 1_000_000})
    assert [(each.place, each.rule) for each in faults] == [("text", "too_long")]
    assert len(made.text) == 4 * LONGEST_TEXT


def test_a_text_has_so_many_values_and_takes_so_long() -> None:
    many = Written("Brev", "{{ name }}{{if permanent}}x{{end}}" * 251)
    assert [each.rule for each in faults_of("hello", "da", many, SEEN)] == ["too_many_tags"]
    beginnings = Written("Brev", "{{" * (LONGEST_TEXT // 2))
    assert [each.rule for each in faults_of("hello", "da", beginnings, SEEN)] == ["tag"]


def test_values_that_take_too_long_are_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each expression has its bound; so have all of a text together."""
    monkeypatch.setattr(templates, "_LONGEST_MAKING", -1.0)
    assert failed("a\n{{ hours }}") == ("text, line 2", "too_slow")


def test_a_condition_or_a_loop_sees_no_more_than_a_value_does() -> None:
    """``values`` may have more than the names that a text may use."""
    hidden = {"unit": {"name": "Børnehuset", "secret": "hidden"}}
    assert rendered("{{ unit.map(each, each)[0] }}", values=hidden).text == "name"
    assert failed("{{ unit.filter(each, each == 'secret')[0] }}", values=hidden) == ("text, line 1", "expression")
    for text in ("{{ unit['secret'] }}", "{{if unit.secret == 'hidden'}}x{{end}}", "{{ [unit][0].secret }}"):
        assert [each.rule for each in faults_of("hello", "da", Written("Brev", text), SEEN)] == ["expression"]


@pytest.mark.parametrize("odd", ["a\ud800b", "a\u202eb", "a\u2028b", "a\x1bb"])
def test_letters_that_are_none_are_refused(odd: str) -> None:
    found = [(each.place, each.rule) for each in faults_of("hello", "da", Written(odd, odd), SEEN)]
    assert ("text", "control_characters") in found and ("subject", "control_characters") in found


def test_a_value_is_never_a_tag_of_its_own() -> None:
    assert rendered("{{ name }}", values={"name": "{{ hours }}"}).text == "{{ hours }}"


def test_a_letter_is_a_page_in_which_nothing_is_markup() -> None:
    made = page('A & "B"', "<script>alert(1)</script>\nÆØÅ æøå\n\nشكراً <b>x</b>", "da")
    assert '<html lang="da">' in made and "default-src 'none'" in made
    assert '<p dir="auto">&lt;script&gt;alert(1)&lt;/script&gt;<br>ÆØÅ æøå</p>' in made
    assert '<p dir="auto">شكراً &lt;b&gt;x&lt;/b&gt;</p>' in made and "<script" not in made
    assert "<title>A &amp; &quot;B&quot;</title>" in made


# -- files ------------------------------------------------------------------------------------------------------------

DANISH = "Subject: Velkommen\n\nHej {{ name }}\n\nFarvel\n"


def test_templates_are_files_of_key_language_and_kind() -> None:
    files = {"told.da.mail": DANISH, "told.en.mail": "\ufeffSubject: Welcome\r\n\r\nHello\r\n", "c.da.letter": DANISH}
    found, faults = read_templates(files)
    assert faults == [] and {key: (each.kind, sorted(each.texts)) for key, each in found.items()} == {
        "told": ("mail", ["da", "en"]), "c": ("letter", ["da"]),
    }  # fmt: skip
    assert found["told"].texts["da"] == Written("Velkommen", "Hej {{ name }}\n\nFarvel")
    assert found["told"].texts["en"] == Written("Welcome", "Hello")
    assert read_templates(files_of(found))[0] == found, "what was read is written again"


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("told.mail", DANISH, "wrong_template"),
        ("told.de.mail", DANISH, "wrong_template"),
        ("to ld.da.mail", DANISH, "wrong_template"),
        ("told.da.mail", "Hej\n", "wrong_template"),
        ("told.da.mail", "Subject: Hej\nno blank line", "wrong_template"),
        ("told.en.mail", DANISH, "no_danish"),
    ],
)
def test_a_file_that_is_no_template_is_refused(name: str, content: str, rule: str) -> None:
    assert [each.rule for each in read_templates({name: content})[1]] == [rule]


def test_a_template_is_of_one_kind() -> None:
    _, faults = read_templates({"a.da.mail": DANISH, "a.en.letter": DANISH})
    assert [(each.element, each.rule) for each in faults] == [("a", "wrong_template")]
    assert read_text("Subject:\n\n") == Written("", "")
