"""A small validator for the part of JSON Schema that ours uses, and YAML read as editors read it (version 1.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import yaml

_NUMBER = re.compile(
    r"[-+]?(?:[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
)
_WORDS: Mapping[str, object] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_KINDS = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
#: Keywords that say nothing of what is valid.
_SAYINGS = {"$schema", "title", "description", "examples", "definitions"}


def yaml_value(text: str) -> object:
    """The document with the core schema of YAML 1.2: `NO` and `09:00` are texts, `true` and `8` are not."""
    return _value(yaml.compose(text, Loader=yaml.SafeLoader))


def _value(node: yaml.Node | None) -> object:
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): _value(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_value(item) for item in node.value]
    if not isinstance(node, yaml.ScalarNode):
        return None
    text = str(node.value)
    if node.style is not None:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if not _NUMBER.fullmatch(text):
        return text
    return float(text) if re.search("[.eE]", text) else int(text, 0 if text[:2] in {"0o", "0x"} else 10)


def faults(value: object, schema: object, root: Mapping[str, object], at: str = "") -> list[str]:
    """Where the value does not keep to the schema; a keyword that is not known here raises KeyError."""
    assert isinstance(schema, dict)
    return [
        fault
        for keyword, wanted in schema.items()
        if keyword not in _SAYINGS
        for fault in _KEYWORDS[keyword](value, wanted, schema, root, at)
    ]


def _type(value: object, wanted: object, _schema: object, _root: object, at: str) -> Iterator[str]:
    kinds = list(map(str, wanted)) if isinstance(wanted, list) else [str(wanted)]
    if not any(_is(value, kind) for kind in kinds):
        yield f"{at}: {value!r} is not {' or '.join(kinds)}"


def _is(value: object, kind: str) -> bool:
    if kind in {"number", "integer"}:
        return isinstance(value, int if kind == "integer" else int | float) and not isinstance(value, bool)
    return isinstance(value, _KINDS[kind])


def _enum(value: object, wanted: object, _schema: object, _root: object, at: str) -> Iterator[str]:
    assert isinstance(wanted, list)
    if not any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in wanted):
        yield f"{at}: {value!r} is none of {wanted}"


def _pattern(value: object, wanted: object, _schema: object, _root: object, at: str) -> Iterator[str]:
    if isinstance(value, str) and not re.search(str(wanted), value):
        yield f"{at}: {value!r} does not look like {wanted}"


def _minimum(value: object, wanted: object, _schema: object, _root: object, at: str) -> Iterator[str]:
    assert isinstance(wanted, int)
    if _is(value, "number") and value < wanted:  # type: ignore[operator]  # a number, as was asked
        yield f"{at}: {value!r} is less than {wanted}"


def _properties(value: object, wanted: object, schema: object, root: Mapping[str, object], at: str) -> Iterator[str]:
    assert isinstance(wanted, dict)
    if isinstance(value, dict):
        for key in value.keys() & wanted.keys():
            yield from faults(value[key], wanted[key], root, f"{at}.{key}")


def _patterned(value: object, wanted: object, schema: object, root: Mapping[str, object], at: str) -> Iterator[str]:
    assert isinstance(wanted, dict)
    if isinstance(value, dict):
        for pattern, below in wanted.items():
            for key in value:
                yield from faults(value[key], below, root, f"{at}.{key}") if re.search(pattern, key) else ()


def _additional(value: object, wanted: object, schema: object, root: Mapping[str, object], at: str) -> Iterator[str]:
    assert isinstance(schema, dict)
    if not isinstance(value, dict):
        return
    patterns = schema.get("patternProperties", {})
    for key in value.keys() - schema.get("properties", {}).keys():
        if any(re.search(pattern, key) for pattern in patterns):
            continue
        if wanted is False:
            yield f"{at}: {key} is not a key"
        else:
            yield from faults(value[key], wanted, root, f"{at}.{key}")


def _required(value: object, wanted: object, _schema: object, _root: object, at: str) -> Iterator[str]:
    assert isinstance(wanted, list)
    if isinstance(value, dict):
        yield from (f"{at}: {key} is missing" for key in wanted if key not in value)


def _items(value: object, wanted: object, _schema: object, root: Mapping[str, object], at: str) -> Iterator[str]:
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from faults(item, wanted, root, f"{at}.{number}")


def _min_items(value: object, wanted: object, _schema: object, _root: object, at: str) -> Iterator[str]:
    assert isinstance(wanted, int)
    if isinstance(value, list) and len(value) < wanted:
        yield f"{at}: fewer than {wanted}"


def _any_of(value: object, wanted: object, _schema: object, root: Mapping[str, object], at: str) -> Iterator[str]:
    assert isinstance(wanted, list)
    found = [faults(value, one, root, at) for one in wanted]
    if all(found):
        yield f"{at}: {'; or '.join(each[0] for each in found)}"


def _all_of(value: object, wanted: object, _schema: object, root: Mapping[str, object], at: str) -> Iterator[str]:
    assert isinstance(wanted, list)
    for one in wanted:
        yield from faults(value, one, root, at)


def _reference(value: object, wanted: object, _schema: object, root: Mapping[str, object], at: str) -> Iterator[str]:
    definitions = root["definitions"]
    assert isinstance(definitions, dict)
    yield from faults(value, definitions[str(wanted).removeprefix("#/definitions/")], root, at)


_KEYWORDS = {
    "type": _type,
    "enum": _enum,
    "pattern": _pattern,
    "minimum": _minimum,
    "properties": _properties,
    "patternProperties": _patterned,
    "additionalProperties": _additional,
    "required": _required,
    "items": _items,
    "minItems": _min_items,
    "anyOf": _any_of,
    "allOf": _all_of,
    "$ref": _reference,
}
