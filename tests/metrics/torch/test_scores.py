from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from videosal.errors import InputError, UnknownNameError
from videosal.metrics import score_frame
from videosal.metrics.torch import scores as torch_metrics
from videosal.metrics.torch.scores import score_batch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray
    from torch import Tensor

    Arrays = dict[str, NDArray[Any]]
    Tensors = dict[str, Any]

EIGHT = ["cc", "nss", "sim", "kld", "auc_judd", "auc_borji", "sauc", "ig"]
TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-5}


@pytest.fixture(autouse=True)
def deterministic(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make torch raise where an operation could give other bits in another run."""
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True)
    yield
    torch.use_deterministic_algorithms(False)


def make_batch(seed: int, shape: tuple[int, int, int], *, levels: int = 0, n: int = 12) -> Arrays:
    """Smooth random maps; with `levels`, of so many values, which makes ties."""
    generator = np.random.default_rng(seed)
    rows, columns = np.mgrid[: shape[1], : shape[2]]

    def maps() -> NDArray[np.float64]:
        row, column = generator.uniform(0, 1, (2, shape[0], 1, 1)) * np.array(shape[1:]).reshape(2, 1, 1, 1)
        spread = 0.05 * shape[1] * shape[2] * generator.uniform(0.5, 2, (shape[0], 1, 1))
        blobs: NDArray[np.float64] = np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / spread)
        blobs += 0.1 * generator.uniform(0, 1, shape)
        return np.floor(blobs * levels) if levels else blobs

    def masks() -> NDArray[np.bool_]:
        return generator.uniform(0, 1, shape) < n / (shape[1] * shape[2])

    return {
        "prediction": maps(),
        "density": maps(),
        "fixations": masks(),
        "other_fixations": masks(),
        "baseline": maps() + 1,
    }


def as_tensors(arrays: Arrays, dtype: torch.dtype, device: str = "cpu") -> Tensors:
    tensors: Tensors = {name: torch.from_numpy(array).to(device) for name, array in arrays.items()}
    return {name: tensor if tensor.dtype == torch.bool else tensor.to(dtype) for name, tensor in tensors.items()}


def one_by_one(tensors: Tensors) -> dict[str, list[float]]:
    """What the compiled path gives for each item: the figures to equal."""
    arrays = {name: tensor.cpu().numpy() for name, tensor in tensors.items()}
    n_items = len(arrays["prediction"])
    items = [score_frame(**{name: array[k] for name, array in arrays.items()}, metrics=EIGHT) for k in range(n_items)]
    return {name: [item[name] for item in items] for name in items[0]}


def by_torch(tensors: Tensors) -> dict[str, Tensor]:
    """Each figure from its own function, which never leaves torch."""
    p, density, fixations, others, baseline = tensors.values()
    figures = {name: getattr(torch_metrics, name)(p, density) for name in ("cc", "sim", "kld")}
    figures |= {name: getattr(torch_metrics, name)(p, fixations) for name in ("nss", "auc_judd", "auc_borji")}
    figures |= {"sauc": torch_metrics.sauc(p, fixations, others), "ig": torch_metrics.ig(p, fixations, baseline)}
    return {name: figures[name] for name in EIGHT}


def assert_equal_to_the_compiled_path(tensors: Tensors) -> None:
    dtype = tensors["prediction"].dtype
    got, wanted = by_torch(tensors), one_by_one(tensors)
    assert list(got) == list(wanted) == EIGHT
    for name, figures in wanted.items():
        tolerance = TOLERANCE.get(dtype, 1e-5)
        assert got[name].tolist() == pytest.approx(figures, rel=tolerance, abs=1e-13, nan_ok=True), name


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.uint8, torch.float16])
@pytest.mark.parametrize("levels", [0, 7, 255])
def test_equals_score_frame(levels: int, dtype: torch.dtype) -> None:
    arrays = make_batch(levels, (4, 36, 64), levels=levels or (1000 if dtype == torch.uint8 else 0))
    arrays = {name: np.minimum(array, 255) for name, array in arrays.items()}
    assert_equal_to_the_compiled_path(as_tensors(arrays, dtype))


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 9999),
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    levels=st.sampled_from([0, 1, 2, 5]),
    n=st.integers(0, 100),
)
def test_equals_score_frame_on_small_maps_full_of_ties(seed: int, height: int, width: int, levels: int, n: int) -> None:
    arrays = make_batch(seed, (3, height, width), levels=levels, n=n)
    assert_equal_to_the_compiled_path(as_tensors(arrays, torch.float64))


def undefined_batch() -> Arrays:
    """One ordinary item, and one for each thing that can be odd about a frame."""
    arrays = make_batch(5, (11, 12, 16), n=20)
    prediction, density, fixations, others, baseline = arrays.values()
    prediction[1] = 0
    prediction[2] = 0.3
    prediction[3, 4, 5] = np.nan
    prediction[4, 4, 5] = -np.inf
    prediction[5] -= 0.5
    density[6] = 0
    density[7] = 0.3
    fixations[8] = others[8] = False
    fixations[9] = True
    fixations[10] = others[10] = False
    fixations[10, 3, 3] = True
    baseline[10] = 2
    return arrays


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_undefined_figures_are_undefined_in_both(dtype: torch.dtype) -> None:
    tensors = as_tensors(undefined_batch(), dtype)
    assert_equal_to_the_compiled_path(tensors)
    for name, figures in score_batch(**tensors).items():
        assert not figures[0].isnan(), name
        assert figures[3:5].isnan().all(), name


def test_a_batch_on_the_cpu_equals_its_items_to_the_last_bit() -> None:
    for dtype in (torch.float64, torch.float32, torch.uint8, torch.bfloat16):
        arrays = make_batch(2, (3, 20, 2), levels=200)  # as wide as points are
        tensors = as_tensors(arrays, dtype)
        wanted = one_by_one(as_tensors(arrays, torch.float32 if dtype == torch.bfloat16 else dtype))
        for name, figures in score_batch(**tensors).items():
            assert repr(figures.tolist()) == repr(torch.tensor(wanted[name], dtype=figures.dtype).tolist()), name
    turned = {
        name: tensor.requires_grad_(name == "prediction") for name, tensor in as_tensors(arrays, torch.float64).items()
    }
    with torch.no_grad():
        assert not score_batch(**turned)["cc"].requires_grad
    assert score_batch(**turned)["cc"].requires_grad


@pytest.mark.parametrize("factor", [1e160, 1e-300])
def test_neither_huge_nor_tiny_values_change_a_figure(factor: float) -> None:
    tensors = as_tensors(make_batch(3, (2, 12, 16), n=20), torch.float64)
    plain = by_torch(tensors)
    for argument in ("prediction", "density", "baseline"):
        changed = tensors | {argument: tensors[argument] * factor}
        for found in (by_torch(changed), score_batch(**changed)):
            for name, figures in found.items():
                assert figures.tolist() == pytest.approx(plain[name].tolist(), rel=1e-9, nan_ok=True), (argument, name)


@pytest.mark.parametrize("argument", ["prediction", "density", "fixations", "other_fixations", "baseline"])
def test_what_is_no_plain_tensor_is_refused_by_name(argument: str) -> None:
    arrays = make_batch(2, (2, 12, 16))
    tensors = as_tensors(arrays, torch.float32)
    taken = tensors[argument].float()
    for other in (taken.requires_grad_(), taken.bfloat16(), taken.half()):
        changed = score_batch(**tensors | {argument: other})
        for name, figures in score_batch(**tensors | {argument: other.detach().float()}).items():
            assert changed[name].tolist() == pytest.approx(figures.tolist(), rel=1e-4), name
    for wrong, what in (
        (arrays[argument], "ndarray"),
        (np.ma.masked_greater(arrays[argument] * 1.0, 0.5), "MaskedArray"),
        ([], "list"),
        (taken.detach().to_sparse(), "a tensor of torch.sparse_coo"),
        (taken.to(torch.complex64), "dtype torch.complex64"),
    ):
        with pytest.raises(InputError, match=f"^{argument} (is|has) {what}"):
            score_batch(**tensors | {argument: wrong})


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.uint8])
def test_a_gpu_gives_the_figures_of_the_cpu_and_the_same_bits_each_time(dtype: torch.dtype) -> None:
    arrays = make_batch(1, (4, 36, 64), levels=100) if dtype == torch.uint8 else undefined_batch()
    tensors = as_tensors(arrays, dtype, "cuda")
    assert_equal_to_the_compiled_path(tensors)
    first, again = score_batch(**tensors), score_batch(**tensors)
    for name, figures in first.items():
        assert figures.device.type == "cuda"
        assert torch.equal(figures.nan_to_num(9), again[name].nan_to_num(9)), name


@pytest.mark.parametrize("name", ["cc", "kld", "sim", "nss", "ig"])
def test_a_figure_of_its_own_equals_that_of_the_batch_and_has_the_right_gradient(name: str) -> None:
    arrays = as_tensors(make_batch(3, (2, 5, 6), n=6), torch.float64)
    arrays["fixations"][:, 2, 2] = True
    needed = {"nss": ["fixations"], "ig": ["fixations", "baseline"]}.get(name, ["density"])
    function: Callable[..., Tensor] = getattr(torch_metrics, name)
    others = [arrays[argument] for argument in needed]
    prediction = arrays["prediction"].requires_grad_()
    assert torch.equal(function(prediction, *others), score_batch(**arrays)[name])
    assert torch.autograd.gradcheck(lambda p: function(p, *others), (prediction,))


@pytest.mark.parametrize("name", ["cc", "kld", "sim", "nss", "ig"])
def test_an_undefined_item_leaves_the_gradient_of_the_others_alone(name: str) -> None:
    batch = as_tensors(undefined_batch(), torch.float32)
    batch["prediction"].requires_grad_()
    figures = score_batch(**batch, metrics=[name])[name]
    figures.nanmean().backward()  # type: ignore[no-untyped-call]
    gradient = batch["prediction"].grad
    assert gradient is not None
    assert gradient.isfinite().all()
    undefined = figures.isnan()
    assert 2 < undefined.sum() < 7
    assert not undefined[1:3].any()
    assert (gradient[undefined] == 0).all()
    assert (gradient[1:3] == 0).all()  # without information there is no way to get better
    assert (gradient[0] != 0).any()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
@pytest.mark.parametrize("name", ["cc", "kld", "sim", "nss"])
def test_descending_a_loss_improves_the_figure(name: str, dtype: torch.dtype) -> None:
    batch = as_tensors(make_batch(4, (2, 18, 32), n=20), torch.float32)
    truth = batch["fixations" if name == "nss" else "density"]
    function: Callable[..., Tensor] = getattr(torch_metrics, name)
    sign = 1 if name == "kld" else -1
    weights = (0.1 * batch["prediction"]).requires_grad_()
    optimizer = torch.optim.Adam([weights], lr=0.05)
    losses = []
    for _ in range(30):
        optimizer.zero_grad()
        loss = sign * function(weights.sigmoid().to(dtype), truth).nanmean()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] - 0.1


def test_the_order_of_a_batch_does_not_matter_and_equal_input_gives_equal_bits() -> None:
    batch = as_tensors(make_batch(6, (5, 36, 64), levels=40), torch.float32)
    order = torch.tensor([3, 0, 4, 2, 1])
    first, again = score_batch(**batch), score_batch(**batch)
    turned = score_batch(**{name: tensor[order] for name, tensor in batch.items()})
    for name, figures in first.items():
        assert torch.equal(figures, again[name])
        assert torch.equal(figures[order], turned[name])
        assert figures.dtype == torch.float32


def test_views_and_other_memory_orders_are_read_right() -> None:
    batch = as_tensors(make_batch(7, (2, 12, 9)), torch.float64)
    turned = {name: tensor.transpose(1, 2).contiguous().transpose(1, 2) for name, tensor in batch.items()}
    for name, figures in score_batch(**turned).items():
        assert figures.tolist() == pytest.approx(score_batch(**batch)[name].tolist(), rel=1e-12), name


def test_metrics_are_those_that_the_input_allows_or_that_are_asked_for() -> None:
    batch = as_tensors(make_batch(8, (2, 12, 16)), torch.float32)
    prediction, density, fixations = batch["prediction"], batch["density"], batch["fixations"]
    assert list(score_batch(prediction, density)) == ["cc", "sim", "kld"]
    assert list(score_batch(prediction, fixations=fixations)) == ["nss", "auc_judd", "auc_borji"]
    assert list(score_batch(prediction, density, metrics=["kld", "cc"])) == ["kld", "cc"]
    with pytest.raises(InputError, match=r"^density is missing, which metric 'cc' needs"):
        score_batch(prediction, fixations=fixations, metrics=["cc"])
    with pytest.raises(InputError, match=r"^density and fixations are both missing"):
        score_batch(prediction)
    with pytest.raises(UnknownNameError, match="did you mean"):
        score_batch(prediction, density, metrics=["ccc"])


def test_wrong_input_is_named() -> None:
    batch = as_tensors(make_batch(9, (2, 12, 16)), torch.float32)
    prediction, density, fixations = batch["prediction"], batch["density"], batch["fixations"]
    wrong: list[tuple[str, tuple[Tensor, ...]]] = [
        (r"prediction has shape \(12, 16\): give a non-empty batch", (prediction[0], density[0])),
        (r"prediction has shape \(0, 12, 16\)", (prediction[:0], density[:0])),
        (r"density has shape \(2, 12, 15\), prediction \(2, 12, 16\)", (prediction, density[:, :, 1:])),
        (r"density has negative values", (prediction, density - 5)),
        (r"density holds NaN or infinity", (prediction, density / 0)),
        (r"prediction has dtype torch.complex64", (prediction.to(torch.complex64), density)),
        (r"fixations has shape \(1, 12, 16\)", (prediction, density, fixations[:1])),
        (r"fixations holds NaN or infinity", (prediction, density, fixations * math.nan)),
        (r"density is on meta, prediction on cpu", (prediction, density.to("meta"))),
    ]
    for text, arguments in wrong:
        with pytest.raises(InputError, match=text):
            score_batch(*arguments)
    with pytest.raises(InputError, match="baseline holds NaN or infinity"):
        torch_metrics.ig(prediction, fixations, density / 0)
