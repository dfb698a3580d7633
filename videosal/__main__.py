"""The command ``videosal``, also as ``python -m videosal``."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line; without a verb, say which there are, for which nothing else need be imported."""
    if sys.argv[1:] not in ([], ["-h"], ["--help"]):
        from videosal.cli import main as run_verb

        run_verb()
        return
    from videosal.verbs import help_page

    try:
        print(help_page(), end="", flush=True)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):  # that is a reader of our output who has gone
            sys.exit(f"error: nothing can be printed ({error.strerror})")
    sys.exit(None if sys.argv[1:] else 2)


if __name__ == "__main__":
    main()
