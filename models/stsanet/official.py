"""The key names of the authors' checkpoints (WZq975/STSANet)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from videosal.models.layers.s3d import STAGES, block_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# Ours to theirs. What only an ablation has finds no line here and keeps our name.
_RULES: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
    (r"backbone\.(.+)", lambda m: block_name(m[1])),
    (r"compression\.(\d)\.(.+)", lambda m: f"branch{m[1]}_pre.{m[2]}"),
    (r"stsa\.(\d)\.reduction\.(.+)", lambda m: f"branch{m[1]}_mid.{m[2]}"),
    (r"stsa\.(\d)\.layer_([12])\.norm\.(.+)", lambda m: f"ln_{m[1]}_{int(m[2]) - 1}.{m[3]}"),
    (
        r"stsa\.(\d)\.layer_([12])\.attention\.embeddings\.(\d)\.([qkv])\w+\.(.+)",
        # Pairs 0 and 1 are those of layer I, pair 2 is that of layer II; a is the earlier half of a pair.
        lambda m: f"branch{m[1]}_{(int(m[2]) - 1) * 2 + int(m[3]) // 2}_{'ab'[int(m[3]) % 2]}_{m[4]}.{m[5]}",
    ),
    (r"alignment\.(.+)", lambda m: f"branch3_beh_0.{m[1]}"),
    (r"amsf\.(\d)\.weighting\.spatial_attention\.(.+)", lambda m: f"SA_{m[1]}.{m[2]}"),
    (r"amsf\.(\d)\.weighting\.channel_attention\.(.+)", lambda m: f"CA_{m[1]}.{m[2]}"),
    (r"amsf\.(\d)\.multi_scale\.paths\.(\d)\.(.+)", lambda m: f"inc_{m[1]}_{m[2]}.{m[3]}"),
    (r"readout\.(readout_\d.+)", lambda m: m[1]),
)
_CLASSIFIERS = ("fc.", "classifier.")
_COMPILED = [(re.compile(pattern), rename) for pattern, rename in _RULES]

# Layer of S3D to (stage, layer in it), both counted from 0.
_S3D_LAYERS = {layer: (stage, place) for stage, layers in enumerate(STAGES) for place, layer in enumerate(layers)}


def official_name(name: str) -> str:
    """Return the authors' name for a key of a state dict of ours.

    Examples
    --------
    >>> official_name("stsa.1.layer_2.attention.embeddings.1.query.0.weight")
    'branch1_2_b_q.0.weight'
    """
    for pattern, rename in _COMPILED:
        if match := pattern.fullmatch(name):
            return rename(match)
    return name


def find_backbone(names: Iterable[str]) -> dict[str, str] | None:
    """Recognise a checkpoint that holds the backbone only.

    Parameters
    ----------
    names : iterable of str
        Names in the checkpoint: kylemin/S3D (``base.0.conv_s.weight``), torchvision's S3D (``features.0.0.0.weight``),
        or the backbone under the names of STSANet (``base1.0.conv_s.weight``), as the authors' own file has them.

    Returns
    -------
    dict of str to str, or None
        The authors' name in STSANet for each name; a classifier is left out. None where the names are of neither.
    """
    names = list(names)
    for rename in (_from_kinetics, _from_torchvision, _from_stsanet):
        renamed = {name: rename(name) for name in names if not name.startswith(_CLASSIFIERS)}
        found = {name: theirs for name, theirs in renamed.items() if theirs is not None}
        if found and len(found) == len(renamed):
            return found
    return None


def _from_kinetics(name: str) -> str | None:
    match = re.fullmatch(r"base\.(\d+)\.(.+)", name)
    if match is None or int(match[1]) not in _S3D_LAYERS:
        return None
    stage, place = _S3D_LAYERS[int(match[1])]
    return f"base{stage + 1}.{place}.{match[2]}"


def _from_torchvision(name: str) -> str | None:
    """Torchvision numbers what kylemin/S3D names: the convolution is 0 and its norm 1, in space 0 and in time 1."""
    match = re.fullmatch(r"features\.(\d+)\.(?:(branch\d)\.)?([\d.]+)\.(\w+)", name)
    if match is None:
        return None
    layer, branch, numbers, tensor = match[1], match[2], match[3].split("."), match[4]
    inner = ""
    if branch:
        # Branch 0 is one convolution there and a sequence of one here.
        inner = f"{branch}.{'0' if branch == 'branch0' else numbers.pop(0)}."
    part = ("conv", "bn")[int(numbers.pop())]
    suffix = ("_s", "_t")[int(numbers.pop())] if numbers else ""
    return _from_kinetics(f"base.{layer}.{inner}{part}{suffix}.{tensor}") if not numbers else None


def _from_stsanet(name: str) -> str | None:
    return name if re.match(r"base[1-4]\.", name) else None
