from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from videosal.errors import FileError, InputError, ModelError
from videosal.models import build_network, create_model, iterate_predictions, official_state_dict
from videosal.models.video import inference

if TYPE_CHECKING:
    from pathlib import Path

Video = Callable[..., Any]


@pytest.fixture(autouse=True)
def _forget_warnings(tiny_entry: Any) -> None:
    inference._warn_untrained.cache_clear()


def predict(model: Any, frames: Any) -> np.ndarray[Any, Any]:
    return np.array(list(iterate_predictions(model, frames)))


def test_one_map_per_frame_and_each_frame_is_read_once(video: Video) -> None:
    frames = video(7)
    maps = predict(create_model("tiny"), frames)
    assert maps.shape == (7, 8, 16)
    assert maps.dtype == np.float32
    assert frames.reads == list(range(7))


def test_the_map_is_that_of_the_window_of_the_frame(video: Video, tmp_path: Path) -> None:
    network = build_network("tiny").eval()
    torch.save(official_state_dict(network), tmp_path / "w.pth")
    model: Any = create_model("tiny", tmp_path / "w.pth")
    prepared = [model.prepare_frame(video(6)[index]) for index in range(6)]
    maps = predict(model, video(6))
    for n in range(6):
        window = [prepared[min(max(index, 0), 5)] for index in range(n - 1, n + 3)]
        with torch.no_grad():
            expected = network(torch.stack(window, dim=1)[None])[0].numpy()
        np.testing.assert_allclose(maps[n], expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("batch", [2, 5, 50])
def test_maps_are_the_same_bits_for_any_batch(video: Video, batch: int) -> None:
    np.testing.assert_array_equal(
        predict(create_model("tiny", batch=batch), video(7)), predict(create_model("tiny"), video(7))
    )


def test_frames_are_prepared_as_torchvision_does_it_with_pil() -> None:
    """Against the definition: PIL scales with a triangle as wide as the scale, and rounds each pass to 8 bits."""
    model: Any = create_model("tiny")
    frame = np.random.default_rng(0).integers(0, 256, (33, 47, 3), np.uint8)
    found = model.prepare_frame(frame).numpy()
    rows, columns = triangle(33, 8), triangle(47, 16)
    across = np.rint(np.einsum("xj,ijc->ixc", columns, frame.astype(float)))
    small = np.rint(np.einsum("yi,ixc->yxc", rows, across))
    mean, deviation = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    expected = ((small / 255 - mean) / deviation).transpose(2, 0, 1)
    # PIL's weights are integers: one level more or less where a value lies between two.
    assert np.abs(found - expected).max() <= 1.01 / 255 / 0.224
    assert np.mean(np.abs(found - expected) < 1e-5) > 0.98


def triangle(source: int, target: int) -> np.ndarray[Any, Any]:
    scale = source / target
    distance = np.abs((np.arange(source) + 0.5) - (np.arange(target)[:, None] + 0.5) * scale) / scale
    weights = np.clip(1 - distance, 0, None)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def test_without_weights_it_is_untrained_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        models: list[Any] = [create_model("tiny"), create_model("tiny")]
    assert [model.untrained for model in models] == [True, True]
    assert [record.getMessage() for record in caplog.records] == [
        "tiny has no weights: its maps mean nothing; give --weights FILE"
    ]


def test_untrained_weights_are_the_same_each_time_and_leave_the_generator_alone(video: Video) -> None:
    torch.manual_seed(3)
    first = predict(create_model("tiny"), video(3))
    number = torch.rand(1)
    torch.manual_seed(3)
    assert torch.equal(torch.rand(1), number)
    np.testing.assert_array_equal(predict(create_model("tiny"), video(3)), first)


def test_with_weights_it_is_not(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    official = official_state_dict(build_network("tiny"))
    torch.save(official, tmp_path / "w.pth")
    torch.save(
        {f"s3d.{name.removeprefix('base1.')}": official[name] for name in official if "base1" in name},
        tmp_path / "b.pth",
    )
    trained: Any = create_model("tiny", tmp_path / "w.pth")
    assert not trained.untrained
    assert not caplog.records
    backbone: Any = create_model("tiny", tmp_path / "b.pth")
    assert backbone.untrained
    assert "holds the backbone only: the rest of tiny is random" in caplog.text


def test_weights_that_do_not_fit(tmp_path: Path) -> None:
    torch.save({"x": torch.ones(1)}, tmp_path / "w.pth")
    with pytest.raises(FileError, match=r"w\.pth: the weights do not fit Tiny"):
        create_model("tiny", tmp_path / "w.pth")


def test_half_precision_is_near(video: Video) -> None:
    exact = predict(create_model("tiny"), video(3))
    rough = predict(create_model("tiny", precision="bfloat16"), video(3))
    assert rough.dtype == np.float32
    assert 0 < np.abs(rough - exact).max() < 0.1


def test_options_that_cannot_be() -> None:
    with pytest.raises(ModelError, match="unknown precision 'bf16': did you mean bfloat16"):
        create_model("tiny", precision="bf16")
    with pytest.raises(InputError, match="batch is 0"):
        create_model("tiny", batch=0)
    with pytest.raises(ModelError, match="device 'tpu9' cannot be used"):
        create_model("tiny", device="tpu9")


def test_too_little_memory_is_told(video: Video, monkeypatch: pytest.MonkeyPatch) -> None:
    model: Any = create_model("tiny")

    def fail(_: Any) -> Any:
        raise torch.OutOfMemoryError("4 GiB")

    monkeypatch.setattr(model, "network", fail)
    with pytest.raises(
        ModelError, match="'tiny': cpu has too little memory for 1 windows at once: lower the option batch"
    ):
        predict(model, video(3))


def test_an_empty_video() -> None:
    assert list(create_model("tiny").predict([])) == []


def test_a_run_says_that_its_network_is_untrained(tmp_path: Path) -> None:
    from videosal import run

    done = run("tiny", "sample:test", metrics=["cc"], out=tmp_path / "run")
    assert done.notes[0] == "untrained: the weights of the network are random, and its maps mean nothing"
