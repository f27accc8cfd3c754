"""Every condition that a rule may have is about a fact, and every trait that a finding may ask for has a value."""

from __future__ import annotations

from logparse.causes import traits
from logparse.rules import words
from logparse.verdicts.facts import FACTS


def test_every_condition_is_about_a_fact() -> None:
    assert set(FACTS) == set(words.CONDITIONS)


def test_every_trait_has_a_value() -> None:
    assert set(traits.TRAITS) == set(words.TRAITS)
