from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from videosal.benchmark.maps import trees as map_trees
from videosal.benchmark.maps.trees import open_tree
from videosal.errors import FileError, PredictionError

FILES = {"0601/0001.png": b"one", "0601/0002.png": b"two", "0602/iter_0/0001.png": b"three"}


@pytest.fixture(params=["folder", "zip", "tar", "tar.gz"])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> map_trees.MapTree:
    root = tmp_path / f"maps.{request.param}"
    if request.param == "folder":
        for name, content in {**FILES, ".hidden/x.png": b"", "0601/.DS_Store": b""}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content)
    elif request.param == "zip":
        with zipfile.ZipFile(root, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("0601/", b"")
            for name, content in {**FILES, "__MACOSX/0601/._0001.png": b""}.items():
                archive.writestr(name, content)
    else:
        with tarfile.open(root, "w:gz" if root.suffix == ".gz" else "w") as tar:
            for name, content in FILES.items():
                info = tarfile.TarInfo(f"./{name}")
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return open_tree(root)


def test_every_kind_lists_and_reads_the_same_files(tree: map_trees.MapTree) -> None:
    entries = tree.entries()
    assert [(entry.name, entry.size) for entry in entries] == [(name, len(FILES[name])) for name in sorted(FILES)]
    for name in sorted(FILES, reverse=True):
        assert tree.read(name) == FILES[name]
        source = map_trees.file_source(tree, name)
        assert (source.read_bytes() if isinstance(source, Path) else source.read()) == FILES[name]
        assert name in tree.locate(name)
    with pytest.raises(FileError, match=r"0009\.png: cannot be"):
        tree.read("0601/0009.png")


def test_links_are_followed_and_a_loop_ends(tmp_path: Path) -> None:
    (tmp_path / "real/0601").mkdir(parents=True)
    (tmp_path / "real/0601/0001.png").write_bytes(b"x")
    root = tmp_path / "maps"
    root.mkdir()
    (root / "0601").symlink_to(tmp_path / "real/0601")
    (root / "loop").symlink_to(root)
    (root / "broken").symlink_to(tmp_path / "gone")
    assert [entry.name for entry in open_tree(root).entries()] == ["0601/0001.png"]


def zip_of(path: Path, name: str, *, attributes: int = 0) -> Path:
    info = zipfile.ZipInfo(name)
    info.external_attr = attributes << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, b"/etc/passwd")
    return path


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../outside.png", "0601/../../x.png", "C:\\maps\\0001.png", "..\\x.png"]
)
def test_archives_that_point_outside_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(PredictionError, match="points outside the archive"):
        open_tree(zip_of(tmp_path / "maps.zip", name)).entries()
    with tarfile.open(tmp_path / "maps.tar", "w") as tar:
        tar.addfile(tarfile.TarInfo(name))
    with pytest.raises(PredictionError, match="points outside the archive"):
        open_tree(tmp_path / "maps.tar").entries()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_in_archives_are_refused(tmp_path: Path, kind: bytes) -> None:
    info = tarfile.TarInfo("0601/0001.png")
    info.type, info.linkname = kind, "/etc/passwd"
    with tarfile.open(tmp_path / "maps.tar", "w") as tar:
        tar.addfile(info)
    with pytest.raises(PredictionError, match="is a link or a device"):
        open_tree(tmp_path / "maps.tar").entries()
    link = zip_of(tmp_path / "maps.zip", "0601/0001.png", attributes=0o120777)
    with pytest.raises(PredictionError, match="is a link or a device"):
        open_tree(link).entries()


def test_a_member_that_unpacks_to_gigabytes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(map_trees, "MOST_BYTES", 1000)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0601/0001.png", bytes(10_000))
    with pytest.raises(PredictionError, match=r"'0601/0001\.png' unpacks to 10000 bytes"):
        open_tree(tmp_path / "bomb.zip").entries()


def test_what_is_no_archive_is_named(tmp_path: Path) -> None:
    for name in ("a.zip", "a.tar", "a.tar.gz"):
        (tmp_path / name).write_bytes(b"no archive")
        with pytest.raises(FileError, match=rf"{name}: not a readable (zip|tar) archive"):
            open_tree(tmp_path / name)
    whole = zip_of(tmp_path / "whole.zip", "0601/0001.png").read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[:-10])
    with pytest.raises(FileError, match=r"cut\.zip: not a readable zip"):
        open_tree(tmp_path / "cut.zip")
    (tmp_path / "flipped.zip").write_bytes(whole.replace(b"/etc", b"/EtC"))
    with pytest.raises(FileError, match=r"0001\.png: not a readable member of a zip archive: it is damaged"):
        open_tree(tmp_path / "flipped.zip").read("0601/0001.png")


@pytest.mark.parametrize("pattern", ["./{}", "{}"])
@pytest.mark.parametrize("separator", ["/", "\\"])
def test_names_of_other_archivers_are_read(tmp_path: Path, pattern: str, separator: str) -> None:
    with zipfile.ZipFile(tmp_path / "maps.zip", "w") as archive:
        for name, content in FILES.items():
            info = zipfile.ZipInfo("x")
            info.filename = pattern.format(name.replace("/", separator))
            archive.writestr(info, content)
    tree = open_tree(tmp_path / "maps.zip")
    assert {entry.name: tree.read(entry.name) for entry in tree.entries()} == FILES


def test_members_without_a_time_have_that_of_their_archive(tmp_path: Path) -> None:
    def pack(content: bytes, time: int) -> int:
        with tarfile.open(tmp_path / "maps.tar", "w") as tar:
            info = tarfile.TarInfo("0601/0001.png")
            info.size, info.mtime = len(content), time
            tar.addfile(info, io.BytesIO(content))
        return open_tree(tmp_path / "maps.tar").entries()[0].stamp

    assert pack(b"one", 0) != pack(b"two", 0)
    assert pack(b"one", 7) == pack(b"two", 7) == 7


def gzipped(path: Path, names: tuple[str, ...] = ("0601/0001.png", "0601/0002.png")) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = 5000
            tar.addfile(info, io.BytesIO(np.random.default_rng(0).bytes(5000)))
    return path


def test_a_compressed_tar_is_read_to_its_checksum(tmp_path: Path) -> None:
    whole = gzipped(tmp_path / "whole.tar.gz")
    assert len(open_tree(whole).entries()) == 2
    data = bytearray(whole.read_bytes())
    data[-6] ^= 1  # of the checksum itself
    damaged = tmp_path / "damaged.tar.gz"
    damaged.write_bytes(bytes(data))
    with pytest.raises(FileError, match=r"damaged\.tar\.gz: not a readable tar archive: it is damaged"):
        open_tree(damaged)


def test_a_damaged_member_does_not_end_a_tar_in_silence(tmp_path: Path) -> None:
    path = tmp_path / "maps.tar"
    with tarfile.open(path, "w") as tar:
        for number in range(3):
            tar.addfile(tarfile.TarInfo(f"0601/{number:04d}.png"))
    data = bytearray(path.read_bytes())
    data[512 + 3] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(FileError, match="no member begins at its byte 512, where one should"):
        open_tree(path)


def test_a_member_that_is_there_twice_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PredictionError, match=r"'\./0601/0001\.png' is there twice: keep one of them"):
        open_tree(gzipped(tmp_path / "a.tar.gz", ("0601/0001.png", "./0601/0001.png")))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("0601/0001.png", "./0601/0001.png"):
            archive.writestr(name, b"one")
    with pytest.raises(PredictionError, match=r"a\.zip: its member '\./0601/0001\.png' is there twice"):
        open_tree(tmp_path / "a.zip")


def test_what_says_where_maps_came_from_is_not_overlooked_where_it_is_damaged(tmp_path: Path) -> None:
    from videosal.benchmark.maps.origin import read_origin

    archive = zip_of(tmp_path / "maps.zip", "maps.json")
    assert read_origin(zip_of(tmp_path / "other.zip", "0601/0001.png")) is None
    archive.write_bytes(archive.read_bytes().replace(b"/etc", b"/EtC"))
    with pytest.raises(FileError, match=r"maps\.zip:maps\.json: not a readable member"):
        read_origin(archive)
