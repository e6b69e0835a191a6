"""Slack's mark-up language as pure text functions: hostile text made literal, links, dates, cuts that break nothing.

`mrkdwn` has an escape for `& < >` only (https://docs.slack.dev/messaging/formatting-message-text). What else it reads
(`* _ ~` at the edge of a word, back-ticks, `:emoji:`, a `>` that opens a line) is made literal here by a look-alike
letter or an invisible space, and only where Slack would read it, so that an address stays good to copy.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from urllib.parse import quote, urlsplit

#: Answers longer than this are cut before they are escaped; an escaped `&` costs five characters.
DEFAULT_LIMIT = 500

_INVISIBLE = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters by category, yet nothing is drawn
_LOOK_ALIKE = {"*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ"}
_MARK = re.compile(r"[*_~`]")
_EMOJI_COLON = re.compile(r":(?=[^\s:]+:)")
_ADDRESS = re.compile(r"[^\s@<>|\"(),:;\\\[\]]+@[^\s@<>|\"(),:;\\\[\]]+\.[^\s@<>|\"(),:;\\\[\].]+")
_PHONE = re.compile(r"\+?[0-9][0-9 ()./\-\u00a0]{4,30}|\(\+?[0-9][0-9 ()./\-\u00a0]{4,30}")
_PIECE = re.compile(r"&(?:amp|lt|gt);|<[^<>\n]*>|.", re.DOTALL)
_URL_SAFE = "/:?#[]@!$&'()*+,;=%~-._"


def clean(text: str) -> str:
    """One line to read: no control, invisible, bidirectional or broken characters; white space collapsed."""
    return " ".join(_visible(text).split())


def clean_lines(text: str) -> str:
    """Like `clean`, but line breaks stay; two empty lines in a row become one."""
    lines = [clean(line) for line in re.split(r"\r\n|[\n\r\v\f\x85\u2028\u2029]", text)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def cut(text: str, limit: int) -> str:
    """At most `limit` characters of raw text, with an ellipsis where something is missing."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)].rstrip() + "…"[:limit]


def escape_text(text: str, *, limit: int = DEFAULT_LIMIT) -> str:
    """Any text as one literal line of mrkdwn: cut to `limit` raw characters, then escaped. Refuses nothing."""
    return _escape_line(cut(clean(text), limit))


def escape_lines(text: str, *, limit: int = 3000) -> str:
    """Any text as literal mrkdwn that keeps its line breaks."""
    return "\n".join(_escape_line(line) for line in cut(clean_lines(text), limit).split("\n"))


def escape_url(url: str) -> str:
    """An http(s) address that is safe inside `<…|…>`; "" when it is none."""
    address = clean(url)
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if parts.scheme.lower() not in {"http", "https"} or not parts.netloc:
        return ""
    # quote() leaves no < > | " ` or white space behind; letters of other scripts are percent-encoded as UTF-8
    return quote(address, safe=_URL_SAFE).replace("&", "&amp;")


def link(url: str, label: str = "") -> str:
    """`<url|label>` for http and https; anything else becomes literal text. Without a label the address is shown."""
    target = escape_url(url)
    return _linked(target, label or url) if target else escape_text(label or url)


def mailto(address: str) -> str:
    """A link that opens a mail to `address`; literal text when it does not look like one address."""
    cleaned = clean(address)
    if len(cleaned) > 254 or not _ADDRESS.fullmatch(cleaned):
        return escape_text(address)
    return _linked("mailto:" + quote(cleaned, safe="@._-+~"), cleaned)


def tel(number: str) -> str:
    """A link that dials `number`; literal text when it does not look like a telephone number."""
    cleaned = clean(number)
    digits = re.sub(r"[^0-9]", "", cleaned)
    if not _PHONE.fullmatch(cleaned) or not 5 <= len(digits) <= 15:
        return escape_text(number)
    return _linked(f"tel:{'+' if '+' in cleaned[:2] else ''}{digits}", cleaned)


def date_token(instant: datetime, fallback: str = "", *, form: str = "{date_short_pretty} at {time}") -> str:
    """A date that every reader sees in their own time zone; `fallback` is for clients that cannot.

    https://docs.slack.dev/messaging/formatting-message-text#date-formatting
    """
    shown = escape_text(fallback or instant.strftime("%Y-%m-%d %H:%M UTC")).replace("|", "¦").replace("^", "ˆ")
    return f"<!date^{int(instant.timestamp())}^{form}|{shown}>"


def cut_mrkdwn(text: str, limit: int) -> str:
    """At most `limit` characters of finished mrkdwn; never cuts through an entity, a link or a date."""
    if len(text) <= limit:
        return text
    kept: list[str] = []
    room = limit - 1
    for piece in _PIECE.findall(text):
        room -= len(piece)
        if room < 0:
            break
        kept.append(piece)
    return "".join(kept).rstrip() + "…"


def _visible(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text  # most of what people type; the character-by-character way below is most of a card's cost
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if character.isspace():
        return " "
    # Cc control, Cf format (zero-width, bidirectional, tags), Cs half a surrogate pair
    if unicodedata.category(character) in {"Cc", "Cf", "Cs"} or character in _INVISIBLE:
        return ""
    return character


def _escape_line(line: str) -> str:
    literal = _MARK.sub(_literal_mark, line)
    literal = _EMOJI_COLON.sub(":\u200b", literal)
    if literal.startswith(">"):
        literal = "˃" + literal[1:]  # Slack reads `&gt;` at the start of a line as a quotation
    return literal.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _literal_mark(match: re.Match[str]) -> str:
    mark, line, at = match.group(), match.string, match.start()
    before = line[at - 1] if at else ""
    after = line[at + 1] if at + 1 < len(line) else ""
    is_inside_word = _is_letter(before) and _is_letter(after)
    is_alone = before == " " == after
    return mark if mark != "`" and (is_inside_word or is_alone) else _LOOK_ALIKE[mark]


def _is_letter(character: str) -> bool:
    # Slack's idea of a word beyond ASCII is not documented, so only what is sure counts
    return character.isascii() and character.isalnum()


def _linked(target: str, label: str) -> str:
    return f"<{target}|{escape_text(label, limit=254).replace('|', '¦')}>"
