"""Names that people and archives give, as the name of one file or folder."""

from __future__ import annotations

import re
import unicodedata

_LENGTH = 150  # bytes: file systems take 255, and a suffix follows
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # devices of Windows


def safe_name(text: str) -> str:
    """Return the name as one of a single file inside its folder, on every system; a plain name stays as it is.

    What separates folders, what no system or terminal takes, and what would hide a file or lead out of the folder
    becomes ``_``. Two names may become one.
    """
    plain = "".join("_" if c in '/\\:*?"<>|' or unicodedata.category(c)[0] == "C" else c for c in text)
    plain = re.sub(r"^[. ]+|[. ]+$", lambda found: "_" * len(found[0]), plain)
    plain = plain.encode()[:_LENGTH].decode(errors="ignore")
    return f"_{plain}" if not plain or _RESERVED.fullmatch(plain) else plain
