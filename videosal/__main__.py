"""The command ``videosal``, also as ``python -m videosal``."""

from __future__ import annotations

from videosal.cli import main

if __name__ == "__main__":
    main()
