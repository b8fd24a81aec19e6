"""``processTemplates``: the texts that processes send, in each language, with what the installation has written."""

from collections.abc import Iterable, Mapping
from functools import partial

import neo4j

from api.access.caller_names import person_of
from api.computed.contract import Answer, Argument, ComputedField, Part, Plain, Request, answer_type
from graph.connection import Run
from graph.model.kind import name_of
from processes.cases import definitions, own_texts
from processes.cases.definitions import Version
from processes.cases.own_texts import OwnText
from processes.templates import LANGUAGES, Language, Template


def _answer(request: Request) -> list[Answer]:
    wanted = request.get("process")
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        current = [each.process for each in definitions.versions(session, wanted) if each.is_current]
        found = [definitions.readable(partial(definitions.current, session, each)) for each in current]
        return [each for version in found if version is not None for each in _of(session, version)]


def _of(run: Run, version: Version) -> list[Answer]:
    history = own_texts.history(run, version.process)
    names = _names(run, history)
    return [
        {
            "key": f"{version.process}/{key}",
            "process": version.process,
            "processName": version.definition.name,
            "template": key,
            "kind": name_of(template.kind),
            "names": _allowed(version, template),
            "texts": [_text(template, language, history, names) for language in LANGUAGES],
        }
        for key, template in sorted(version.templates.items())
    ]


def _allowed(version: Version, template: Template) -> list[str]:
    names = version.seen[template.kind].names
    return sorted(f"{name}.{each}" if each else name for name, members in names.items() for each in members or ("",))


def _text(template: Template, language: Language, history: Iterable[OwnText], names: Mapping[str, str]) -> Answer:
    versions = [each for each in history if (each.template, each.language) == (template.key, language)]
    newest = versions[0] if versions else None
    own = None if newest is None else newest.written
    delivered = template.texts.get(language)
    shown = own or delivered
    return {
        "language": language,
        "subject": None if shown is None else shown.subject,
        "text": None if shown is None else shown.text,
        "deliveredSubject": None if delivered is None else delivered.subject,
        "deliveredText": None if delivered is None else delivered.text,
        "isOwn": own is not None,
        "version": 0 if newest is None else newest.number,
        "history": [
            {
                "version": each.number,
                "subject": None if each.written is None else each.written.subject,
                "text": None if each.written is None else each.written.text,
                "by": names.get(person_of(each.by) or "", each.by),
                "at": each.at.isoformat(),
                "reason": each.reason,
            }
            for each in versions
        ],
    }


def _names(run: Run, history: Iterable[OwnText]) -> dict[str, str]:
    people = {person for each in history if (person := person_of(each.by)) is not None}
    return dict(
        run.run("MATCH (p:Person) WHERE p.uuid IN $people RETURN p.uuid, p.name", people=sorted(people)).values()
    )


FIELD = ComputedField(
    "processTemplates",
    "The mails and letters that processes send: the delivered texts and the installation's own",
    (
        answer_type(
            "ProcessTemplate",
            "A text that a process sends, in each language",
            Plain("key", "ID!", "Process and template: hire/hire_declined"),
            Plain("process", "ID!", "Id of the process"),
            Plain("processName", "String!", "Name of the process"),
            Plain("template", "ID!", "Key of the template within its process"),
            Plain("kind", "TemplateKind!", "What becomes of it"),
            Plain("names", "[String!]", "The values it may use"),
            Part("texts", "TemplateText", "Danish and English", many=True),
        ),
        answer_type(
            "TemplateText",
            "A text in one language",
            Plain("language", "String!", "da or en"),
            Plain(
                "subject",
                "String",
                "The subject in force; null if this language has no text, so the Danish one is sent",
            ),
            Plain("text", "String", "The text that is sent"),
            Plain("deliveredSubject", "String", "The subject in the definition"),
            Plain("deliveredText", "String", "The text in the definition"),
            Plain("isOwn", "Boolean!", "Whether the installation's own text is in force"),
            Plain("version", "Int!", "Number of the installation's own version; 0 if it has none"),
            Part("history", "TemplateVersion", "The installation's own versions, the newest first", many=True),
        ),
        answer_type(
            "TemplateVersion",
            "A version of an installation's own text",
            Plain("version", "Int!", "Its number, counted from 1"),
            Plain("subject", "String", "The subject; null = back to the delivered one"),
            Plain("text", "String", "The text; null = back to the delivered one"),
            Plain("by", "String!", "Author: a person's name, or the user as in the change log"),
            Plain("at", "Moment!", "When"),
            Plain("reason", "String!", "Why"),
        ),
    ),
    frozenset({"organisation", "operations", "auditor"}),
    _answer,
    arguments={"process": Argument("ID", "Only of this process")},
    whole="reads what the whole organisation sends",
)
