"""The fields of a JSON body, read one by one; what is wrong is collected, so that all of it is told at once."""

from __future__ import annotations

from collections.abc import Collection
from typing import cast
from urllib.parse import urlsplit

from bot.sandbox.linkedin.records import Json

_NOTHING: frozenset[str] = frozenset()


class BodyFields:
    """One reading of a body. Every reader notes what is wrong and returns something harmless in its place."""

    def __init__(self) -> None:
        self.problems: list[tuple[str, str]] = []  #: path and what is wrong there

    def wrong(self, path: str, text: str) -> None:
        """Note that a field is wrong."""
        self.problems.append((path, text))

    def record(
        self, value: object, path: str, required: Collection[str] = _NOTHING, optional: Collection[str] = _NOTHING
    ) -> Json:
        """An object with these fields and no others."""
        if not isinstance(value, dict):
            self.wrong(path, "must be an object")
            return {}
        prefix = f"{path}/" if path else ""
        for name in sorted({*required} - set(value)):
            self.wrong(prefix + name, "field is required but not found")
        for name in sorted(set(value) - {*required, *optional}):
            self.wrong(prefix + name, "unrecognized field found")
        return cast(Json, value)

    def items(self, value: object, path: str) -> list[tuple[object, str]]:
        """The items of an array, each with its path."""
        if not isinstance(value, list):
            self.wrong(path, "must be an array")
            return []
        return [(item, f"{path}/{place}") for place, item in enumerate(value)]

    def text(self, value: object, path: str, longest: int) -> str:
        """A text that is not empty."""
        if not isinstance(value, str) or not 0 < len(value) <= longest:
            self.wrong(path, f"must be a text of 1 to {longest} characters")
            return ""
        return value

    def localized(self, value: object, path: str, locale: str, longest: int) -> str:
        """`{"localized": {locale: text}}` in any languages, among them this one, whose text is returned."""
        texts = self.record(value, path, {"localized"}).get("localized", {})
        if not isinstance(texts, dict) or locale not in texts:
            self.wrong(f"{path}/localized/{locale}", "the form's own language is missing")
            return ""
        read = {name: self.text(text, f"{path}/localized/{name}", longest) for name, text in texts.items()}
        return read[locale]

    def address(self, value: object, path: str) -> None:
        """A web address."""
        parts = urlsplit(value if isinstance(value, str) else "")
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            self.wrong(path, "must be a URL")

    def flag(self, value: object, path: str) -> bool:
        """True or false."""
        if not isinstance(value, bool):
            self.wrong(path, "must be true or false")
        return value is True

    def number(self, value: object, path: str) -> int:
        """A whole number, not negative."""
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            self.wrong(path, "must be a whole number")
            return 0
        return value
