"""``templatePreview``: a text as it would be sent in a case, or with examples, and what is wrong with it."""

import neo4j
from graphql import GraphQLError

from api.access.rights import Access
from api.access.tasks import names, seen_case
from api.computed.contract import Answer, Argument, ComputedField, Part, Plain, Request, answer_type
from api.json_argument import json_object
from api.named_arguments import extensions_of
from graph.errors import Unknown
from graph.time import copenhagen_now
from processes.cases import definitions, template_previews
from processes.cases.template_changes import language_named
from processes.errors import FormRejected
from processes.templates import TemplateFailed, Written
from rules.accounts.notices import address_of


def _answer(request: Request) -> list[Answer]:
    access = request.caller.access or Access(request.caller.name, request.caller.roles)
    process, template = request.arguments["process"], request.arguments["template"]
    language, now = language_named(request.arguments["language"]), copenhagen_now()
    written = _written(request)
    if request.get("case") and request.get("person"):
        told = "person: a case has its own people; ask for the text in the case, or for the person"
        raise GraphQLError(told, extensions={"code": "wrong_value", "field": "person"})
    given = json_object(request.get("values") or "{}", "values")
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        case = None
        version = definitions.current(session, process)
        if request.get("case"):
            case, _ = seen_case(session, access, request.arguments["case"], now)
            version = definitions.version(session, case.version, case.digest)
        find = names(request.driver, access)
        person = find(session, "Person", request.arguments["person"]) if request.get("person") else None
        try:
            values = template_previews.typed_values(session, version, given, find)
            found = template_previews.preview(
                session, version, template, language, now,
                written=written, case=case, person=person, values=values,
            )  # fmt: skip
        except FormRejected as wrong:
            raise GraphQLError(str(wrong), extensions=extensions_of(wrong) | {"field": wrong.field}) from wrong
        except TemplateFailed as failed:
            raise Unknown("unknown_template", str(failed), template, sorted(version.templates)) from failed
    return [
        {
            "language": found.language,
            "isFallback": found.language != language,
            "subject": found.written.subject,
            "text": found.written.text,
            "html": found.html or None,
            "reaches": None if person is None or found.html else bool(address_of(request.driver, [person])),
            "faults": [
                {"place": each.place, "rule": each.rule, "text": each.problem} for each in found.faults
            ],
        }
    ]  # fmt: skip


def _written(request: Request) -> Written | None:
    """A text that isn't saved yet. Raises GraphQLError where half of it is missing."""
    subject, text = request.get("subject"), request.get("text")
    if subject is None and text is None:
        return None
    if subject is None or text is None:
        field = "subject" if subject is None else "text"
        told = f"{field}: give both subject and text of what isn't saved yet, or neither"
        raise GraphQLError(told, extensions={"code": "wrong_value", "field": field})
    return Written(subject, text)


FIELD = ComputedField(
    "templatePreview",
    "Preview a text of a process as it would be sent: in a case, or with examples for missing values",
    (
        answer_type(
            "TemplatePreview",
            "A text as it would be sent",
            Plain("language", "String!", "Language of the text: da or en"),
            Plain("isFallback", "Boolean!", "Whether it is in Danish because the requested language has no text"),
            Plain("subject", "String!", "The subject; a tag without a value is shown as it is written"),
            Plain("text", "String!", "The text"),
            Plain("html", "String", "Of a letter, its page"),
            Plain(
                "reaches",
                "Boolean",
                "Whether a mail would reach the person (a work address is known); null for a letter",
            ),
            Part("faults", "TemplateFault", "Why it would not be sent", many=True),
        ),
        answer_type(
            "TemplateFault",
            "A fault in a text",
            Plain("place", "String!", "subject, or text with its line"),
            Plain("rule", "ID!", "The rule it breaks: no_value, expression, personal, cpr_in_text …"),
            Plain("text", "String!", "What is wrong"),
        ),
    ),
    frozenset({"organisation", "operations"}),
    _answer,
    many=False,
    arguments={
        "process": Argument("ID!", "Id of the process"),
        "template": Argument("ID!", "Key of the template"),
        "language": Argument("String!", "da or en"),
        "subject": Argument("String", "An unsaved subject to preview"),
        "text": Argument("String", "An unsaved text to preview"),
        "case": Argument("ID", "Use the values of this case"),
        "person": Argument(
            "ID", "Show it as if about this person, with their unit and position; one you may not see is refused"
        ),
        "values": Argument("String", "Values by variable, as JSON, in the form that the process's forms take"),
    },
    whole="reads what the whole organisation sends",
)
