"""The Jinja environments, one per format: what a template may reach, what it may call, and that it pays for it.

Allow-lists throughout: known filters, known attributes of known types, no globals, no methods of strings that could
build something huge. https://jinja.palletsprojects.com/en/stable/sandbox/
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from types import BuiltinMethodType, CodeType, MethodType
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import BaseLoader, StrictUndefined, Template, Undefined, meta, nodes, pass_context
from jinja2.environment import TemplateModule
from jinja2.exceptions import SecurityError
from jinja2.runtime import BlockReference, Context, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from bot.rendering.filters import filters_for
from bot.rendering.formats import Format
from bot.rendering.lead import Answer, Consent, Fact, TemplateLead
from bot.rendering.limits import TemplateLimit, bounded, spend, uncounted

_STRING_METHODS = frozenset({"upper", "lower", "title", "capitalize", "strip", "startswith", "endswith", "split"})
_DATE_PARTS = frozenset({"year", "month", "day", "hour", "minute", "second", "weekday", "isoweekday"})
_MAPPING_METHODS = frozenset({"get", "items", "keys", "values"})
_LOOP = frozenset(
    {"index", "index0", "revindex", "revindex0", "first", "last", "length", "previtem", "nextitem", "cycle", "depth"}
)
#: What may be read of each of our own types: its public fields, and `lead.field(…)`.
_OURS: dict[type, frozenset[str]] = {
    kind: frozenset(entry.name for entry in fields(kind) if not entry.name.startswith("_"))
    for kind in (TemplateLead, Fact, Answer, Consent)
}
_OURS[TemplateLead] |= {"field"}
_OURS[Fact] |= {"heading"}

_LARGEST_NUMBER = 10**9


#: Code of templates, and the files that they name. Other rules make other environments; compiling takes 10 ms.
_COMPILED: dict[tuple[Format, str, str, str | None, str | None], tuple[CodeType, frozenset[str]]] = {}
_MOST_COMPILED = 256


class TemplateEnvironment(ImmutableSandboxedEnvironment):
    """A sandbox for one format. `finalize` makes whatever is printed literal, so nothing can be printed unescaped."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})

    def __init__(self, *, form: Format, zone: ZoneInfo, loader: BaseLoader) -> None:
        super().__init__(
            loader=loader,
            autoescape=form.is_markup,
            undefined=StrictUndefined,
            finalize=_printer(form, zone),
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        #: the files that templates compiled here name in so many words, and not by a value
        self.named: set[str] = set()
        self._compiled_as = (form, str(zone))
        self.globals.clear()
        self.filters = filters_for(form, zone) | {_CHARGE: _charge, _UNFINISHED: _unfinished}

    def compile(
        self,
        source: str | nodes.Template,
        name: str | None = None,
        filename: str | None = None,
        raw: bool = False,
        defer_init: bool = False,
    ) -> Any:
        """The code of a template, made once for all environments of the process that print alike."""
        if raw or defer_init or not isinstance(source, str):
            return super().compile(source, name, filename, raw, defer_init)  # type: ignore[call-overload]
        key = (*self._compiled_as, source, name, filename)
        if key not in _COMPILED:
            before, self.named = self.named, set()
            code = super().compile(source, name, filename)
            while len(_COMPILED) >= _MOST_COMPILED:
                del _COMPILED[next(iter(_COMPILED))]
            _COMPILED[key] = code, frozenset(self.named)
            self.named |= before
        code, named = _COMPILED[key]
        self.named |= named
        return code

    def _generate(
        self, source: nodes.Template, name: str | None, filename: str | None, defer_init: bool = False
    ) -> str:
        # Jinja's documented hook between parsing and compiling
        self.named.update(filter(None, meta.find_referenced_templates(source)))
        return super()._generate(_Metered().visit(source), name, filename, defer_init)

    def get_template(self, *args: Any, **kwargs: Any) -> Template:
        """A compiled template; an include inside a template counts as a step."""
        spend(steps=1)
        with uncounted():
            return super().get_template(*args, **kwargs)

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        """Allow-list by type; nothing that begins with an underscore, of anything."""
        if attr.startswith("_"):
            return False
        if isinstance(obj, Markup):
            return False  # cutting or changing finished mark-up could open what was closed
        if type(obj) in _OURS:
            return attr in _OURS[type(obj)]
        if isinstance(obj, TemplateModule):
            return isinstance(value, Macro | str | int)
        return attr in _allowed_of(obj)

    def is_safe_callable(self, obj: object) -> bool:
        """Macros, blocks, `loop(…)`, and the methods of the allow-list; never a class or a plain function."""
        return isinstance(obj, Macro | BlockReference | LoopContext | MethodType | BuiltinMethodType)

    def wrap_str_format(self, value: object) -> None:  # noqa: ARG002 - Jinja's signature
        """No `format`: its width makes any size of text; is_safe_attribute then refuses it."""
        return

    def getitem(self, obj: Any, argument: Any) -> Any:
        """`obj[argument]`; finished mark-up is cut as raw text, so it is escaped again when printed."""
        return super().getitem(str(obj) if isinstance(obj, Markup) else obj, argument)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """`obj.attribute`; a name that our types do not have is told with the nearest one."""
        if type(obj) in _OURS and attribute not in _OURS[type(obj)]:
            return self._no_such_name(obj, attribute)
        return super().getattr(obj, attribute)

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805 - Jinja's way of leaving every keyword free
        """Call what the allow-list knows, for one step."""
        spend(steps=1)
        if isinstance(__obj, Undefined):
            return __obj()  # raises, with the name that is missing
        return super().call(__context, __obj, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Arithmetic with modest numbers; `+` also joins texts."""
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return self.filters["concat"](context.eval_ctx, [left, right])
        if operator == "**" or not _is_number(left) or not _is_number(right):
            raise SecurityError(f"{operator} works with numbers only, and ** not at all")
        return super().call_binop(context, operator, left, right)

    def _no_such_name(self, obj: object, attribute: str) -> Undefined:
        known = _OURS[type(obj)]
        near = difflib.get_close_matches(attribute, known, n=1)
        thing = {TemplateLead: "lead", Fact: "fact", Answer: "answer"}.get(type(obj), "it")
        advice = f" Did you mean {thing}.{near[0]}?" if near else f" There are: {', '.join(sorted(known))}."
        hint = f"There is no {thing}.{attribute}." + advice
        return self.undefined(hint=hint, obj=obj, name=attribute)


def _allowed_of(obj: object) -> frozenset[str]:
    if isinstance(obj, str):
        return _STRING_METHODS
    if isinstance(obj, datetime):
        return _DATE_PARTS
    if isinstance(obj, Mapping):
        return _MAPPING_METHODS
    if isinstance(obj, LoopContext):
        return _LOOP
    return frozenset()


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and abs(value) <= _LARGEST_NUMBER


def _printer(form: Format, zone: ZoneInfo) -> Callable[[Context, object], str]:
    # pass_context also keeps Jinja from printing constants while it compiles, in HTML's way instead of the format's
    @pass_context
    def printed(_context: Context, value: object) -> str:
        if isinstance(value, Undefined):
            return str(value)  # raises, with the name that is missing
        text = bounded(form.written(value, zone))
        spend(letters=len(text))
        return text

    return printed


_CHARGE = "charge a step"  # no template can write a filter name with spaces


@pass_context
def _charge(_context: Context, letters: int) -> str:
    """Inserted before each round of a loop and each run of a macro or block."""
    spend(steps=1, letters=letters)
    return ""


_UNFINISHED = "as raw text"


@pass_context
def _unfinished(_context: Context, value: object) -> object:
    """Inserted before a slice, which Jinja compiles past `getitem`."""
    return str(value) if isinstance(value, Markup) else value


class _Metered(NodeTransformer):
    """Makes a parsed template pay: loops, macros and blocks charge each run, `~` joins with a limit."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - Jinja's naming
        return self._charged(node)

    def visit_Macro(self, node: nodes.Macro) -> nodes.Node:  # noqa: N802
        return self._charged(node)

    def visit_CallBlock(self, node: nodes.CallBlock) -> nodes.Node:  # noqa: N802
        return self._charged(node)

    def visit_Block(self, node: nodes.Block) -> nodes.Node:  # noqa: N802
        return self._charged(node)

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _filtered(nodes.List(node.nodes, lineno=node.lineno), "concat")

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        if isinstance(node.arg, nodes.Slice):
            node.node = _filtered(node.node, _UNFINISHED)
        return node

    def visit_ScopedEvalContextModifier(self, node: nodes.ScopedEvalContextModifier) -> nodes.Node:  # noqa: N802
        raise TemplateLimit(f"line {node.lineno}: autoescape cannot be switched")

    def _charged(self, node: nodes.For | nodes.Macro | nodes.CallBlock | nodes.Block) -> nodes.Node:
        letters = sum(len(data.data) for child in node.body for data in _own_words(child))
        self.generic_visit(node)
        charge = _filtered(nodes.Const(letters, lineno=node.lineno), _CHARGE)
        node.body.insert(0, nodes.ExprStmt(charge, lineno=node.lineno))
        return node


def _filtered(node: nodes.Expr, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


def _own_words(node: nodes.Node) -> list[nodes.TemplateData]:
    own = [node] if isinstance(node, nodes.TemplateData) else []
    return own + list(node.find_all(nodes.TemplateData))
