"""Mutations of the texts that processes send: an installation's own over the delivered one, and back to it."""

from typing import Annotated

import strawberry
from strawberry import ID
from strawberry.types import Info

from api.context import Context
from api.mutations.editing import Editing
from api.mutations.tasks import refusing
from graph.time import copenhagen_now
from processes.cases import template_changes
from processes.templates import Written

CONTEXT = Info[Context, None]
Language = Annotated[str, strawberry.argument(description="da or en")]
Number = Annotated[
    int | None,
    strawberry.argument(
        description="The version of one's own that was changed, 0 for none; refused (conflict) if there is another"
    ),
]


@strawberry.type(description="A text of a process, after it was changed")
class TemplateChanged:
    process: ID = strawberry.field(description="Id of the process")
    template: ID = strawberry.field(description="Key of the template")
    language: str = strawberry.field(description="da or en")
    version: int = strawberry.field(description="Number of the installation's own version; 0 = it has none")
    is_own: bool = strawberry.field(description="Whether the installation's own text is sent, not the delivered one")


@strawberry.type
class Templating:
    """The part of ``Mutation`` for the texts that processes send."""

    @strawberry.mutation(
        description=(
            "Write a text of a process in place of the delivered one; all its cases send it from now on. A preview "
            "checks only"
        )
    )
    async def save_template(
        self, info: CONTEXT, process: ID, template: ID, language: Language, reason: str,
        subject: Annotated[str, strawberry.argument(description="The subject, with values such as {{ unit.name }}")],
        text: Annotated[str, strawberry.argument(description="The text, with values such as {{ first_day }}")],
        expected_version: Number = None,
    ) -> TemplateChanged:  # fmt: skip
        return await _changed(
            info, "saveTemplate", process, template, language, Written(subject, text), reason, expected_version
        )

    @strawberry.mutation(description="Send the delivered text of a process again, not the installation's own")
    async def restore_template(
        self, info: CONTEXT, process: ID, template: ID, language: Language, reason: str,
        expected_version: Number = None,
    ) -> TemplateChanged:  # fmt: skip
        return await _changed(
            info, "restoreTemplate", process, template, language, None, reason, expected_version
        )  # fmt: skip


async def _changed(
    info: CONTEXT,
    mutation: str,
    process: ID,
    template: ID,
    language: str,
    written: Written | None,
    reason: str,
    expected: int | None,
) -> TemplateChanged:
    def work(editing: Editing) -> TemplateChanged:
        done = template_changes.save(
            editing.driver, process, template, language, written, info.context.access.name, copenhagen_now(),
            editing.reason, expected,
        )  # fmt: skip
        return TemplateChanged(
            process=process, template=template, language=language, version=done.number,
            is_own=done.written is not None,
        )  # fmt: skip

    return await Editing(info.context, mutation, reason).do(refusing(work))
