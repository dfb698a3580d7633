from __future__ import annotations

import dataclasses

import pytest

from videosal.models import ModelCard


def test_only_the_title_is_required() -> None:
    card = ModelCard(title="Net")
    others = {key: value for key, value in dataclasses.asdict(card).items() if key != "title"}
    assert set(others.values()) == {"", None}
    with pytest.raises(TypeError, match="title"):
        ModelCard()  # type: ignore[call-arg]


def test_a_card_cannot_be_changed() -> None:
    card = ModelCard(title="Net")
    with pytest.raises(dataclasses.FrozenInstanceError):
        card.title = "Other"  # type: ignore[misc]
    assert not hasattr(card, "__dict__")
