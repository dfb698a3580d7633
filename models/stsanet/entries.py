"""The entries of the registry: STSANet and every row of Tables III to VI. No torch here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from videosal.models.card import ModelCard
from videosal.models.stsanet.structure import ALL, CLIP_LENGTH, Relations, Structure, Weighting
from videosal.models.video.clip_network import ClipNetworkEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

INPUT_SIZE = (224, 384)
MIDDLE, LAST = 15, CLIP_LENGTH - 1  # the frame of the clip that is supervised and predicted: the 16th, or the last

_NONE: frozenset[int] = frozenset()
_REFERENCE = (
    "Z. Wang, Z. Liu, G. Li, Y. Wang, T. Zhang, L. Xu and J. Wang, Spatio-Temporal Self-Attention Network for Video "
    "Saliency Prediction, IEEE Transactions on Multimedia 25, 1161-1174, 2023, DOI 10.1109/TMM.2021.3139743"
)
_PARAMETERS = 160_840_060


def _entry(
    name: str, title: str, description: str, structure: Structure, parameters: int, target: int = MIDDLE, **cost: Any
) -> ClipNetworkEntry:
    height, width = INPUT_SIZE
    card = ModelCard(
        title=title,
        reference=_REFERENCE,
        year=2023,
        venue="IEEE Transactions on Multimedia",
        description=description,
        input=f"{CLIP_LENGTH} frames, {width}x{height}, RGB; the map is of frame {target + 1}",
        output=f"{height} x {width} (height x width), 0..1",
        parameters=parameters,
        licence="MIT",
        input_size=f"{width}x{height}",
        weights="the authors' checkpoint (WZq975/STSANet), or weights that were trained with videosal",
        **cost,
    )

    def build(input_size: tuple[int, int]) -> Any:
        from videosal.models.stsanet.network import build

        return build(input_size, structure)

    return ClipNetworkEntry(name, card, build, INPUT_SIZE, find_backbone, CLIP_LENGTH, target)


def find_backbone(names: Iterable[str]) -> Mapping[str, str] | None:
    """Recognise a checkpoint of S3D, see `videosal.models.stsanet.official.find_backbone`."""
    from videosal.models.stsanet import official

    return official.find_backbone(names)


def _ablation(
    name: str, row: str, description: str, parameters: int, structure: Structure, target: int = MIDDLE
) -> ClipNetworkEntry:
    return _entry(f"stsanet-{name}", f"STSANet, {row}", description, structure, parameters, target)


stsanet = _entry(
    "stsanet",
    "STSANet",
    "Self-attention between the time steps of four levels of S3D, fused by attentional multi-scale fusion.",
    Structure(),
    _PARAMETERS,
    gflops=193.3,
    model_size_mb=643.0,
    runtime_s=0.035,
)

# Table III: the structure of the network.
stsanet_single_stream = _ablation(
    "single-stream",
    "single-stream",
    "Table III: backbone and a decoder without lower levels, STSA or AMSF.",
    16_342_065,
    Structure(multi_level=False),
)
stsanet_unet = _ablation(
    "unet",
    "UNet-like",
    "Table III: four levels, added to each other; no STSA, no AMSF.",
    23_281_505,
    Structure(layer_1=_NONE, layer_2=_NONE, weighting=Weighting.ADDITION, multi_scale=False),
)
stsanet_unet_stsa = _ablation(
    "unet-stsa",
    "UNet-like + STSA",
    "Table III: STSA without AMSF.",
    156_012_321,
    Structure(weighting=Weighting.ADDITION, multi_scale=False),
)
stsanet_unet_amsf = _ablation(
    "unet-amsf",
    "UNet-like + AMSF",
    "Table III: AMSF without STSA.",
    28_109_244,
    Structure(layer_1=_NONE, layer_2=_NONE),
)

# Table IV: the STSA module.
stsanet_no_temporal_relations = _ablation(
    "no-temporal-relations",
    "w/o temporal relations",
    "Table IV, Fig. 6(a): every time step attends to itself.",
    _PARAMETERS,
    Structure(relations=Relations.NONE),
)
stsanet_single_similarity_matrix = _ablation(
    "single-similarity-matrix",
    "single similarity matrix",
    "Table IV, Fig. 6(b): one similarity matrix for all time steps.",
    85_842_524,
    Structure(relations=Relations.SINGLE_MATRIX),
)
stsanet_no_layer_1 = _ablation(
    "no-layer-1", "w/o STSA layer I", "Table IV: STSA layer II only.", 52_681_852, Structure(layer_1=_NONE)
)
stsanet_no_layer_2 = _ablation(
    "no-layer-2", "w/o STSA layer II", "Table IV: STSA layer I only.", 136_267_452, Structure(layer_2=_NONE)
)


def _without_module(number: int, parameters: int) -> ClipNetworkEntry:
    kept = ALL - {number - 1}
    return _ablation(
        f"no-stsa-{number}",
        f"w/o STSA_{number}",
        f"Table IV: no STSA layers in branch {number} of 4.",
        parameters,
        Structure(layer_1=kept, layer_2=kept),
    )


stsanet_no_stsa_1 = _without_module(1, 141_776_764)
stsanet_no_stsa_2 = _without_module(2, 141_682_876)
stsanet_no_stsa_3 = _without_module(3, 121_646_204)
stsanet_no_stsa_4 = _without_module(4, 105_523_580)

# Table V: the AMSF module.
stsanet_concat = _ablation(
    "concat",
    "concat-based",
    "Table V, Fig. 7: weighted levels are concatenated instead of added.",
    162_302_332,
    Structure(weighting=Weighting.CONCATENATION),
)
stsanet_no_aw = _ablation(
    "no-aw",
    "w/o AW",
    "Table V: levels are added without weights.",
    160_297_809,
    Structure(weighting=Weighting.ADDITION),
)
stsanet_no_stms = _ablation(
    "no-stms",
    "w/o STMS",
    "Table V: one convolution in place of the multi-scale structure.",
    156_554_572,
    Structure(multi_scale=False),
)

# Table VI: the supervised frame.
stsanet_last_supervised = _ablation(
    "last-supervised",
    "last-supervised",
    "Table VI: the last frame of the clip is predicted, so that no later frame is looked at.",
    _PARAMETERS,
    Structure(),
    target=LAST,
)
