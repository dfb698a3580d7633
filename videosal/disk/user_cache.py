"""Where videosal keeps what it can make again, apart for each user."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """Return ``$VIDEOSAL_CACHE``, or the user's cache folder; it need not be there yet."""
    from platformdirs import user_cache_path

    base = os.environ.get("VIDEOSAL_CACHE")
    return Path(base).expanduser() if base else user_cache_path("videosal", appauthor=False)
