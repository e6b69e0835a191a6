"""What each word of the rule language means; what is wanted, what was found, whether it fits and why."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto

from bot.core.countries import country_code
from bot.core.facts import HOURS, SUBMITTED, Facts, domain, fact_key, fold, shown
from bot.core.numbers import count, written
from bot.core.wanted import Wanted, parse_wanted, split_not

__all__ = [
    "WORDS",
    "Comparison",
    "Condition",
    "Manner",
    "NumberRange",
    "Reason",
    "TextComparison",
    "Wanted",
    "comparisons_of",
    "matches",
    "parse_wanted",
    "seen",
    "seen_numbers",
    "split_not",
]

#: Every word that a manager may write, in the order in which the documentation explains them.
WORDS = (
    *("equals", "contains", "starts with", "ends with", "at least", "at most", "between"),
    *("is empty", "is present", "in hours"),
)

_MOST_SHOWN = 6  # wanted values in a sentence; the whole list stands in `Reason.wanted`
_LONGEST_SHOWN = 200  # characters of an answer in a reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One line of `when`: a fact, and the list of what is wanted (any one is enough). `negated` turns it round."""

    fact: str
    wanted: tuple[Wanted, ...]
    line: int
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why one condition fits or does not, in words that a manager reads."""

    fact: str
    wanted: str
    found: str  #: "" = unanswered
    fits: bool
    why: str


# ── the meaning of the words: matches() and the router's index both stand on this ──


class Manner(Enum):
    """As what an answer is read before it is compared as text."""

    TEXT = auto()  #: without case, accents and outer spaces
    COUNTRY = auto()  #: the ISO code, "" for no country
    OPEN_HOURS = auto()  #: whose hours were open at submit
    PRESENCE = auto()  #: not the answers, but whether there are any


@dataclass(frozen=True, slots=True)
class TextComparison:
    """An answer read in this manner fits when `compare(answer, operand)`."""

    manner: Manner
    compare: Callable[[str, str], bool]
    operand: str


@dataclass(frozen=True, slots=True)
class NumberRange:
    """An answer that counts as a number fits from `low` to `high`, both included."""

    low: Decimal
    high: Decimal

    def __contains__(self, number: Decimal) -> bool:
        return self.low <= number <= self.high


Comparison = TextComparison | NumberRange

_ENDLESS = Decimal("Infinity")
_TEXT_WORDS: dict[str, Callable[[str, str], bool]] = {
    "equals": operator.eq,
    "contains": operator.contains,
    "starts with": str.startswith,
    "ends with": str.endswith,
}


def comparisons_of(wanted: Wanted, fact: str) -> tuple[Comparison, ...]:
    """The wanted value made ready for comparing; any one of the comparisons is enough. `fact` is the condition's."""
    match wanted.word:
        case "at least":
            return (NumberRange(Decimal(wanted.operands[0]), _ENDLESS),)
        case "at most":
            return (NumberRange(-_ENDLESS, Decimal(wanted.operands[0])),)
        case "between":
            return (NumberRange(Decimal(wanted.operands[0]), Decimal(wanted.operands[1])),)
        case "is empty" | "is present":
            return (TextComparison(Manner.PRESENCE, operator.eq, wanted.word),)
        case "in hours":
            return (TextComparison(Manner.OPEN_HOURS, operator.eq, fold(wanted.operands[0])),)
        case "country":
            return (TextComparison(Manner.COUNTRY, operator.eq, wanted.operands[0]),)
        case "weekday":
            return tuple(TextComparison(Manner.TEXT, operator.eq, fold(day)) for day in wanted.operands)
    is_domain = fact_key(fact) == "email_domain" and wanted.word in {"equals", "starts with"}
    operand = domain(wanted.operands[0]) if is_domain else wanted.operands[0]
    return (TextComparison(Manner.TEXT, _TEXT_WORDS[wanted.word], fold(operand)),)


def _answered(fact: str, facts: Facts) -> tuple[str, ...]:
    """The values that count: blank ones are no answers."""
    values = facts.get(fact_key(fact), ())
    return values if all(map(str.strip, values)) else tuple(value for value in values if value.strip())


def seen(manner: Manner, fact: str, facts: Facts) -> list[tuple[str, str]]:
    """What comparisons in this manner compare: each value as it was answered, and as it is compared."""
    if manner is Manner.PRESENCE:
        return [("", "is present" if _answered(fact, facts) else "is empty")]
    if manner is Manner.OPEN_HOURS:
        return [(name, fold(name)) for name in _answered(HOURS, facts)]
    read = country_code if manner is Manner.COUNTRY else fold
    return [(value, read(value)) for value in _answered(fact, facts)]


def seen_numbers(fact: str, facts: Facts) -> list[tuple[str, Decimal, str]]:
    """Each value that counts as a number: as it was answered, the number, and a note where they differ."""
    counted = [(value, count(value)) for value in _answered(fact, facts)]
    return [
        (value, found.value, f"counted as {written(found.value)}" if found.is_band else "")
        for value, found in counted
        if found is not None
    ]


# ── the reason ──


def matches(condition: Condition, facts: Facts) -> Reason:
    """Whether a lead with these facts fits the condition, and why. Pure and total: hostile values included."""
    hit = next((found for wanted in condition.wanted if (found := _hit(wanted, condition.fact, facts))), None)
    values = _answered(condition.fact, facts)
    value, note = hit or ("", _missed(condition, values, facts))
    fits = (hit is not None) != condition.negated
    return Reason(
        fact=condition.fact,
        wanted=_wanted_text(condition),
        found=_short(shown(condition.fact, values)),
        fits=fits,
        why=_why(condition, values, value, note, fits),
    )


def _hit(wanted: Wanted, fact: str, facts: Facts) -> tuple[str, str] | None:
    """The first value that is what is wanted, with a note on how it was read; None when none is."""
    for comparison in comparisons_of(wanted, fact):
        if isinstance(comparison, NumberRange):
            for value, number, note in seen_numbers(fact, facts):
                if number in comparison:
                    return value, note
        else:
            for value, text in seen(comparison.manner, fact, facts):
                if comparison.compare(text, comparison.operand):
                    return value, _same_country(wanted, value)
    return None


def _same_country(wanted: Wanted, value: str) -> str:
    is_written_alike = wanted.word != "country" or fold(value) == fold(wanted.text)
    return "" if is_written_alike else "the same country"


def _missed(condition: Condition, values: tuple[str, ...], facts: Facts) -> str:
    """What a reader could not guess where nothing fitted."""
    if not values:
        return ""
    words = {wanted.word for wanted in condition.wanted}
    if words & {"at least", "at most", "between"}:
        numbers = seen_numbers(condition.fact, facts)
        return numbers[0][2] if numbers else "not a number"
    if "country" in words and not any(code for _, code in seen(Manner.COUNTRY, condition.fact, facts)):
        return "no country we know"
    if "in hours" in words and "T" not in values[0]:
        return "without a time of day"
    return ""


def _wanted_text(condition: Condition) -> str:
    wanted = ", ".join(one.text for one in condition.wanted)
    return f"not {wanted}" if condition.negated else wanted


def _why(condition: Condition, values: tuple[str, ...], value: str, note: str, fits: bool) -> str:
    is_time = fact_key(condition.fact) == SUBMITTED  # of the day and its names only the whole says something
    found = f"found “{_short((not is_time and value) or shown(condition.fact, values))}”" if values else _UNANSWERED
    note = f" ({note})" if note else ""
    return f"wanted {_wanted_phrase(condition)}, {found}{note}: {'fits' if fits else 'does not fit'}"


_UNANSWERED = "it was not answered"


def _wanted_phrase(condition: Condition) -> str:
    quoted = [f"“{one.text}”" for one in condition.wanted[:_MOST_SHOWN]]
    left = len(condition.wanted) - len(quoted)
    phrase = ", ".join(quoted) + f" or {left} more" if left else _joined_by_or(quoted)
    return f"not {phrase}" if condition.negated else phrase


def _joined_by_or(parts: list[str]) -> str:
    return " or ".join((", ".join(parts[:-1]), parts[-1])) if len(parts) > 1 else "".join(parts)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"
