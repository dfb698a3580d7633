from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from videosal.disk.folder_lock import LOCK, hold
from videosal.errors import RunError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_folder_is_held_by_one_process(tmp_path: Path) -> None:
    refused = pytest.raises(RunError, match=r"another process is training into .*a: wait")
    with hold(tmp_path / "a", "training into"), refused, hold(tmp_path / "a", "training into", wait=0.2):
        pass
    with hold(tmp_path / "a", "training into"):
        pass
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match=r"cannot write to .*file"), hold(tmp_path / "file", "training into"):
        pass


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_disk_without_locks_is_written_to_with_a_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path, number: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", refuse)
    for _ in range(2):  # what the first leaves means nothing to the second
        with hold(tmp_path, "scoring into"):
            assert (tmp_path / LOCK).exists()
    assert len(caplog.records) == 2
    assert "has no locks" in caplog.text


def test_another_failure_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("fcntl.flock", refuse)
    with pytest.raises(RunError, match=r"cannot write to .* \(Input/output error\)"), hold(tmp_path, "scoring into"):
        pass
