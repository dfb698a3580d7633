"""Networks by name: the bare module behind an entry, and weights under their authors' key names."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from videosal.errors import ModelError
from videosal.models.options import convert_options
from videosal.models.zoo.unpublished import UnpublishedEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from torch import Tensor, nn

    from videosal.models.card import ModelCard
    from videosal.models.contract import Model

_SHOWN = 6  # names that an error lists of each kind
_WRAPPERS = ("module.", "_orig_mod.", "model.", "net.", "network.")


@dataclass(frozen=True)
class NetworkEntry(ABC):
    """A registered model that is a network.

    It is what `create_model` calls: a subclass says in ``__call__`` how the network meets the frames of a video.

    Attributes
    ----------
    name : str
        The name that it is registered under.
    card : ModelCard
        Its description.
    build : callable
        Takes (height, width) and returns the network in training mode, with fresh weights. torch is imported here.
        Further keyword parameters are the options of `build_network`.
        A static method ``official_name`` of the network turns a key of its state dict into the authors'; a network
        without one has the authors' keys.
    input_size : tuple of int
        Height and width that the authors' weights are for.
    find_backbone : callable, optional
        Takes the names in a checkpoint and returns the authors' name in this network for each that is of the backbone,
        or None where the checkpoint is no backbone's.
    readers : mapping of str to callable
        Reads the authors' files that are no PyTorch files, by their ending in lower case: ``.h5``. Takes the path,
        returns a state dict with the authors' names, and raises `FileError`.
    """

    name: str
    card: ModelCard
    build: Callable[..., nn.Module]
    input_size: tuple[int, int]
    find_backbone: Callable[[Iterable[str]], Mapping[str, str] | None] | None = None
    readers: Mapping[str, Callable[[Path], dict[str, Tensor]]] = field(default_factory=dict, kw_only=True, hash=False)

    @property
    @abstractmethod
    def frames_in(self) -> int:
        """Frames in a call of the network for one video."""

    @property
    def maps_out(self) -> int:
        """Maps out of such a call."""
        return 1

    @abstractmethod
    def __call__(self, weights: Any = None, device: str = "auto") -> Model:
        """Make the model that predicts videos. A subclass may have more options."""

    @abstractmethod
    def example_shapes(self, input_size: tuple[int, int]) -> tuple[tuple[int, ...], ...]:
        """Return the shape of each of the network's inputs for a batch of one."""


def find_network(name: str) -> NetworkEntry:
    """Return the entry of a network.

    Raises
    ------
    UnknownNameError, PluginError
        As `videosal.create_model`.
    ModelError
        The model is no network.
    """
    from videosal.models.registry import find_factory

    entry = find_factory(name)
    if isinstance(entry, UnpublishedEntry):
        raise ModelError(entry.refusal)
    if not isinstance(entry, NetworkEntry):
        raise ModelError(f"model {name!r} is no network of videosal: it has no weights to load and no layers to count")
    return entry


def build_network(name: str, *, input_size: tuple[int, int] | None = None, **options: Any) -> nn.Module:
    """Build the bare network of an entry, with fresh weights, in training mode.

    Parameters
    ----------
    name : str
        A registered name, such as ``stsanet``.
    input_size : tuple of int, optional
        Height and width of the frames. Default: the size that the authors' weights are for.
    **options
        The network's own options, such as ``source`` of ``unisal``.

    Returns
    -------
    torch.nn.Module
        Takes a normalised clip (B, 3, T, H, W) and gives maps (B, H, W), unless its own documentation says otherwise.

    Raises
    ------
    UnknownNameError, PluginError, ModelError
        As `find_network`; also where the network has no such option.
    InputError
        The network cannot be built for the size.
    """
    entry = find_network(name)
    build = partial(entry.build, entry.input_size if input_size is None else input_size)
    return build(**convert_options(name, build, options))


def load_official(network: nn.Module, state_dict: Mapping[str, Tensor]) -> None:
    """Load weights under the authors' key names, strictly.

    Parameters
    ----------
    network : Module
        A network from `build_network`.
    state_dict : mapping of str to Tensor
        The authors' checkpoint. What wrappers put before every key, such as ``module.``, is left out.

    Raises
    ------
    ModelError
        Keys are missing, unknown or of another shape; the text lists them. The network is then as it was.
    """
    network.load_state_dict(match_official(network, state_dict))


def official_state_dict(network: nn.Module) -> dict[str, Tensor]:
    """Return the network's state dict under the authors' key names: what `load_official` takes."""
    rename = official_names(network)
    return {rename(name): tensor for name, tensor in network.state_dict().items()}


def match_official(network: nn.Module, state_dict: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Give the tensors of the authors' checkpoint our names; raise `ModelError` unless all and only those fit."""
    expected = network.state_dict()
    ours = {official_names(network)(name): name for name in expected}
    wanted = {theirs: expected[name] for theirs, name in ours.items()}
    given = _with_counters(wanted, strip_prefix(state_dict, wanted))
    _check_fit(type(network).__name__, wanted, given)
    return {ours[theirs]: tensor for theirs, tensor in given.items()}


def match_backbone(network: nn.Module, state_dict: Mapping[str, Tensor], names: Mapping[str, str]) -> dict[str, Tensor]:
    """Give the tensors of a backbone's checkpoint our names; raise `ModelError` unless the whole backbone is there.

    `names` is what `NetworkEntry.find_backbone` found: authors' names by name in the checkpoint.
    """
    given = {theirs: state_dict[source] for source, theirs in names.items()}
    parts = {theirs.partition(".")[0] for theirs in given}
    expected = network.state_dict()
    ours = {official_names(network)(name): name for name in expected}
    backbone = {theirs: expected[name] for theirs, name in ours.items() if theirs.partition(".")[0] in parts}
    given = _with_counters(backbone, given)
    _check_fit(f"the backbone of {type(network).__name__}", backbone, given)
    return {ours[theirs]: tensor for theirs, tensor in given.items()}


def strip_prefix(state_dict: Mapping[str, Tensor], expected: Iterable[str] = ()) -> dict[str, Tensor]:
    """Leave out the components that wrappers of a network put before every key.

    They are ``module.`` of `torch.nn.DataParallel`, ``_orig_mod.`` of `torch.compile`, and the names under which
    training frameworks keep the network, but for those that a name in `expected` begins with.
    """
    stripped, expected = dict(state_dict), list(expected)
    wrappers = [wrapper for wrapper in _WRAPPERS if not any(name.startswith(wrapper) for name in expected)]
    while found := [w for w in wrappers if stripped and all(name.startswith(w) for name in stripped)]:
        stripped = {name.removeprefix(found[0]): tensor for name, tensor in stripped.items()}
    return stripped


def official_names(network: nn.Module) -> Callable[[str], str]:
    """Return what turns our names of a network's tensors into the authors'."""
    return cast("Callable[[str], str]", getattr(network, "official_name", str))


def _with_counters(expected: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Add the counters of BatchNorm that files of before PyTorch 0.4.1 lack, at 0, as PyTorch itself does."""
    import torch

    lacking = (name for name in expected if name not in given and name.endswith("num_batches_tracked"))
    return {**given, **{name: torch.tensor(0) for name in lacking}}


def _check_fit(what: str, expected: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> None:
    missing = [name for name in expected if name not in given]
    unknown = [name for name in given if name not in expected]
    misshapen = [
        f"{name} {_shape(given[name])} instead of {_shape(tensor)}"
        for name, tensor in expected.items()
        if name in given and given[name].shape != tensor.shape
    ]
    problems = [
        f"{len(names)} {kind} ({_some(names)})"
        for kind, names in (("missing", missing), ("unknown", unknown), ("of another shape", misshapen))
        if names
    ]
    if problems:
        raise ModelError(f"the weights do not fit {what}: {'; '.join(problems)}: choose the model that they are of")


def _shape(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "scalar"


def _some(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
