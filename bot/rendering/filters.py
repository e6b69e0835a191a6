"""The filters a template may use, for one format. docs/templates.md lists them; a test compares the two."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Undefined, pass_eval_context
from jinja2.filters import FILTERS
from jinja2.nodes import EvalContext
from markupsafe import Markup

from bot.core.mrkdwn import cut
from bot.rendering.formats import Format, raw_text
from bot.rendering.lead import Fact
from bot.rendering.limits import MAX_OUTPUT, TemplateLimit, bounded

#: Jinja's own, harmless in access and cost.
_JINJAS = ("default", "d", "first", "last", "length", "count")


def filters_for(form: Format, zone: ZoneInfo) -> dict[str, Callable[..., Any]]:
    """Every filter of one format. Each takes raw values and returns raw text, or finished mark-up printed as it is."""
    jinjas = {name: FILTERS[name] for name in _JINJAS}
    return jinjas | _text_filters() | _link_filters(form, zone) | _joining(form, zone)


def _text_filters() -> dict[str, Callable[..., Any]]:
    def on_text(change: Callable[[str], str]) -> Callable[[object], str]:
        return lambda value: change(_raw(value))

    return {
        "upper": on_text(str.upper),
        "lower": on_text(str.lower),
        "title": on_text(str.title),
        "capitalize": on_text(str.capitalize),
        "trim": on_text(str.strip),
        "truncate": lambda value, length=80: cut(_raw(value), int(length)),
        "replace": _replaced,
    }


def _link_filters(form: Format, zone: ZoneInfo) -> dict[str, Callable[..., Any]]:
    return {
        "show": lambda value: form.show(value) if isinstance(value, Fact) else form.written(value, zone),
        "link": lambda address, label="": form.link(_raw(address), _raw(label)),
        "mailto": lambda address, label="": form.mailto(_raw(address), _raw(label)),
        "tel": lambda number, label="": form.tel(_raw(number), _raw(label)),
        "moment": lambda instant: form.moment(_instant(instant), zone),
    }


def _joining(form: Format, zone: ZoneInfo) -> dict[str, Callable[..., Any]]:
    @pass_eval_context
    def concat(_context: EvalContext, parts: Iterable[object]) -> str:
        return _joined(list(parts), "", form, zone)

    @pass_eval_context
    def join(_context: EvalContext, parts: Iterable[object], separator: object = "") -> str:
        return _joined([part for part in _items(parts) if _is_something(part)], _raw(separator), form, zone)

    return {"concat": concat, "join": join}


def _joined(parts: list[object], separator: str, form: Format, zone: ZoneInfo) -> str:
    """Raw text as long as every part is raw; once a part is finished mark-up, the raw ones are escaped beside it."""
    for part in parts:
        if isinstance(part, Undefined):
            str(part)  # raises, with the name that is missing
    if not form.is_markup or not any(_is_finished(part) for part in parts):
        texts = [form.written(part, zone) if isinstance(part, datetime) else raw_text(part) for part in parts]
        return _bounded_join(texts, separator)
    finished = _bounded_join([form.written(part, zone) for part in parts], form.escape(separator))
    return Markup(finished)  # noqa: S704 - each part was escaped just above


def _bounded_join(texts: list[str], separator: str) -> str:
    if sum(len(text) for text in texts) + len(separator) * len(texts) > MAX_OUTPUT:
        raise TemplateLimit(f"it made a text of more than {MAX_OUTPUT:,} characters")
    return separator.join(texts)


def _is_finished(part: object) -> bool:
    return isinstance(part, Markup | datetime)


def _is_something(part: object) -> bool:
    return isinstance(part, Undefined) or part not in ("", None)


def _items(parts: Iterable[object]) -> list[object]:
    if isinstance(parts, str | Mapping):
        raise TypeError("join takes a list")
    return list(parts)


def _replaced(value: object, old: object, new: object) -> str:
    text, before, after = _raw(value), _raw(old), _raw(new)
    if before and len(text) + text.count(before) * len(after) > MAX_OUTPUT:
        raise TemplateLimit(f"it made a text of more than {MAX_OUTPUT:,} characters")
    return bounded(text.replace(before, after)) if before else text


def _raw(value: object) -> str:
    if isinstance(value, Undefined):
        return str(value)  # raises, with the name that is missing
    return raw_text(value)


def _instant(value: object) -> datetime:
    if not isinstance(value, datetime):
        raise TypeError("moment takes a time, such as lead.submitted")
    return value
