from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from videosal.errors import FileError, InputError, ModelError
from videosal.models import (
    build_network,
    create_model,
    iterate_predictions,
    load_official,
    prepare_model,
    profile_model,
)
from videosal.models.zoo.unisal.entry import UnisalModel, choose_size, unisal
from videosal.models.zoo.unisal.network import SOURCES, UNISAL, find_source

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

Video = Callable[..., Any]


@pytest.fixture(scope="module")
def network(filled: Any) -> Any:
    """UNISAL filled by the rule. Leave it as it is."""
    with torch.device("meta"):
        empty = build_network("unisal")
    return filled(empty)


@pytest.fixture(scope="module")
def clip(make_clip: Any) -> Tensor:
    clip: Tensor = make_clip(6, 64, 96)
    return clip


def test_keys_and_shapes_are_the_authors(network: nn.Module, facts: Any) -> None:
    assert {key: tuple(tensor.shape) for key, tensor in network.state_dict().items()} == facts("unisal")


def test_the_golden_maps(network: Any, clip: Tensor, golden: Any) -> None:
    with torch.no_grad():
        found = {
            "log_DHF1K": network(clip),
            "log_SALICON": network(clip, source="SALICON"),
            "log_static_SALICON": network(clip[:, :, :1], source="SALICON"),
        }
        _, state = network.predict_sequence(clip[:, :, :3], None, source="DHF1K")
        found["log_DHF1K_split_second_half"], _ = network.predict_sequence(clip[:, :, 3:], state, source="DHF1K")
    expected = golden("unisal")
    assert set(found) == set(expected.files)
    for name, maps in found.items():
        np.testing.assert_allclose(maps[0].numpy(), expected[name], rtol=0, atol=2e-3, err_msg=name)


def test_a_video_may_be_cut_anywhere(network: Any, clip: Tensor) -> None:
    with torch.no_grad():
        whole = network(clip)
        state, parts = None, []
        for part in (clip[:, :, :1], clip[:, :, 1:5], clip[:, :, 5:]):
            maps, state = network.predict_sequence(part, state, source="DHF1K")
            parts.append(maps)
    torch.testing.assert_close(torch.cat(parts, dim=1), whole, rtol=0, atol=2e-3)
    assert not torch.allclose(parts[1][:, 0], network(clip[:, :, 1:5])[:, 0], atol=1e-2)  # the state does matter


def test_an_image_bypasses_the_recurrent_layer(network: Any, clip: Tensor) -> None:
    with torch.no_grad():
        alone = network(clip[:, :, 2:3])
        static, state = network.predict_sequence(clip, None, source="DHF1K", static=True)
        moving, _ = network.predict_sequence(clip[:, :, 2:3], None, source="DHF1K")
    assert state is None
    torch.testing.assert_close(static[:, 2:3], alone, rtol=0, atol=2e-3)
    assert (moving - alone).abs().max() > 0.1


def test_maps_are_distributions_of_the_size_that_is_asked_for(network: Any, clip: Tensor) -> None:
    with torch.no_grad():
        maps, _ = network.predict_sequence(clip[:, :, :2], None, source="Hollywood", size=(50, 70))
    assert maps.shape == (1, 2, 50, 70)
    torch.testing.assert_close(maps.exp().sum(dim=(2, 3)), torch.ones(1, 2), rtol=0, atol=1e-4)


def test_a_source_has_parts_of_its_own(network: Any, clip: Tensor) -> None:
    """Weights of one source that are spoilt change the maps of that source only."""
    with torch.device("meta"):
        spoilt: Any = UNISAL()
    state = {key: tensor.clone() for key, tensor in network.state_dict().items()}
    own = [key for key in state if "UCFSports" in key or "ucfsports" in key]
    assert len(own) == 23 * 5 + 4  # 23 norms; priors, adaptation with bias, smoothing
    for key in own:
        state[key] = state[key] + 1
    spoilt.load_state_dict(state, assign=True)
    spoilt.eval()
    with torch.no_grad():
        for source in SOURCES:
            same = torch.equal(spoilt(clip[:, :, :2], source=source), network(clip[:, :, :2], source=source))
            assert same == (source != "UCFSports")


def test_the_priors_by_their_definition(network: Any) -> None:
    from videosal.models.zoo.unisal.network import _prior_maps

    gaussians = network.coarse_gaussians_dhf1k.detach()
    found = _prior_maps(gaussians, 5, 7).numpy()
    for maps, ((mean_y, log_y), (mean_x, log_x)) in zip(found, gaussians.double().numpy(), strict=True):
        for y in range(5):
            for x in range(7):
                squares = ((y / 4 - mean_y) / np.exp(log_y)) ** 2 + ((x / 6 - mean_x) / np.exp(log_x)) ** 2
                assert maps[y, x] == pytest.approx(6 * np.exp(-squares / 2), abs=1e-5)


def test_options_of_the_network() -> None:
    with torch.device("meta"):
        network: Any = build_network("unisal", source="hollywood2")
        assert network.source == "Hollywood"
        with pytest.raises(ModelError, match=r"'unisal' has no option 'sauce': did you mean source.* source=DHF1K"):
            build_network("unisal", sauce="DHF1K")
        with pytest.raises(ModelError, match="no option 'source': it has none"):
            build_network("stsanet-unet", source="DHF1K")
        with pytest.raises(InputError, match=r"expected \(B, 3, T, H, W\)"):
            network(torch.empty(1, 6, 3, 64, 96))


def test_names_of_sources() -> None:
    assert [find_source(name) for name in ("dhf1k", "HOLLYWOOD2", "ucf", "Salicon", "UCFSports")] == [
        "DHF1K",
        "Hollywood",
        "UCFSports",
        "SALICON",
        "UCFSports",
    ]
    with pytest.raises(ModelError, match="no source 'holywood': did you mean Hollywood"):
        create_model("unisal", source="holywood")


def test_it_learns() -> None:
    torch.manual_seed(0)
    network = build_network("unisal").train()
    network(torch.randn(1, 3, 2, 64, 64), source="SALICON").square().mean().backward()
    touched = {name for name, parameter in network.named_parameters() if parameter.grad is not None}
    assert "rnn.cell_list.0.norm_out_h.bn_SALICON.weight" in touched
    assert not [name for name in touched if "DHF1K" in name or "dhf1k" in name]


def test_the_cost_of_a_call() -> None:
    found = profile_model("unisal", repeats=0)
    assert found.gmacs is not None
    assert (found.frames_in, found.maps_out) == (6, 6)
    assert found.gmacs * 2 == pytest.approx(13.97, abs=0.01)  # 12 frames: the published 14.4
    assert found.float32_mb == pytest.approx(15.2, abs=0.05)
    assert found.parameters == 3_714_872


# How it meets a video.


class Recording(nn.Module):
    """Stands in for the network: its map tells the sum of the first pixels of the frames of its sequence so far."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[int, ...]] = []

    def predict_sequence(
        self, clips: Tensor, state: Tensor | None, *, source: str, static: bool, size: tuple[int, int]
    ) -> tuple[Tensor, Tensor | None]:
        self.calls.append((len(clips), clips.shape[2]))
        sums = clips[:, 0, :, 0, 0].cumsum(dim=1)
        if state is not None:
            sums = sums + state.view(-1, 1)
        if static:
            sums = clips[:, 0, :, 0, 0]
        maps = torch.zeros(*sums.shape, *size)
        maps[:, :, 0, 1] = -10 - sums
        return maps, None if static else sums[:, -1].view(-1, 1, 1, 1)


def make(source: str | None = None, batch: int = 1) -> Any:
    model: Any = replace(unisal, build=lambda _: Recording())(device="cpu", source=source)
    model.batch = batch  # as on a GPU
    model.prepare_frame = lambda frame: torch.full((3, 2, 2), float(frame[0, 0, 0]) / 256)
    return model


def predict(model: Any, frames: Any) -> NDArray[Any]:
    return np.array(list(iterate_predictions(model, frames)))


@pytest.mark.parametrize(("source", "step"), [("DHF1K", 5), ("Hollywood", 4), ("UCFSports", 4), ("SALICON", None)])
@pytest.mark.parametrize("total", [0, 1, 3, 30, 31, 67])
def test_every_frame_is_predicted_by_its_own_sequence(video: Video, source: str, step: int | None, total: int) -> None:
    frames = video(total, 4, 6)
    maps = predict(make(source), frames)
    assert frames.reads == list(range(total))
    pixels = [float(video(total, 4, 6)[index][0, 0, 0]) / 256 for index in range(total)]
    for index in range(total):
        seen = pixels[index % step : index + 1 : step] if step else pixels[index : index + 1]
        assert maps[index].shape == (4, 6)
        assert np.log(maps[index][0, 1]) == pytest.approx(-10 - sum(seen), abs=1e-4)


@pytest.mark.parametrize(
    ("option", "dataset", "source"),
    [
        (None, None, "DHF1K"),
        (None, "dhf1k", "DHF1K"),
        (None, "diem", "DHF1K"),
        (None, "ucf", "UCFSports"),
        (None, "hollywood2", "Hollywood"),
        ("DHF1K", "ucf", "DHF1K"),
        ("SALICON", "hollywood2", "SALICON"),
    ],
)
def test_the_source_is_that_of_the_data_set_unless_one_is_given(
    video: Video, option: str | None, dataset: str | None, source: str
) -> None:
    model = make(option)
    if dataset is not None:
        prepare_model(model, SimpleNamespace(name=dataset))  # type: ignore[arg-type]
    np.testing.assert_array_equal(predict(model, video(20, 4, 6)), predict(make(source), video(20, 4, 6)))
    assert model.source == source


@pytest.mark.parametrize("batch", [2, 3, 5, 9])
def test_maps_are_the_same_for_any_batch(video: Video, batch: int) -> None:
    one, many = make(), make(batch=batch)
    np.testing.assert_allclose(predict(many, video(67, 4, 6)), predict(one, video(67, 4, 6)), rtol=1e-5)
    assert set(one.network.calls) == {(1, 6), (1, 2), (1, 1)}
    assert max(count for count, _ in many.network.calls) == min(batch, 5)


def test_memory_is_bounded(video: Video) -> None:
    frames = video(400, 4, 6)
    maps = make().predict(frames)
    for index in range(200):
        next(maps)
        assert len(frames.reads) <= index + 1 + 2 * 30 + 1
    maps.close()


def test_sizes() -> None:
    assert choose_size("DHF1K", (360, 640)) == (224, 384)
    assert choose_size("Hollywood", (300, 400)) == (224, 416)
    assert choose_size("UCFSports", (300, 400)) == (256, 384)
    assert choose_size("SALICON", (480, 640)) == (288, 384)
    assert choose_size("DHF1K", (1080, 1920)) == (256, 416)
    assert choose_size("DHF1K", (500, 500)) == (320, 320)
    assert choose_size("DHF1K", (640, 360)) == (416, 256)
    assert choose_size("DHF1K", (100, 2000)) == (256, 416)


def test_frames_are_resized_by_lanczos() -> None:
    """Against the definition: the kernel of three lobes, as wide as the scale, rounded to 8 bits after each pass."""
    model: Any = replace(unisal, build=lambda _: Recording())(device="cpu", source="UCFSports")
    frame = np.random.default_rng(0).integers(0, 256, (300, 500, 3), np.uint8)
    found = model.prepare_frame(frame).numpy()
    rows, columns = lanczos(300, 256), lanczos(500, 384)
    across = np.rint(np.einsum("xj,ijc->ixc", columns, frame.astype(float))).clip(0, 255)
    small = np.rint(np.einsum("yi,ixc->yxc", rows, across)).clip(0, 255)
    expected = ((small / 255 - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)).transpose(2, 0, 1)
    assert found.dtype == np.float32
    # PIL's weights are integers: a few levels more or less where a value lies between two.
    assert np.abs(found - expected).max() <= 2.01 / 255 / 0.224
    assert np.mean(np.abs(found - expected) < 1e-5) > 0.98


def lanczos(source: int, target: int) -> NDArray[Any]:
    scale = max(source / target, 1)
    places = (np.arange(source) + 0.5 - (np.arange(target)[:, None] + 0.5) * source / target) / scale
    weights = np.where(np.abs(places) < 3, np.sinc(places) * np.sinc(places / 3), 0)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


@pytest.fixture(scope="module")
def checkpoint(network: nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights as a checkpoint of the authors' training holds them."""
    file = tmp_path_factory.mktemp("unisal") / "chkpnt_epoch0001.pth"
    state = {f"module.{key}": tensor for key, tensor in network.state_dict().items()}
    torch.save({"epoch": 1, "model_state_dict": state, "best_val_score": 0.5}, file)
    return file


def test_a_video_with_the_network_itself(network: Any, checkpoint: Path, video: Video) -> None:
    frames = video(7, 90, 160)
    model: Any = create_model("unisal", checkpoint, "cpu")
    assert isinstance(model, UnisalModel)
    assert not model.untrained
    maps = predict(model, frames)
    assert maps.shape == (7, 90, 160)
    assert maps.max(axis=(1, 2)) == pytest.approx(np.ones(7))
    sequence = torch.stack([model.prepare_frame(frames[index]) for index in (1, 6)], dim=1)[None]
    assert sequence.shape[-2:] == (256, 416)
    with torch.no_grad():
        logs, _ = network.predict_sequence(sequence, None, source="DHF1K", size=(90, 160))
    for saliency, index in zip(logs[0].exp().numpy(), (1, 6), strict=True):
        np.testing.assert_allclose(maps[index], saliency / saliency.max(), rtol=0, atol=1e-3)


def test_weights_that_do_not_fit(network: nn.Module, tmp_path: Path) -> None:
    state = dict(network.state_dict())
    del state["post_rnn.0.weight"]
    state["smoothing_coco.weight"] = torch.zeros(1, 1, 41, 41)
    state["coarse_gaussians_dhf1k"] = torch.zeros(8, 2, 2)
    text = (
        r"do not fit UNISAL: 1 missing \(post_rnn.0.weight\); 1 unknown \(smoothing_coco.weight\); "
        r"1 of another shape \(coarse_gaussians_dhf1k 8x2x2 instead of 16x2x2\)"
    )
    with pytest.raises(ModelError, match=text):
        load_official(build_network("unisal"), state)
    torch.save(state, tmp_path / "w.pth")
    with pytest.raises(FileError, match=rf"w\.pth: the weights {text}"):
        create_model("unisal", tmp_path / "w.pth")
