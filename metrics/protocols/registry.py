"""The protocols by name; those of third parties join here."""

from __future__ import annotations

from videosal.errors import InputError, PluginError, UnknownNameError
from videosal.metrics.protocols.record import Protocol
from videosal.metrics.protocols.records import PROTOCOLS
from videosal.registry import Registry

_OURS = {protocol.name: protocol for protocol in PROTOCOLS}
_custom: Registry[Protocol] = Registry("protocol", "videosal.protocols")


def list_protocols() -> list[str]:
    """Return the names of all protocols.

    Returns
    -------
    list of str
        Ours, ``standard`` first, then those that third parties registered, sorted.
    """
    return [*_OURS, *(name for name in _custom.names() if name not in _OURS)]


def get_protocol(protocol: str | Protocol) -> Protocol:
    """Return the protocol of that name; a protocol itself is returned as it is.

    Parameters
    ----------
    protocol : str or Protocol
        A name from `list_protocols`, or a protocol of your own.

    Returns
    -------
    Protocol

    Raises
    ------
    InputError
        It is neither.
    UnknownNameError
        No protocol has that name.
    PluginError
        It is another package's, and that package fails to load, or names something else.
    """
    if isinstance(protocol, Protocol):
        return protocol
    if not isinstance(protocol, str):
        raise InputError(f"protocol is {protocol!r}: give the name of one, or a videosal.metrics.Protocol")
    if protocol in _OURS:
        return _OURS[protocol]
    if protocol not in _custom.names():
        raise UnknownNameError.of("protocol", protocol, list_protocols())
    found = _custom.get(protocol)
    if not isinstance(found, Protocol) or found.name != protocol:
        raise PluginError(f"the protocol {protocol!r} is no protocol of that name: its entry point must name one")
    return found


def protocol_of_results(protocol: str | Protocol) -> Protocol:
    """Return it as `get_protocol` does, for results that are told apart by its name.

    Raises
    ------
    InputError
        It is neither a name nor a protocol, or it has the name of another one.
    UnknownNameError, PluginError
        As `get_protocol`.
    """
    found = get_protocol(protocol)
    if found is not protocol or found.name not in list_protocols() or found == get_protocol(found.name):
        return found
    raise InputError(f"protocol {found.name!r} is not the one of that name: call it otherwise, .replace(name=...)")


def register_protocol(protocol: Protocol) -> Protocol:
    """Make a protocol of your own known by its name, and return it.

    A package makes its protocol known with an entry point in the group ``videosal.protocols`` that names the record; a
    file given as ``--plugin`` calls this function. Registering an equal protocol again is no error.

    Parameters
    ----------
    protocol : Protocol
        Of a name of its own.

    Returns
    -------
    Protocol
        The same.

    Raises
    ------
    PluginError
        The name is taken by a protocol that differs.

    Examples
    --------
    >>> register_protocol(get_protocol("standard").replace(name="ours", resize="bilinear"))
    """
    taken = _OURS.get(protocol.name) or (_custom.get(protocol.name) if protocol.name in _custom.names() else None)
    if taken == protocol:
        return protocol
    if taken is not None:
        raise PluginError(f"a protocol named {protocol.name!r} is registered already: choose another name")
    return _custom.register(protocol.name)(protocol)
