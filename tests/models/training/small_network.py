"""Networks of a few weights, which tests train in this process and in others: a plug-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from videosal.models import ClipNetworkEntry, ModelCard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Small(nn.Module):
    """Two convolutions; what lies between them is of the test's choice."""

    def __init__(self, *between: nn.Module) -> None:
        super().__init__()
        self.base1 = nn.Sequential(nn.Conv3d(3, 4, (1, 3, 3), padding=(0, 1, 1)), *between, nn.ReLU())
        self.head = nn.Conv3d(4, 1, (4, 3, 3), padding=(0, 1, 1))

    def forward(self, clips: Tensor) -> Tensor:
        """Map (B, 3, 4, H, W) to (B, H, W)."""
        maps: Tensor = self.head(self.base1(clips)).sigmoid()
        return maps[:, 0, 0]


def find_backbone(names: Iterable[str]) -> dict[str, str] | None:
    """A backbone's checkpoint has ``base1`` alone."""
    found = {name: name for name in names}
    return found if all(name.startswith("base1.") for name in found) else None


def _entry(name: str, *kinds: str) -> ClipNetworkEntry:
    between: dict[str, Callable[[], nn.Module]] = {
        "norm": lambda: nn.BatchNorm3d(4),
        "dropout": lambda: nn.Dropout3d(0.25),
    }
    card = ModelCard(title=name.title(), input_size="16x8")
    return ClipNetworkEntry(
        name, card, lambda _: Small(*(between[kind]() for kind in kinds)), (8, 16), find_backbone, length=4, target=1
    )


small = _entry("small", "norm", "dropout")
normed = _entry("normed", "norm")
plain = _entry("plain")
