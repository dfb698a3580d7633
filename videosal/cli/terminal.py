"""What names and paths of others may do to a terminal: nothing."""

from __future__ import annotations

import re
import sys
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator

# Control characters but for the tab and the end of a line, and what turns the direction of writing.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    r"""Write the characters that a terminal takes for commands as their escapes, ``\x1b``."""
    return _UNSAFE.sub(_escape, text)


@contextmanager
def printable_output() -> Iterator[None]:
    """Let all that is printed meanwhile go through `printable`."""
    with ExitStack() as stack:
        stack.enter_context(redirect_stdout(_Printable(sys.stdout)))
        stack.enter_context(redirect_stderr(_Printable(sys.stderr)))
        yield


def terminal_itself() -> TextIO:
    """Return the error stream for who draws on it, and looks after the texts alone."""
    stream: TextIO = getattr(sys.stderr, "behind", sys.stderr)
    return stream


class _Printable:
    """A text stream; without ``buffer``, so that nobody writes past it."""

    def __init__(self, behind: TextIO) -> None:
        self.behind = behind

    def write(self, text: str) -> int:
        return self.behind.write(printable(text))

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        if name == "buffer":
            raise AttributeError(name)
        return getattr(self.behind, name)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    # In JSON control characters are escapes already; what may stand in it as it is gets one that JSON has as well.
    return f"\\x{code:02x}" if code < 0x20 else f"\\u{code:04x}"
