from __future__ import annotations

import pytest

from videosal.errors import UnknownNameError
from videosal.metrics import Protocol, get_protocol, list_protocols


def test_standard_comes_first_and_says_what_it_does() -> None:
    assert list_protocols()[0] == "standard"
    standard = get_protocol("standard")
    assert standard.aggregation == "frame"
    assert standard.signature == (
        "protocol=standard|resize=imresize|cc=pearson|nss=ddof1|sim=minmax|kld=eps2^-52,undershoot0|aucj=expected|"
        "aucb=expected,step0.1|sauc=expected,step0.1|ig=bits,minmax,eps2^-52|v1"
    )


def test_every_protocol_has_its_name_and_a_signature_of_its_own() -> None:
    protocols = [get_protocol(name) for name in list_protocols()]
    assert [protocol.name for protocol in protocols] == list_protocols()
    assert len({protocol.signature for protocol in protocols}) == len(protocols)


def test_the_signature_follows_the_conventions() -> None:
    changed = Protocol(name="x", nss_ddof=0, eps=1e-7, auc_steps=100, version=3).signature
    assert changed.startswith("protocol=x|")
    for part in ("nss=ddof0", "kld=eps1e-07", "aucb=expected,step0.01", "ig=bits,minmax,eps1e-07"):
        assert part in changed
    assert changed.endswith("|v3")


def test_an_unknown_protocol_is_an_error_with_a_hint() -> None:
    with pytest.raises(UnknownNameError, match="unknown protocol 'standrad': did you mean standard"):
        get_protocol("standrad")
