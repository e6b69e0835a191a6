"""Rest.li 2.0's spelling of values in a URL: structure stays literal, every value is percent-encoded with nothing safe.

https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/protocol-version
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from yarl import URL

Value = str | int | bool | Sequence["Value"] | Mapping[str, "Value"]


def encode(value: Value) -> str:
    """`value` as Rest.li writes it: `(key:value)`, `List(a,b)`, `true`, `''` for no text, else percent-encoded."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return quote(value, safe="") or "''"
    if isinstance(value, Mapping):
        return "(" + ",".join(f"{encode(key)}:{encode(member)}" for key, member in value.items()) + ")"
    return "List(" + ",".join(encode(item) for item in value) + ")"


def address(
    api_url: str, resource: str, *, key: str = "", query: Mapping[str, Value] | None = None, fields: str = ""
) -> URL:
    """The URL of `resource`, or of its entity `key`, that reaches the wire exactly as built.

    `fields` is a projection in LinkedIn's own syntax, `a,b:(c,d)`, which is structure and therefore stays literal.
    """
    path = f"{api_url}/rest/{resource}" + (f"/{encode(key)}" if key else "")
    parameters = [f"{encode(name)}={encode(value)}" for name, value in (query or {}).items()]
    if fields:
        parameters.append(f"fields={fields}")
    # encoded=True: without it yarl decodes %3A %28 %29 %2C again, and LinkedIn misreads every filter.
    return URL(path + ("?" + "&".join(parameters) if parameters else ""), encoded=True)
