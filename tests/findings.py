"""Reading what a check-up found."""

from __future__ import annotations

from collections.abc import AsyncIterator

from bot.core.findings import Finding, Verdict


async def by_name(findings: AsyncIterator[Finding]) -> dict[str, Finding]:
    """Every finding by its name; a name that comes twice is a mistake."""
    found = [finding async for finding in findings]
    assert len({finding.name for finding in found}) == len(found), found
    return {finding.name: finding for finding in found}


def says(finding: Finding, verdict: Verdict, words: str) -> None:
    """It must have this verdict and hold these words, and advise exactly when there is something to do."""
    assert finding.verdict is verdict, finding
    assert words in f"{finding.found} {finding.advice}", finding
    assert bool(finding.advice) == (verdict in {Verdict.WARNING, Verdict.FAILED}), finding
