from __future__ import annotations

import json
import math
from typing import Any

import pytest

from videosal.disk.sealed import is_sealed, seal

CONTENT: dict[str, Any] = {
    "video": "0601",
    "scores": {"cc": [0.1, None, 1e-300]},
    "name": 'a", "digest": "b',
    "empty": {},
}


def test_what_was_sealed_comes_back() -> None:
    text = seal(CONTENT)
    read = json.loads(text)
    assert is_sealed(text, read)
    assert read == CONTENT
    assert text.count("\n") == 1


def test_every_changed_byte_is_noticed() -> None:
    text = seal(CONTENT)
    noticed = 0
    for at in range(len(text) - 1):
        changed = f"{text[:at]}{'7' if text[at] != '7' else '8'}{text[at + 1 :]}"
        try:
            content = json.loads(changed)
        except ValueError:
            continue
        if "digest" in content:  # its own name apart, which readers find to be an unknown key
            assert not is_sealed(changed, content), (at, text[at])
            noticed += 1
    assert noticed > 40


@pytest.mark.parametrize("digest", ["", 3, None, [], "0" * 16])
def test_a_digest_of_another_kind_is_wrong(digest: Any) -> None:
    content = {"x": 1, "digest": digest}
    assert is_sealed(json.dumps(content), content) is (digest is None)


def test_a_file_without_a_digest_is_one_of_before() -> None:
    assert is_sealed('{"x": 1}', {"x": 1})
    assert math.isnan(json.loads(seal({"x": math.nan}))["x"])
