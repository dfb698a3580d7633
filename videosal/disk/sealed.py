"""JSON files that carry a digest of themselves, so that one damaged value in them is noticed."""

from __future__ import annotations

import hashlib
import json
from typing import Any

_KEY = ', "digest": "'
_DIGITS = 16


def seal(content: dict[str, Any]) -> str:
    """Return an object as the text of a file, on one line; its last key, ``digest``, is one of all before it."""
    body = json.dumps(content)[:-1]
    return f'{body}{_KEY}{_digest(body)}"}}\n'


def is_sealed(text: str, content: dict[str, Any]) -> bool:
    """Take the digest out of what a text holds, and say whether it is right; files of earlier versions have none."""
    told = content.pop("digest", None)
    return told is None or told == _digest(text.rpartition(_KEY)[0])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
