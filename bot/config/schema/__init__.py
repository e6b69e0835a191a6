"""The JSON Schema of the rule file, for editors: completion, a sentence on hover, mistakes underlined while typing."""

from __future__ import annotations

import json

from bot.config.schema.keys import DEFINED, FILE
from bot.config.schema.shapes import Key, Schema

_ABOUT = (
    "The rule file of Leadbell, config.yaml: which lead goes where, and who gets it. What an editor cannot know, such "
    "as whether a name exists, `leadbell check` says."
)


def json_schema() -> Schema:
    """The whole document, draft 7: the version that editors' YAML support knows best."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Leadbell",
        "description": _ABOUT,
        **FILE.schema(),
        "definitions": {defined.name: defined.shape.schema() for defined in DEFINED},
    }


def schema_text() -> str:
    """What `leadbell schema` prints and config.schema.json holds, the last line end included."""
    return json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n"


def every_key() -> dict[str, Key]:
    """Each key by its path, such as `people.*.slack`; `*` is any name or list item. In the order of the file."""
    return dict(FILE.below())
