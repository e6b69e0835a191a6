"""`leadbell schema`: the JSON Schema of the rule file, for editors."""

from __future__ import annotations

import sys


def run_schema() -> int:
    """Print the schema, always as JSON and the same for every rule file. 0."""
    from bot.config.schema import schema_text

    sys.stdout.write(schema_text())
    return 0
