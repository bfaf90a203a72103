"""Prices with dates."""

from datetime import date

import pytest

from brain.models.prices import listed, price
from brain.models.question import Tokens
from deploy.runtime.settings import Settings


def test_a_price_holds_from_its_day_on() -> None:
    before, after = (price("gemini-3.8-flash", day) for day in (date(2026, 12, 31), date(2027, 1, 1)))
    assert (before.input, before.output) == (0.75, 3.75)
    assert (after.input, after.output) == (1.5, 7.5)


def test_before_its_first_day_the_first_price_holds() -> None:
    assert price("claude-haiku-5-5", date(2020, 1, 1)).input == 0.1


def test_tokens_cost_by_the_million() -> None:
    assert price("claude-sonnet-5-5").of(Tokens(input=500_000, output=100_000)) == pytest.approx(2.0)


def test_the_models_that_are_used_unless_told_have_a_price() -> None:
    fields = Settings.model_fields
    assert {fields["anthropic_model"].default, fields["gemini_model"].default} <= set(listed())


def test_an_unknown_model_has_none() -> None:
    with pytest.raises(KeyError):
        price("gpt-2")
