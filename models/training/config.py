"""The settings of a training: one list of keys for the command line, the TOML file and `train_network`."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from videosal.errors import FileError, InputError, did_you_mean
from videosal.models.video.clip_network import PRECISIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEDULES = ("paper", "authors")

# They say where and how fast, or how long, but change no number of a step: they may differ when a training goes on.
FREE_KEYS = frozenset(
    {"root", "out", "epochs", "workers", "device", "gradient_checkpointing", "tensorboard", "metrics"}
)


def _key(text: str, default: Any = MISSING, *, choices: tuple[str, ...] = (), least: int | None = None) -> Any:
    metadata = {"help": text, "choices": choices, "least": least}
    if isinstance(default, dict):
        return field(default_factory=dict, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig:
    """Everything that decides what a training computes. The metadata of a field says what it means.

    The defaults are those of Section IV-B of the paper of STSANet. None is filled in by
    `videosal.models.training.recipe.prepare_recipe`, which knows the data set and the network.
    """

    model: str = _key("A registered network of clips, or file.py:Name.")
    dataset: str = _key("NAME, or NAME:SPLIT to train on another split than train.")
    root: str | None = _key("Folder of the data set's copy; else from VIDEOSAL_DATA or videosal.toml.", None)
    dataset_options: dict[str, Any] = _key(  # noqa: RUF009 (it makes a field)
        "Options of the data set, such as unit=clip of hollywood2.", {}
    )
    validation: str | None = _key("Split to validate on. [default: val, else test]", None)
    out: str | None = _key("Folder for weights and logs. [default: trained/MODEL-DATASET]", None)
    init: str | None = _key("Checkpoint of the whole network to start from (fine-tuning).", None)
    backbone_weights: str | None = _key("Checkpoint of the backbone to start from (S3D, Kinetics).", None)
    input_size: str | None = _key("WIDTHxHEIGHT of the network's input. [default: the network's own]", None)
    loss: str = _key("Weighted sum of the suite's torch metrics, such as 'kld - 0.5*cc'.", "kld - cc")
    clips_per_video: int = _key("Clips of each video in an epoch.", 1, least=1)
    batch: int = _key("Clips of a step, in each process.", 3, least=1)
    micro_batch: int | None = _key("Clips at once; their gradients add up to the step's. [default: all]", None, least=1)
    lr: float = _key("Learning rate of Adam at the start.", 1e-4)
    schedule: str = _key(
        "When it falls: as the loss saturates (paper), or at fixed epochs.", "paper", choices=SCHEDULES
    )
    patience: int = _key("Epochs without a lower training loss that count as saturated (paper).", 10, least=1)
    epochs: int = _key("The most there may be.", 80, least=1)
    stride: int | None = _key("Frames between validated windows. [default: the authors', or the clip's]", None, least=1)
    metrics: tuple[str, ...] = _key("Of the validation, comma-separated.", ("cc", "nss", "sim", "kld", "auc_judd"))
    freeze_norm: bool = _key("Leave BatchNorm as it is: its statistics and its weights.", False)
    precision: str = _key("Of the network, by autocast; the loss is summed in float64.", "float32", choices=PRECISIONS)
    gradient_checkpointing: bool = _key("Compute features again instead of keeping them: less memory, slower.", False)
    device: str = _key("cpu, cuda, cuda:1, ...", "auto")
    workers: int = _key("Processes that decode clips; 0: this one.", 0, least=0)
    seed: int = _key("Of fresh weights, of the order of videos and of the clips.", 0, least=0)
    tensorboard: bool = _key("Write OUT/tensorboard too.", False)


def make_config(values: Mapping[str, Any], *, where: str = "") -> TrainingConfig:
    """Check settings and fill in the defaults.

    Parameters
    ----------
    values : mapping of str to object
        By the names of the fields; hyphens are as good as underscores. None is the default.
    where : str, optional
        What the text of an error begins with: the file that they are from.

    Raises
    ------
    InputError
        A key is unknown (the text offers the nearest), missing, of the wrong type or out of its range.
    """
    prefix = f"{where}: " if where else ""
    known = {key.name: key for key in fields(TrainingConfig)}
    hints = get_type_hints(TrainingConfig)
    found: dict[str, Any] = {}
    for given, value in values.items():
        name = given.replace("-", "_")
        if name not in known:
            shown = [hyphenate(key) for key in known]
            raise InputError(f"{prefix}unknown key {given!r}: {did_you_mean(hyphenate(given), shown)}")
        if value is not None:
            found[name] = _convert(value, hints[name], f"{prefix}{hyphenate(name)}")
    for name, key in known.items():
        if key.default is MISSING and key.default_factory is MISSING and name not in found:
            raise InputError(f"{prefix}no {name} is given: name it on the command line or in the config file")
        if name in found:
            _check_range(found[name], key.metadata, f"{prefix}{hyphenate(name)}")
    config = TrainingConfig(**found)
    if not 0 < config.lr <= 1:
        raise InputError(f"{prefix}lr is {config.lr}, expected a number above 0 and at most 1")
    if config.input_size is not None:
        parse_size(config.input_size)
    if config.init is not None and config.backbone_weights is not None:
        raise InputError(f"{prefix}init gives all weights, backbone-weights a part of them: give one of the two")
    return config


def read_config(file: str | Path) -> dict[str, Any]:
    """Read the settings in a TOML file, as `make_config` takes them.

    Raises
    ------
    FileError
        The file is not there or is no TOML.
    InputError
        A key is unknown.
    """
    file = Path(file).expanduser()
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise FileError(f"{file}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FileError(f"{file}: is not a valid TOML file ({error})") from error
    needed = {"model": "-", "dataset": "-"}
    make_config(needed | values, where=str(file))  # so that an error names the file
    return {name.replace("-", "_"): value for name, value in values.items()}


def format_config(config: TrainingConfig) -> str:
    """Write settings as TOML; a key without a value is left out."""
    values = {hyphenate(name): value for name, value in asdict(config).items() if value is not None}
    tables = {name: value for name, value in values.items() if isinstance(value, dict)}
    lines = [f"{name} = {_format(value)}" for name, value in values.items() if name not in tables]
    for name, table in tables.items():
        if table:
            lines += ["", f"[{name}]", *(f"{_format(str(key))} = {_format(value)}" for key, value in table.items())]
    return "\n".join(lines) + "\n"


def changed_keys(old: TrainingConfig, new: TrainingConfig) -> list[str]:
    """Name what differs in a way that a training cannot go on with, as on the command line."""
    return [
        hyphenate(key.name)
        for key in fields(TrainingConfig)
        if key.name not in FREE_KEYS and getattr(old, key.name) != getattr(new, key.name)
    ]


def parse_size(text: str) -> tuple[int, int]:
    """Turn ``WIDTHxHEIGHT`` into (height, width)."""
    match = re.fullmatch(r"(\d+)\s*x\s*(\d+)", text.strip().lower())
    if match is None or not int(match[1]) or not int(match[2]):
        raise InputError(f"input-size is {text!r}, expected WIDTHxHEIGHT, such as 384x224")
    return int(match[2]), int(match[1])


def hyphenate(name: str) -> str:
    """Return a key as the command line has it."""
    return name.replace("_", "-")


def _convert(value: Any, hint: Any, where: str) -> Any:
    """Check a value against the type of its field; a path may stand for text, a whole number for any other."""
    kinds = [kind for kind in get_args(hint) if kind is not type(None)] if type(None) in get_args(hint) else [hint]
    (kind,) = kinds
    if kind is str and isinstance(value, Path):
        return str(value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind in (str, int, float, bool) and type(value) is kind:
        return value
    if kind == tuple[str, ...]:
        names = value.split(",") if isinstance(value, str) else value
        if isinstance(names, (list, tuple)) and all(isinstance(name, str) for name in names):
            return tuple(name.strip() for name in names if name.strip())
    if kind == dict[str, Any] and isinstance(value, dict):
        return dict(value)
    raise InputError(f"{where} is {value!r}, expected {_KINDS.get(kind, 'a table')}")


_KINDS: dict[Any, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    tuple[str, ...]: "a list of names",
}


def _check_range(value: Any, metadata: Mapping[str, Any], where: str) -> None:
    if metadata["least"] is not None and value < metadata["least"]:
        raise InputError(f"{where} is {value}, expected {metadata['least']} or more")
    if metadata["choices"] and value not in metadata["choices"]:
        raise InputError(f"{where} is {value!r}: {did_you_mean(value, metadata['choices'])}")


def _format(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_format, value)) + "]"
    if isinstance(value, str):  # JSON's text is TOML's, but for one character
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return repr(value)
