from __future__ import annotations

import os
import subprocess
from importlib import metadata
from pathlib import Path

import cv2
import numpy as np
import pytest

from videosal.benchmark.runs import provenance
from videosal.benchmark.runs.provenance import describe_session, find_commit


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "protocol.file.allow=always"]
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    (root / "deep/er").mkdir(parents=True)
    git(root, "init", "-q", "-b", "main")
    git(root, "commit", "-q", "--allow-empty", "-m", "first")
    return root


def test_the_commit_is_that_of_git(repository: Path, tmp_path: Path) -> None:
    expected = git(repository, "rev-parse", "HEAD")
    assert find_commit(repository / "deep/er") == expected
    git(repository, "pack-refs", "--all")
    assert not (repository / ".git/refs/heads/main").exists()
    assert find_commit(repository) == expected
    git(repository, "checkout", "-q", "--detach")
    assert find_commit(repository) == expected
    assert find_commit(tmp_path) is None


def test_a_worktree_has_a_commit_of_its_own(repository: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    git(repository, "worktree", "add", "-q", "-b", "a/branch", str(tree))
    git(tree, "commit", "-q", "--allow-empty", "-m", "second")
    found = [find_commit(repository), find_commit(tree)]
    assert found == [git(repository, "rev-parse", "HEAD"), git(tree, "rev-parse", "HEAD")]
    assert found[0] != found[1]
    git(repository, "pack-refs", "--all")
    assert find_commit(tree) == found[1]


def test_a_submodule_is_found(repository: Path, tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q")
    git(outer, "submodule", "-q", "add", str(repository), "inner")
    assert find_commit(outer / "inner") == git(repository, "rev-parse", "HEAD")
    assert find_commit(outer) is None  # nothing is committed yet


def test_git_is_not_run(repository: Path, tmp_path: Path) -> None:
    """The configuration of a stranger's folder may name a program, which `git describe --dirty` starts."""
    started = tmp_path / "started"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {started}\n")
    program.chmod(0o755)
    git(repository, "config", "core.fsmonitor", str(program))
    assert find_commit(repository) is not None
    assert not started.exists()


@pytest.mark.parametrize("head", ["ref: ../../secret", "ref: HEAD", "", "<script>", "ref: refs/heads/none", "\xff"])
def test_a_head_that_is_none_gives_no_commit(repository: Path, head: str) -> None:
    (repository.parent / "secret").write_text("0" * 40)
    (repository / ".git/HEAD").write_bytes(head.encode("latin-1"))
    assert find_commit(repository) is None


def test_a_session_names_both_commits(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository)
    found = describe_session()
    assert set(found) == {"versions", "commit", "videosal_commit", "command", "host", "started"}
    assert found["commit"] == git(repository, "rev-parse", "HEAD")
    clone = Path(provenance.__file__).resolve().parents[2]
    if (clone / ".git").exists():
        environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
        command = ["git", "-C", str(clone), "rev-parse", "HEAD"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        assert found["videosal_commit"] == (done.stdout.strip() or None)
    assert found["versions"]["numpy"] == np.__version__


def test_a_package_without_metadata_does_not_break_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `opencv-python` or a conda package, which has none under the name that we ask for."""
    there = metadata.version

    def version(name: str) -> str:
        if name in ("opencv-python-headless", "numba"):
            raise metadata.PackageNotFoundError(name)
        return there(name)

    monkeypatch.setattr(metadata, "version", version)
    monkeypatch.setitem(provenance._PACKAGES, "numba", "no_such_module")
    versions = describe_session()["versions"]
    assert (versions["opencv-python-headless"], versions["numba"]) == (cv2.__version__, None)
