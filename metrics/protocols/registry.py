"""The protocols by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from videosal.errors import UnknownNameError
from videosal.metrics.protocols.records import PROTOCOLS

if TYPE_CHECKING:
    from videosal.metrics.protocols.record import Protocol

_BY_NAME = {protocol.name: protocol for protocol in PROTOCOLS}


def list_protocols() -> list[str]:
    """Names of all protocols; ``standard`` comes first."""
    return list(_BY_NAME)


def get_protocol(name: str) -> Protocol:
    """Return the protocol called `name`.

    Raises
    ------
    UnknownNameError
        No protocol has that name.
    """
    try:
        return _BY_NAME[name]
    except KeyError:
        raise UnknownNameError.of("protocol", name, _BY_NAME) from None
