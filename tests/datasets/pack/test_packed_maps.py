from __future__ import annotations

from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest

from videosal.datasets.pack.packed_maps import MapReader, MapWriter
from videosal.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


@pytest.fixture
def group() -> Iterator[Any]:
    with h5py.File("memory", "w", driver="core", backing_store=False) as file:
        yield file.create_group("video")


def some_maps() -> list[NDArray[Any]]:
    """Maps of several kinds and sizes, more than are read at once."""
    generator = np.random.default_rng(0)
    sparse = [
        generator.integers(0, 256, (9, 16)).astype(np.uint8) * (generator.random((9, 16)) < 0.2) for _ in range(30)
    ]
    full = generator.integers(1, 256, (9, 16)).astype(np.uint8)
    return [*sparse, full, np.zeros((9, 16), np.uint8), generator.random((9, 16)), full.astype(np.uint16), full[:4].T]


def write(group: Any, maps: list[NDArray[Any]]) -> MapReader:
    writer = MapWriter()
    for density in maps:
        writer.add(density)
    assert len(writer) == len(maps)
    writer.write(group)
    return MapReader(group, "val.h5: 0601")


@pytest.mark.parametrize("order", [1, -1, 7])
def test_maps_come_back_in_any_order(group: Any, order: int) -> None:
    maps = some_maps()
    reader = write(group, maps)
    for index in [order * step % len(maps) for step in range(len(maps))]:
        array = reader.read(index)
        assert array.dtype == maps[index].dtype
        np.testing.assert_array_equal(array, maps[index])


def test_no_maps_are_no_bytes(group: Any) -> None:
    write(group, [])
    assert group["density"].shape == (0,)


def test_a_damaged_map_is_named_and_spoils_no_other(group: Any) -> None:
    maps = some_maps()
    write(group, maps)
    end = int(group["density_places"][1, 0])
    group["density"][end : end + 6] = 255
    reader = MapReader(group, "val.h5: 0601")
    np.testing.assert_array_equal(reader.read(0), maps[0])
    with pytest.raises(FileError, match=r"val\.h5: 0601, map 2: the density map is damaged: pack the data set again"):
        reader.read(1)
    np.testing.assert_array_equal(reader.read(2), maps[2])


def test_no_array_stays_open(group: Any) -> None:
    reader = write(group, some_maps())
    for index in (0, 1, len(some_maps()) - 1):
        reader.read(index)
        assert h5py.h5f.get_obj_count(group.file.id, h5py.h5f.OBJ_DATASET) == 0  # each would keep megabytes in memory
