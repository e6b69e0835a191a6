"""Findings about one area of a set-up, made in few words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.core.errors import BotError, UpstreamError
from bot.core.findings import Finding, Verdict

_STEPS = ((timedelta(days=2), timedelta(days=1), "days"), (timedelta(hours=2), timedelta(hours=1), "h"))


@dataclass(frozen=True, slots=True)
class Area:
    """One area, such as "slack"; see Finding for what the texts must keep to."""

    name: str

    def ok(self, name: str, found: str) -> Finding:
        """All is well."""
        return Finding(area=self.name, name=name, verdict=Verdict.OK, found=found)

    def warning(self, name: str, found: str, advice: str) -> Finding:
        """Works now, not for ever or not for everything."""
        return Finding(area=self.name, name=name, verdict=Verdict.WARNING, found=found, advice=advice)

    def failed(self, name: str, found: str, advice: str) -> Finding:
        """Leads are lost, late or unseen until somebody does what `advice` says."""
        return Finding(area=self.name, name=name, verdict=Verdict.FAILED, found=found, advice=advice)

    def skipped(self, name: str, why: str) -> Finding:
        """Could not be asked; `why` says what is in the way."""
        return Finding(area=self.name, name=name, verdict=Verdict.SKIPPED, found=why)

    def failed_by(self, name: str, error: BotError, otherwise: str) -> Finding:
        """`error` in its own words; its advice, or `otherwise` when it has none."""
        advice = error.advice if isinstance(error, UpstreamError) else ""
        return self.failed(name, sentence(str(error)), advice or otherwise)


def sentence(text: str) -> str:
    """`text` with a capital at its start and a full stop at its end."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def in_words(length: timedelta) -> str:
    """A length of time as people say it, rounded down: "40 s", "5 min", "26 h", "12 days"."""
    length = abs(length)
    for least, unit, word in _STEPS:
        if length >= least:
            return f"{length // unit} {word}"
    seconds = int(length.total_seconds())
    return f"{seconds // 60} min" if seconds >= 120 else f"{seconds} s"
