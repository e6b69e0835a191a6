"""`linkedin forms`, `form`, `create-form`, `update-form`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from bot.cli.linkedin.meaning import form_id, owners_of, short
from bot.cli.linkedin.opened import WrongUse, counting, each, run_with_client
from bot.cli.loading import load
from bot.cli.printing import complain, print_json, print_table, say
from bot.config.model import Config
from bot.config.nodes import MOST_BYTES
from bot.core.errors import ConfigError
from bot.sources.linkedin.client import Client
from bot.sources.linkedin.form import Form, read_form
from bot.sources.linkedin.form_changes import changes
from bot.sources.linkedin.form_file import FormFile, read_form_part, read_new_form
from bot.sources.linkedin.records import FormRecord

Json = dict[str, object]


def run_forms(config: Path | None, as_json: bool, *, owner: str) -> int:
    """The forms of every owner of the rule file, or of one."""

    async def work(loaded: Config, client: Client) -> int:
        rows: list[Json] = []
        with counting("forms") as count:

            async def ask(urn: str) -> None:
                async for form in client.forms(urn):
                    rows.append(_row(form))
                    count()

            code = await each(owners_of(loaded, owner), ask, named=short)
        if as_json:
            print_json(rows)
        else:
            columns = ("form", "version", "name", "state", "locale", "questions", "owner")
            shown = [{**row, "owner": short(str(row["owner"]))} for row in rows]
            print_table(shown, columns, empty="" if code else "No forms.")
        return code

    return run_with_client(config, work)


def run_form(wanted: str, config: Path | None, as_json: bool) -> int:
    """One form; with `as_json` all that LinkedIn tells of it."""

    async def work(loaded: Config, client: Client) -> int:
        form = await client.form(form_id(loaded, wanted))
        if as_json:
            print_json(dict(form.raw))
        else:
            _print_form(form, read_form(form.raw))
        return 0

    return run_with_client(config, work)


def run_create_form(file: Path, config: Path | None, as_json: bool, *, dry_run: bool) -> int:
    """Check the file and make the form; with `dry_run` only print what would be sent."""
    loaded = load(config, need_secrets=False)
    if loaded is None:
        return 2
    owners = {entry.name: entry.owner for entry in loaded.sources}
    form = _read(file, lambda text: read_new_form(text, str(file), owners=owners))
    if form is None:
        return 2
    if dry_run:
        print_json(form.body)
        return 0

    async def work(_config: Config, client: Client) -> int:
        new_id = await client.create_form(form.body)
        state = str(form.body.get("state", ""))
        if as_json:
            print_json({"form": new_id, "name": form.body.get("name"), "state": state})
        else:
            say(f"Form {new_id} is made ({state.lower()}). `leadbell linkedin form {new_id}` shows it.")
        return 0

    return run_with_client(config, work)


def run_update_form(
    wanted: str, file: Path | None, config: Path | None, as_json: bool, *, archive: bool, dry_run: bool
) -> int:
    """Change what the file gives and differs, and no more; `archive` takes the form out of use."""
    if (file is None) and not archive:
        raise WrongUse("Name a FILE with what to change, or --archive.")

    async def work(loaded: Config, client: Client) -> int:
        number = form_id(loaded, wanted)
        form = await client.form(number)
        given: Json = {}
        if file is not None:
            owners = {entry.name: entry.owner for entry in loaded.sources}
            locale = form.locale or "en_US"
            part = _read(file, lambda text: read_form_part(text, str(file), owners=owners, locale=locale))
            if part is None:
                return 2
            given = part.body
        wanted_form = {**given, "state": "ARCHIVED"} if archive else given
        return await _update(client, form, changes(form.raw, wanted_form), as_json, dry_run=dry_run)

    return run_with_client(config, work)


async def _update(client: Client, form: FormRecord, found: Json, as_json: bool, *, dry_run: bool) -> int:
    if dry_run:
        print_json(found)
        return 0
    if found:
        await client.update_form(form.id, found)
    if as_json:
        print_json({"form": form.id, "changed": list(found)})
    elif found:
        say(f"Form {form.id} is changed: {', '.join(found)}.")
    else:
        say(f"Form {form.id} is so already; nothing was sent.")
    return 0


def _read(file: Path, read: Callable[[str], FormFile]) -> FormFile | None:
    """The form in the file, or None after every problem has been printed."""
    try:
        form = read(_text_of(file))
    except ConfigError as error:
        complain(*map(str, error.problems))
        return None
    complain(*form.notes)
    return form


def _text_of(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return opened.read(MOST_BYTES + 4).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WrongUse(f"{file}: this is not UTF-8 text. Save the file as UTF-8.") from error
    except OSError as error:
        raise WrongUse(f"{file}: the file cannot be opened ({error.strerror}).") from error


def _row(form: FormRecord) -> Json:
    return {
        "form": form.id,
        "version": form.version,
        "name": form.name,
        "state": form.state,
        "locale": form.locale,
        "questions": form.questions,
        "owner": form.owner,
        "hidden": dict(form.hidden),
    }


def _print_form(form: FormRecord, content: Form) -> None:
    say(f"{form.name} ({form.id}, version {form.version or '?'}, {form.state.lower()}, {form.locale})")
    say(f"owner: {short(form.owner)}")
    rows = [
        {
            "question": question.text,
            "field": question.field or "(own)",
            "choices": ", ".join(question.options.values()),
        }
        for question in content.questions.values()
    ]
    print_table(rows, ("question", "field", "choices"), empty="It has no questions.")
    _print_pairs("consent", content.consents)
    _print_pairs("hidden", content.hidden)


def _print_pairs(kind: str, pairs: Mapping[str, str]) -> None:
    say(*(f"{kind} {name}: {text}" for name, text in pairs.items()))
