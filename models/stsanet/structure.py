"""What STSANet is made of, and what each row of Tables III to VI changes. No torch here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from videosal.errors import InputError

CLIP_LENGTH = 32  # frames
STEPS = 4  # time steps to which every branch is compressed
COARSEST = 32  # height and width of the input are multiples of this


class Relations(Enum):
    """Between which positions the STSA layers attend (Fig. 6)."""

    TEMPORAL = auto()
    """From one time step, or pair of time steps, to the other: the network of the paper."""
    NONE = auto()
    """Every time step to itself, Fig. 6(a)."""
    SINGLE_MATRIX = auto()
    """Every position of all time steps to every other, in one similarity matrix, Fig. 6(b)."""


class Weighting(Enum):
    """How AMSF joins two levels."""

    ATTENTIONAL = auto()
    """Sum of the levels, each times its channel attention: the network of the paper."""
    CONCATENATION = auto()
    """Concatenation of the levels, each times its channel attention (Fig. 7)."""
    ADDITION = auto()
    """Sum of the levels as they are."""


@dataclass(frozen=True, slots=True)
class Branch:
    """Widths of one branch, which starts at one stage of the backbone.

    Attributes
    ----------
    channels : int
        Channels C of the stage, and of STSA layer I.
    embedding : int
        Channels of queries and keys in layer I.
    reduced, reduced_embedding : int
        The same of layer II, behind the convolution between the layers.
    scale : int
        The input's height and width over the branch's.
    compression : int
        Time steps that become one before the STSA module; 1 means that nothing is done.
    bottleneck : bool
        Whether attention works at half the height and width (branch 0 only).
    """

    channels: int
    embedding: int
    reduced: int
    reduced_embedding: int
    scale: int
    compression: int
    bottleneck: bool = False


@dataclass(frozen=True, slots=True)
class Fusion:
    """Widths of one AMSF module: `channels` of both levels that come in, `fused` channels that go out."""

    channels: int
    fused: int


# The paper halves the channels between the layers and for queries and keys; the authors' code does not everywhere.
BRANCHES = (
    Branch(192, 96, 192, 96, scale=4, compression=4, bottleneck=True),
    Branch(480, 224, 240, 128, scale=8, compression=4),
    Branch(832, 416, 416, 208, scale=16, compression=2),
    Branch(1024, 512, 512, 256, scale=32, compression=1),
)
# From the coarsest pair of levels to the finest.
FUSIONS = (Fusion(416, 240), Fusion(240, 192), Fusion(192, 192))

ALL = frozenset(range(len(BRANCHES)))


@dataclass(frozen=True, slots=True)
class Structure:
    """One row of Tables III to VI; the defaults are STSANet itself.

    Attributes
    ----------
    multi_level : bool
        False is the single stream of Table III: no taps, no STSA, no AMSF; the rest is then without meaning.
    layer_1, layer_2 : frozenset of int
        Branches 0 to 3 that have STSA layer I, and layer II. The paper counts its modules STSA_1 to STSA_4.
    relations : Relations
        Between which positions the STSA layers attend.
    weighting : Weighting
        How AMSF joins two levels.
    multi_scale : bool
        Whether AMSF has the spatio-temporal multi-scale structure (STMS), or one convolution in its place.
    """

    multi_level: bool = True
    layer_1: frozenset[int] = ALL
    layer_2: frozenset[int] = ALL
    relations: Relations = Relations.TEMPORAL
    weighting: Weighting = Weighting.ATTENTIONAL
    multi_scale: bool = True


def check_input_size(input_size: tuple[int, int]) -> tuple[int, int]:
    """Return (height, width) if the network can be built for it.

    Raises
    ------
    InputError
        A side is no positive multiple of 32.
    """
    if len(input_size) != 2 or any(side < COARSEST or side % COARSEST for side in input_size):
        raise InputError(f"input size {input_size}: expected (height, width), both multiples of {COARSEST}")
    height, width = input_size
    return height, width
