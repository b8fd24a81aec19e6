"""``processes templates`` and ``processes preview``: the texts that processes send, and one as it would be sent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reconnect.exits import CommandFailed, Exit
from reconnect.terminal import print_json, terminal

if TYPE_CHECKING:
    from graph.connection import Run
    from processes.cases.definitions import Version
    from processes.cases.template_previews import Preview

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_LINK = "https://…"
"""What stands for the address of the pages, where the settings have none."""


def templates(
    context: typer.Context,
    process: Annotated[str | None, typer.Argument(metavar="PROCESS", help="Id of a process; by default all.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the texts that processes send, and which of them are your own."""
    from functools import partial

    from rich.table import Table

    from processes.cases import definitions, own_texts
    from reconnect.context import of

    found: list[dict[str, Any]] = []
    with of(context).driver().session(default_access_mode="READ") as session:
        for each in definitions.versions(session, process):
            version = definitions.readable(partial(definitions.current, session, each.process))
            if not each.is_current or version is None:
                continue
            own = own_texts.own_texts(session, each.process)
            found += [
                {
                    "process": each.process, "template": key, "kind": template.kind,
                    "languages": sorted({*template.texts, *(lang for name, lang in own if name == key)}),
                    "own": sorted(lang for name, lang in own if name == key),
                }
                for key, template in sorted(version.templates.items())
            ]  # fmt: skip
    if as_json:
        print_json(found)
        return
    if not found:
        terminal().print("No process that is deployed has a template.")
        return
    table = Table("Process", "Template", "Kind", "Languages", "Own", box=None)
    for row in found:
        table.add_row(
            row["process"], row["template"], row["kind"], ", ".join(row["languages"]), ", ".join(row["own"])
        )  # fmt: skip
    terminal().print(table)


def preview(
    context: typer.Context,
    process: Annotated[str, typer.Argument(metavar="PROCESS", help="Id of the process.")],
    template: Annotated[str, typer.Argument(metavar="TEMPLATE", help="Key of the template, as `templates` shows it.")],
    language: Annotated[str, typer.Option("--language", help="da or en.")] = "da",
    case: Annotated[str | None, typer.Option("--case", help="With the values of this case.")] = None,
    values: Annotated[
        str, typer.Option("--values", help='Values by variable, as JSON: {"unit": …}; examples stand for the rest.')
    ] = "{}",
    files: Annotated[
        list[Path] | None,
        typer.Option("--from", help="A folder or file of a definition that isn't deployed; may be given again."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show a text as it would be sent; nothing is. Exit code 0: it can be sent; 1: it can't, and why."""

    from graph.errors import GraphError
    from graph.time import copenhagen_now
    from processes.cases import kept, template_previews
    from processes.cases.tasks import by_name
    from processes.cases.template_changes import language_named
    from processes.engine.errors import ProcessError
    from processes.templates import TemplateFailed
    from reconnect.context import of
    from reconnect.process_files import values_given

    run = of(context)
    pages = run.settings.task_mails.pages or _LINK
    with run.driver().session(default_access_mode="READ") as session:
        try:
            of_case = None if case is None else kept.case(session, case)
            version = _version(session, process, files or [], of_case)
            found = template_previews.preview(
                session, version, template, language_named(language), copenhagen_now(), case=of_case,
                values=template_previews.typed_values(session, version, values_given(values), by_name), pages=pages,
            )  # fmt: skip
        except (GraphError, ProcessError, TemplateFailed) as refused:
            raise CommandFailed(str(refused)) from refused
    if as_json:
        print_json(_form(found, language))
    else:
        _show(found, language)
    if found.faults:
        raise typer.Exit(1)


def _version(run: Run, process: str, files: list[Path], case: Any) -> Version:
    """The version of a case, the deployed one, or one that isn't deployed. Raises GraphError, ProcessError."""
    from processes.cases import definitions
    from reconnect.process_files import package, wanted

    if case is not None:
        if files:
            raise CommandFailed("--case has the definition on which it runs; leave --from out.", Exit.USAGE)
        return definitions.version(run, case.version, case.digest)
    if not files:
        return definitions.current(run, process)
    read = package(files, process)
    found = definitions.check(run, read.process, read.documents, read.schemas, wanted(), read.texts)
    return definitions.Version(
        f"{process}:0", process, 0, "", found.definition, found.forms, "", None, found.templates
    )  # fmt: skip


def _form(found: Preview, asked: str) -> dict[str, Any]:
    return {
        "language": found.language,
        "fallback": found.language != asked,
        "subject": found.written.subject,
        "text": found.written.text,
        "faults": [{"place": each.place, "rule": each.rule, "text": each.problem} for each in found.faults],
    }


def _show(found: Preview, asked: str) -> None:
    console = terminal()
    if found.language != asked:
        console.print(f"There is no text in the language {asked!r}; this is the Danish one.\n", markup=False)
    console.print(f"{found.written.subject}\n\n{found.written.text}", markup=False, highlight=False)
    for each in found.faults:
        console.print(f"\n{each.place}: {each.problem} ({each.rule})", markup=False, highlight=False)
