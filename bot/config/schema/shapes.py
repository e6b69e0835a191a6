"""What may stand behind a key of the rule file, as pieces that know their JSON Schema (draft 7, a small part of it).

The schema helps whoever types: what it cannot know, such as whether a name exists, the reader of the file says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

Schema = dict[str, object]

#: A value that is filled in from the environment or from a file fits wherever one value stands.
REFERENCE = r"\$\{"


class Shape(Protocol):
    """What may stand behind a key."""

    def schema(self) -> Schema:
        """The JSON Schema of it."""
        ...

    def below(self) -> Iterator[tuple[str, Key]]:
        """The keys below, each with its path from here: `owner`, `*.owner`; `*` is any name or list item."""
        ...


@dataclass(frozen=True, slots=True)
class Key:
    """One key: the sentences that an editor shows on hover, and what may stand behind it."""

    says: str
    shape: Shape
    examples: tuple[object, ...] = ()
    is_required: bool = False

    def schema(self) -> Schema:
        """The shape's schema with the sentences and examples."""
        examples: Schema = {"examples": list(self.examples)} if self.examples else {}
        shape = self.shape.schema()
        if "$ref" in shape:  # in draft 7 nothing counts beside a reference
            shape = {"allOf": [shape]}
        return {"description": self.says, **shape, **examples}


@dataclass(frozen=True, slots=True)
class Text:
    """One value. `pattern` is a regular expression for the whole of it; numbers fit where `takes_numbers`."""

    pattern: str = ""
    takes_numbers: bool = False

    def schema(self) -> Schema:
        """Text, with numbers as YAML's own types where an id or an answer may look like one."""
        kinds: Schema = {"type": ["string", "number", "boolean"] if self.takes_numbers else "string"}
        return kinds | ({"pattern": f"^(?:{self.pattern})$|{REFERENCE}"} if self.pattern else {})

    def below(self) -> Iterator[tuple[str, Key]]:
        """None."""
        return iter(())


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number, `lowest` or more."""

    lowest: int = 1

    def schema(self) -> Schema:
        """Also as text: quotes around a number are no mistake."""
        return {"type": ["integer", "string"], "minimum": self.lowest, "pattern": f"^[0-9]+$|{REFERENCE}"}

    def below(self) -> Iterator[tuple[str, Key]]:
        """None."""
        return iter(())


@dataclass(frozen=True, slots=True)
class Secret:
    """Exactly one reference to the environment or to a file, or nothing."""

    def schema(self) -> Schema:
        """A secret itself is refused, as the reader does."""
        return {"type": "string", "pattern": r"^(?:\$\{[^}]*\})?$"}

    def below(self) -> Iterator[tuple[str, Key]]:
        """None."""
        return iter(())


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few values, which an editor offers."""

    values: tuple[object, ...]

    def schema(self) -> Schema:
        """The values themselves."""
        return {"enum": list(self.values)}

    def below(self) -> Iterator[tuple[str, Key]]:
        """None."""
        return iter(())


@dataclass(frozen=True, slots=True)
class Group:
    """Fixed keys. Whatever else stands there is a mistake, unless `others` says what it is.

    `patterned` are keys of a form instead of a name: an example of one, its regular expression, and the key.
    """

    fixed: Mapping[str, Key]
    others: Shape | None = None
    patterned: Mapping[str, tuple[str, Key]] = field(default_factory=dict)

    def schema(self) -> Schema:
        """An object; a group without content is nothing."""
        required = [name for name, key in self.fixed.items() if key.is_required]
        made: Schema = {
            "type": "object" if required else ["object", "null"],
            "properties": {name: key.schema() for name, key in self.fixed.items()},
            "additionalProperties": self.others.schema() if self.others is not None else False,
        }
        if self.patterned:
            made["patternProperties"] = {f"^(?:{form})$": key.schema() for form, key in self.patterned.values()}
        return made | ({"required": required} if required else {})

    def below(self) -> Iterator[tuple[str, Key]]:
        """Those of the group, each followed by what is below it; those of an open group are only proposals."""
        if self.others is not None:
            return
        formed = {example: key for example, (_, key) in self.patterned.items()}
        for name, key in {**self.fixed, **formed}.items():
            yield name, key
            yield from ((f"{name}.{path}", below) for path, below in key.shape.below())


@dataclass(frozen=True, slots=True)
class Named:
    """Names of the file's own, all with the same shape behind them."""

    shape: Shape

    def schema(self) -> Schema:
        """An object with any keys."""
        return {"type": ["object", "null"], "additionalProperties": self.shape.schema()}

    def below(self) -> Iterator[tuple[str, Key]]:
        """What is below each name."""
        return ((f"*.{path}", key) for path, key in self.shape.below())


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list."""

    shape: Shape
    at_least: int = 0

    def schema(self) -> Schema:
        """An array."""
        made: Schema = {"type": "array", "items": self.shape.schema()}
        return made | ({"minItems": self.at_least} if self.at_least else {})

    def below(self) -> Iterator[tuple[str, Key]]:
        """What is below each item."""
        return ((f"*.{path}", key) for path, key in self.shape.below())


@dataclass(frozen=True, slots=True)
class Either:
    """One of several shapes."""

    shapes: tuple[Shape, ...]

    def schema(self) -> Schema:
        """Any of them."""
        return {"anyOf": [shape.schema() for shape in self.shapes]}

    def below(self) -> Iterator[tuple[str, Key]]:
        """What is below any of them."""
        for shape in self.shapes:
            yield from shape.below()


@dataclass(frozen=True, slots=True)
class Defined:
    """A shape that stands behind many keys: the document holds it once, under this name."""

    name: str
    shape: Shape

    def schema(self) -> Schema:
        """A reference to it."""
        return {"$ref": f"#/definitions/{self.name}"}

    def below(self) -> Iterator[tuple[str, Key]]:
        """What is below the shape."""
        return self.shape.below()


def one_or_more(shape: Shape) -> Shape:
    """One value, or a list with at least one."""
    return Either((shape, ListOf(shape, at_least=1)))
