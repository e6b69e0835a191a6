"""The budget of one rendering."""

from __future__ import annotations

import pytest

from bot.rendering.limits import Budget, TemplateLimit, bounded, limited, spend


def test_steps_run_out() -> None:
    budget = Budget(steps=2)

    budget.spend(steps=2)

    with pytest.raises(TemplateLimit, match="steps"):
        budget.spend(steps=1)


def test_letters_run_out() -> None:
    budget = Budget(letters=10)

    budget.spend(letters=10)

    with pytest.raises(TemplateLimit, match="characters"):
        budget.spend(letters=1)


def test_time_runs_out() -> None:
    budget = Budget(deadline=0.0)

    def spend_for_long() -> None:
        for _ in range(100):
            budget.spend(steps=1)

    with pytest.raises(TemplateLimit, match="longer than"):
        spend_for_long()


def test_each_rendering_has_its_own_budget() -> None:
    for _ in range(3):
        with limited():
            spend(steps=15_000)


def test_nothing_is_rendered_without_a_budget() -> None:
    with pytest.raises(TemplateLimit):
        spend(steps=1)


def test_a_text_may_be_exactly_as_long_as_allowed() -> None:
    assert bounded("x" * 40_000)
    with pytest.raises(TemplateLimit):
        bounded("x" * 40_001)
