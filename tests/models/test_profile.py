from __future__ import annotations

import logging
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from videosal.errors import InputError, ModelError, UnknownNameError
from videosal.models import profile_model
from videosal.models.memory import _resident_peak

if TYPE_CHECKING:
    from pathlib import Path


def test_a_network_is_counted(tiny_entry: Any) -> None:
    found = profile_model("tiny", repeats=0)
    first, head = 3 * 2 * 4 * 8 * 16, 2 * 4 * 3 * 3 * 8 * 16
    assert found.convolution_gmacs == pytest.approx((first + head) / 1e9, rel=1e-12)
    assert found.matmul_gmacs == 0
    assert found.gflops == pytest.approx(2 * (first + head) / 1e9, rel=1e-12)
    assert found.parameters == 3 * 2 + 2 + 2 * 36 + 1
    assert found.float32_mb == pytest.approx(4 * 81 / 1e6)
    assert (found.input_size, found.frames_in, found.maps_out) == ("16x8", 4, 1)
    assert found.seconds_per_map is None
    assert found.device is None


@pytest.mark.parametrize("name", ["tiny", "center", "motion"])
def test_any_model_is_timed(tiny_entry: Any, name: str) -> None:
    found = profile_model(name, device="cpu", repeats=2)
    assert found.seconds_per_map is not None
    assert found.seconds_per_map > 0
    assert found.device is not None
    assert found.device.startswith("cpu, ")
    assert (found.gmacs is None) == (name != "tiny")


def test_a_model_that_cannot_run_alone_is_not_timed(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert profile_model("mean-map").seconds_per_map is None
    assert "mean-map is not timed: mean-map has no map" in caplog.text


def test_the_size_of_the_file(tiny_entry: Any, tmp_path: Path) -> None:
    file = tmp_path / "w.pth"
    file.write_bytes(bytes(1500))
    assert profile_model("tiny", weights=file, repeats=0).checkpoint_mb == 0.0015
    with pytest.raises(ModelError, match=r"absent\.pth: there is no such file"):
        profile_model("tiny", weights=tmp_path / "absent.pth", repeats=0)


def test_wrong_input() -> None:
    with pytest.raises(InputError, match="repeats is -1"):
        profile_model("center", repeats=-1)
    with pytest.raises(UnknownNameError, match="did you mean center"):
        profile_model("centre")


def test_peak_memory_sees_what_is_given_back() -> None:
    code = (  # in a process of its own: what other tests gave back would be taken again without being seen
        "from videosal.models.memory import PeakMemory\n"
        "with PeakMemory('cpu') as small: pass\n"
        "with PeakMemory('cpu') as large: bytearray(b'x') * 300_000_000\n"
        "print(small.peak, large.peak)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    small, large = done.stdout.split()
    if "None" in (small, large):
        pytest.skip("this system does not count the peak of resident memory")
    assert int(large) - int(small) > 200_000_000


def test_the_line_of_the_kernel() -> None:
    assert _resident_peak("Name:\tpython\nVmHWM:\t  1024 kB\n") == 1024 * 1024
    assert _resident_peak("Name:\tpython\n") is None
