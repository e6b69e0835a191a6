"""(a template's name, a lead) -> the words of a card or a mail. A template that fails costs looks, never a lead."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar
from zoneinfo import ZoneInfo

import css_inline
from jinja2 import Template, TemplateNotFound, TemplateSyntaxError
from jinja2.runtime import Context

from bot.core.delivery import Reminder
from bot.core.mrkdwn import clean, clean_lines, cut, cut_mrkdwn
from bot.core.people import People
from bot.core.story import LeadView
from bot.rendering.builtin import builtin_card, builtin_mail, removed_card, removed_mail
from bot.rendering.environment import TemplateEnvironment
from bot.rendering.formats import HTML, SLACK, TEXT
from bot.rendering.lead import CARD_ROOM, MAIL_ROOM, TemplateLead, template_lead
from bot.rendering.limits import TemplateLimit, bounded, limited
from bot.rendering.reminders import reminder_mail
from bot.rendering.samples import sample_views
from bot.rendering.sources import Folder, FolderLoader
from bot.rendering.texts import MAX_FACTS, MAX_LINE, MAX_SUBJECT, CardText, MailText

KINDS = ("slack", "email")

_Words = TypeVar("_Words", CardText, MailText)


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateProblem:
    """Something that stops a template from working, with the place to mend."""

    file: str
    line: int  #: 0 = the file as a whole
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}" if self.line else f"{self.file}: {self.message}"


class Templates:
    """The templates of one version of the rule file, each compiled once. Build a new one when a file has changed.

    `folders` are looked through in order; `names` is `templates:` of the file (our name -> file name without ending);
    `on_failure(name, detail)` is told once per template and kind, and the detail holds nothing of a lead.
    """

    def __init__(
        self,
        *,
        folders: Sequence[Folder],
        names: Mapping[str, str],
        people: People,
        on_failure: Callable[[str, str], None],
        timezone: str = "UTC",
    ) -> None:
        self._names = dict(names)
        self._people = people
        self._on_failure = on_failure
        self._zone = ZoneInfo(timezone)
        self._told: set[tuple[str, str]] = set()
        self._card_loader = FolderLoader(folders, "slack")
        self._mail_loader = FolderLoader(folders, "email")
        self._card_words = TemplateEnvironment(form=SLACK, zone=self._zone, loader=self._card_loader)
        self._mail_words = TemplateEnvironment(form=TEXT, zone=self._zone, loader=self._mail_loader)
        self._mail_pages = TemplateEnvironment(form=HTML, zone=self._zone, loader=self._mail_loader)

    def slack(self, template: str, view: LeadView) -> CardText:
        """The words of a card. Never raises; falls back to the built-in alert."""
        if view.lead is None:
            return removed_card()
        lead = template_lead(view, view.lead, self._people, CARD_ROOM)
        return self._safely("slack", template, lambda: self._card(template, lead)) or builtin_card(lead, self._zone)

    def email(self, template: str, view: LeadView) -> MailText:
        """The words of a mail. Never raises; falls back to the built-in alert."""
        if view.lead is None:
            return removed_mail()
        lead = template_lead(view, view.lead, self._people, MAIL_ROOM)
        return self._safely("email", template, lambda: self._mail(template, lead)) or builtin_mail(lead, self._zone)

    def reminder(self, reminder: Reminder, view: LeadView, recipient: str) -> MailText:
        """The words of a mail that reminds `recipient` (a name under `people:`) of a lead. No template is asked."""
        return (
            removed_mail() if view.lead is None else reminder_mail(reminder, view, recipient, self._people, self._zone)
        )

    def problems(self, kinds: Collection[str] = KINDS) -> list[TemplateProblem]:
        """Compile every template of `templates:` and render samples with it; [] when all is well."""
        found = [self._problem(kind, name) for kind in KINDS if kind in kinds for name in self._names]
        return list(dict.fromkeys(problem for problem in found if problem))

    def _problem(self, kind: str, name: str) -> TemplateProblem | None:
        room = CARD_ROOM if kind == "slack" else MAIL_ROOM
        try:
            for view, lead in sample_views():
                values = template_lead(view, lead, self._people, room)
                self._card(name, values) if kind == "slack" else self._mail(name, values)
        except Exception as error:  # whatever a template does wrong is its author's to read
            return self._as_problem(kind, name, error)
        return None

    def _safely(self, kind: str, name: str, render: Callable[[], _Words]) -> _Words | None:
        try:
            return render()
        except Exception as error:  # whatever went wrong, an alert in plain words is better than none
            if (kind, name) not in self._told:
                self._told.add((kind, name))
                problem = self._as_problem(kind, name, error)
                # samples show the author the full message; here the error's own words might quote the lead
                is_impersonal = self._is_impersonal(kind, name, error)
                self._on_failure(name, str(problem) if is_impersonal else _without_words(problem, error))
            return None

    def _is_impersonal(self, kind: str, name: str, error: Exception) -> bool:
        """True when the error's words come from the files alone. `include` and the like may be given a lead's text."""
        if isinstance(error, TemplateNotFound):
            known = {name, self._path(kind, name)}.union(*(each.named for each in self._environments(kind)))
            return all(isinstance(each, str) and each in known for each in error.templates)
        return isinstance(error, TemplateSyntaxError | TemplateLimit)

    def _environments(self, kind: str) -> tuple[TemplateEnvironment, ...]:
        return (self._card_words,) if kind == "slack" else (self._mail_words, self._mail_pages)

    def _path(self, kind: str, name: str) -> str:
        return f"{kind}/{self._names.get(name, name)}.j2"

    def _card(self, name: str, lead: TemplateLead) -> CardText:
        with limited():
            template = self._template(self._card_words, "slack", name)
            title, facts, context = _blocks(template, ("title", "facts", "context"), lead)
        lines = [line for text in facts.splitlines() if (line := _one_line(text))]
        return CardText(
            title=cut_mrkdwn(_one_line(title), MAX_LINE),
            facts=tuple(cut_mrkdwn(line, MAX_LINE) for line in lines[:MAX_FACTS]),
            context=cut_mrkdwn(_one_line(context), MAX_LINE),
        )

    def _mail(self, name: str, lead: TemplateLead) -> MailText:
        with limited():
            words = self._template(self._mail_words, "email", name)
            subject, text = _blocks(words, ("subject", "text"), lead, others=("html",))
            pages = self._template(self._mail_pages, "email", name)
            (page,) = _blocks(pages, ("html",), lead, others=("subject", "text"))
        return MailText(
            subject=cut(clean(subject), MAX_SUBJECT),
            text=clean_lines(text) + "\n",
            html=self._inliner.inline(page),
        )

    @cached_property
    def _inliner(self) -> css_inline.CSSInliner:
        # without keep_at_rules the dark mode's @media block would be dropped
        return css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)

    def _template(self, environment: TemplateEnvironment, kind: str, name: str) -> Template:
        if name not in self._names:
            raise TemplateNotFound(name, f"there is no template {name!r} under templates:")
        return environment.get_template(self._path(kind, name))

    def _as_problem(self, kind: str, name: str, error: Exception) -> TemplateProblem:
        wanted = self._path(kind, name)
        loader = self._card_loader if kind == "slack" else self._mail_loader
        path = loader.find(wanted)
        file = str(path) if path else f"templates/{wanted}"
        if isinstance(error, TemplateSyntaxError):
            words = _sentence(str(error.message))
            return TemplateProblem(file=error.filename or file, line=error.lineno, message=words)
        if isinstance(error, TemplateNotFound):
            return TemplateProblem(file=file, line=0, message=_missing(error, wanted))
        place, line = _last_place(error)
        return TemplateProblem(file=place or file, line=line, message=_sentence(str(error) or type(error).__name__))


def _blocks(template: Template, wanted: Sequence[str], lead: TemplateLead, *, others: Sequence[str] = ()) -> list[str]:
    """What each wanted block says. Jinja runs the whole template once (imports and inheritance work as ever), but the
    wanted blocks are caught on the way, `others` are passed over, and what stands between them is dropped."""
    caught: dict[str, str] = {}
    context = template.new_context({"lead": lead})
    for name in wanted:
        context.blocks.setdefault(name, []).insert(0, _catching(name, caught))
    for name in others:
        context.blocks.setdefault(name, []).insert(0, lambda _context: iter(()))
    for _ in template.root_render_func(context):
        pass
    missing = [name for name in wanted if name not in caught]
    if missing:
        raise TemplateLimit(f"it has no block {missing[0]!r}; it needs the blocks {_listed(wanted)}")
    return [caught[name] for name in wanted]


def _catching(name: str, caught: dict[str, str]) -> Callable[[Context], Iterator[str]]:
    def catch(context: Context) -> Iterator[str]:
        stack = context.blocks[name]
        if len(stack) > 1:
            caught[name] = bounded("".join(stack[1](context)))
        return iter(())

    return catch


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + f" and {names[-1]}"


def _missing(error: TemplateNotFound, wanted: str) -> str:
    if error.name != wanted:
        return _sentence(str(error.message or error.name))
    kind = wanted.partition("/")[0]
    return f"There is no such file. Copy templates/{kind}/lead.j2 to that name and change its words."


def _without_words(problem: TemplateProblem, error: Exception) -> str:
    told = TemplateProblem(file=problem.file, line=problem.line, message=f"It failed with {type(error).__name__}.")
    return str(told)


def _last_place(error: Exception) -> tuple[str, int]:
    """File and line of the template code that was running, deepest first."""
    place, line = "", 0
    traceback = error.__traceback__
    while traceback is not None:
        template = traceback.tb_frame.f_globals.get("__jinja_template__")
        if isinstance(template, Template):
            place, line = template.filename or "", template.get_corresponding_lineno(traceback.tb_lineno)
        traceback = traceback.tb_next
    return place, line


def _sentence(text: str) -> str:
    line = _one_line(text)
    return line[:1].upper() + line[1:] + ("" if line.endswith((".", "?", "!")) else ".")
