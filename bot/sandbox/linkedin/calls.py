"""One call of the REST API, read from the wire as strictly as LinkedIn does, and the answer to it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import unquote

from bot.sandbox.linkedin.records import Json
from bot.sandbox.linkedin.refusals import RefusedError, invalid
from bot.sandbox.linkedin.restli import MisspeltError, Projection, Value, read_fields, read_query

LONGEST_QUERY = 4000  #: characters; a longer one must be tunnelled

_BY_VERB = {"POST": "PARTIAL_UPDATE", "PUT": "UPDATE", "DELETE": "DELETE"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRequest:
    """A request as it came over the wire."""

    method: str
    raw_path: str
    headers: Mapping[str, str]  #: find names in any case
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is asked for. `resource` is the path without its keys: "adAccounts/adCampaigns"."""

    resource: str
    method: str  #: Rest.li's word: GET, BATCH_GET, FINDER, CREATE, PARTIAL_UPDATE, DELETE, UPDATE
    keys: tuple[str, ...]  #: decoded
    parameters: Mapping[str, Value]
    fields: Projection | None
    version: str
    raw_body: bytes = b""

    def only(self, *known: str) -> None:
        """Raise RefusedError(400) for a parameter that is not among `known`."""
        if unknown := sorted(set(self.parameters) - set(known)):
            text = f"Query parameters are not allowed: {', '.join(unknown)}"
            raise RefusedError(400, "QUERY_PARAM_NOT_ALLOWED", text)

    def finder(self, name: str) -> None:
        """Raise RefusedError(400) unless this is the finder `name`."""
        if self.parameters.get("q") != name:
            raise RefusedError(400, "ILLEGAL_ARGUMENT", "No such finder")

    def word(self, name: str, default: str = "", *, among: Collection[str] = ()) -> str:
        """A bare text. Raises RefusedError(400) for anything else, or for one that is not `among` those allowed."""
        value = self.parameters.get(name, default)
        if not isinstance(value, str) or (among and value not in among):
            raise invalid(name)
        return value

    def number(self, name: str, default: int) -> int:
        """A whole number, not negative. Raises RefusedError(400)."""
        return read_number(self.parameters, name, default)

    def ids(self) -> list[str]:
        """The keys in `ids=List(…)`. Raises RefusedError(400)."""
        return texts(self.parameters.get("ids"), "ids")

    def body(self) -> Json:
        """The JSON object that was sent. Raises RefusedError(400)."""
        try:
            content = json.loads(self.raw_body)
        except ValueError:
            content = None
        if not isinstance(content, dict):
            raise RefusedError(400, "ILLEGAL_ARGUMENT", "Cannot parse request entity")
        return cast(Json, content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is answered; `content` None = an empty body."""

    status: int = 200
    content: Json | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def created(new_id: str) -> Answer:
    """LinkedIn tells a new thing's id in a header; the body is empty."""
    return Answer(status=201, headers={"x-restli-id": new_id})


def read_call(seen: SeenRequest) -> Call:
    """The call in a request to /rest/. Raises RefusedError, MisspeltError, UnicodeDecodeError."""
    path, _, raw_query = seen.raw_path.partition("?")
    parts = path.split("/")[1:]
    if parts[0] != "rest" or len(parts) < 2 or not all(parts[1::2]):
        raise RefusedError(404, "RESOURCE_NOT_FOUND", f"No virtual resource found for {path}")
    verb, raw_query, body = _untunnelled(seen, raw_query)
    keys = tuple(_key(part) for part in parts[2::2])
    has_key = len(keys) == len(parts[1::2])
    parameters = read_query(raw_query)
    method = _method(verb, has_key=has_key, has_ids="ids" in parameters)
    named = seen.headers.get("X-RestLi-Method", "").upper()
    if named != method and (named or method == "PARTIAL_UPDATE"):
        raise RefusedError(400, "ILLEGAL_ARGUMENT", f"{verb} operation named {named} not supported")
    return Call(
        resource="/".join(parts[1::2]),
        method=method,
        keys=keys,
        parameters=parameters,
        fields=read_fields(raw_query),
        version=seen.headers.get("LinkedIn-Version", ""),
        raw_body=body,
    )


def read_number(parameters: Mapping[str, Value], name: str, default: int) -> int:
    """A whole number, not negative. Raises RefusedError(400)."""
    value = parameters.get(name, str(default))
    if not (isinstance(value, str) and value.isascii() and value.isdigit()):
        raise invalid(name)
    return int(value)


def texts(value: Value | None, name: str) -> list[str]:
    """A list of texts with at least one of them. Raises RefusedError(400), naming the parameter."""
    if not isinstance(value, list) or not value:
        raise invalid(name)
    found = [one for one in value if isinstance(one, str)]
    if len(found) < len(value):
        raise invalid(name)
    return found


def _untunnelled(seen: SeenRequest, raw_query: str) -> tuple[str, str, bytes]:
    """Verb, query and body; those of the call inside when it came through a tunnel."""
    kind = seen.headers.get("Content-Type", "").partition(";")[0].strip()
    if "X-HTTP-Method-Override" in seen.headers:
        if seen.method != "POST" or kind != "application/x-www-form-urlencoded" or raw_query:
            raise RefusedError(400, "ILLEGAL_ARGUMENT", "Malformed tunnelled request")
        return seen.headers["X-HTTP-Method-Override"], seen.body.decode("ascii"), b""
    has_length = "Content-Length" in seen.headers or "Transfer-Encoding" in seen.headers
    if seen.method == "POST" and not has_length:
        raise RefusedError(411, "LENGTH_REQUIRED", "Content-Length is missing")
    if len(raw_query) > LONGEST_QUERY:
        raise RefusedError(414, "URI_TOO_LONG", "Request-URI Too Long")
    if seen.method in {"POST", "PUT"} and kind != "application/json":
        raise RefusedError(415, "UNSUPPORTED_MEDIA_TYPE", f"Unsupported content type '{kind}'")
    return seen.method, raw_query, seen.body


def _method(verb: str, *, has_key: bool, has_ids: bool) -> str:
    if verb == "GET":
        return "GET" if has_key else "BATCH_GET" if has_ids else "FINDER"
    if verb == "POST" and not has_key:
        return "CREATE"
    if verb in _BY_VERB and has_key:
        return _BY_VERB[verb]
    raise RefusedError(405, "METHOD_NOT_ALLOWED", f"{verb} is not supported")


def _key(raw: str) -> str:
    """An entity's key in the path: a value like any other, so everything but letters, digits and -._~ is encoded."""
    if not raw or not all(character.isalnum() or character in "-._~%" for character in raw):
        raise MisspeltError("Syntax exception in path variables")
    return unquote(raw, errors="strict")
