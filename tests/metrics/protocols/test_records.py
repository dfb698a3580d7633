from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from videosal.errors import UnknownNameError
from videosal.metrics import Protocol, get_protocol, list_metrics, list_protocols, protocol_signature
from videosal.metrics.protocols.choices import Gaze, Maps, Pair, Smoothing
from videosal.metrics.protocols.record import EIGHT


def test_standard_comes_first_and_says_what_it_does() -> None:
    assert list_protocols()[0] == "standard"
    standard = get_protocol("standard")
    assert standard.aggregation == "frame"
    assert standard.signature == (
        "protocol=standard|luma=gray16|resize=imresize|constant=uniform|negative=shifted|cc=pearson|nss=ddof1|"
        "sim=minmax|kld=eps2^-52,undershoot0|aucj=expected|"
        "aucb=expected,step0.1|sauc=expected,step0.1|ig=bits,minmax,eps2^-52|"
        "emd=clipped|auc=unfixated|sauc_exact=given|jsd=sum|v2"
    )


def test_every_protocol_has_its_name_and_a_signature_of_its_own() -> None:
    protocols = [get_protocol(name) for name in list_protocols()]
    assert [protocol.name for protocol in protocols] == list_protocols()
    assert len({protocol.signature for protocol in protocols}) == len(protocols)


def test_the_signature_follows_the_conventions() -> None:
    rules = Protocol(name="x", gaze=Gaze(nss_ddof=0, auc_steps=100), maps=Maps(eps=1e-7), version=3)
    changed = rules.signature
    assert rules == get_protocol("standard").replace(
        name="x", summary="", nss_ddof=0, eps=1e-7, auc_steps=100, version=3
    )
    assert changed.startswith("protocol=x|")
    for part in ("nss=ddof0", "kld=eps1e-07", "aucb=expected,step0.01", "ig=bits,minmax,eps1e-07"):
        assert part in changed
    assert changed.endswith("|v3")


def test_the_signature_tells_what_a_call_changes() -> None:
    rules = get_protocol("salema")
    plain = protocol_signature(rules)
    assert plain == rules.signature
    assert "aucb=expected," in plain
    sampled = protocol_signature(rules, seed=7, bug_compatible=True)
    assert "aucb=sampled,seed7," in sampled
    assert "|bugs=float32-jitter,sauc-divisor|" in sampled
    assert protocol_signature(get_protocol("mit"), bug_compatible=True) == get_protocol("mit").signature


def test_a_signature_changes_with_every_convention_that_moves_a_number() -> None:
    """For each convention, some protocol's signature shows another value of it."""
    changed: dict[str, Any] = {
        "luma": "png",
        "scale": "unit",
        "resize": "bilinear",
        "smoothing": Smoothing(size=3, sigma=1.0, border="reflect", first=True),
        "grid": "half",
        "empty_density": "uniform",
        "uninformative": "by-metric",
        "negative": "undefined",
        "repeats": True,
        "cc_eps": 1e-7,
        "cc_constant": 0.0,
        "nss_ddof": 0,
        "nss_eps": 1e-7,
        "nss_constant": 0.0,
        "sim_scale": "sum",
        "sim_eps": 1e-7,
        "sim_zero": 0.0,
        "kld_form": "plain",
        "kld_empty": 0.0,
        "kld_blank_kept": False,
        "eps": 1e-7,
        "judd": "walk",
        "judd_jitter": "normal",
        "auc_steps": 100,
        "auc_top": False,
        "auc_constant": 0.5,
        "borji_least": 1,
        "auc_negatives": "all",
        "single": True,
        "sauc_form": "exact",
        "sauc_sampled": False,
        "sauc_drops_own": True,
        "ig_scale": "sum",
        "ig_unit": "nats",
        "emd": "signed",
        "undefined": "zero",
        "log_density": True,
        "version": 3,
    }
    standard = get_protocol("standard")
    signatures = {key: standard.replace(**{key: value}).signature for key, value in changed.items()}
    assert len({standard.signature, *signatures.values()}) == len(changed) + 1
    samples = [standard, standard.replace(borji_draws=9), standard.replace(splits=9)]
    assert len({protocol_signature(rules, seed=0) for rules in samples}) == 3
    assert len({protocol_signature(rules) for rules in samples}) == 1
    # Of the rest, names and words say nothing about a frame's number; draws and splits only about samples.
    rest = {"name", "summary", "metrics", "default_metrics", "negatives", "negative_frames", "aggregation", "frames"}
    records = (Protocol, Maps, Pair, Gaze)
    known = {field.name for record in records for field in fields(record)} - {"maps", "pair", "gaze"}
    assert set(changed) == known - rest - {"bugs", "borji_draws", "splits"}


@pytest.mark.parametrize("name", list_protocols())
def test_a_record_is_sound(name: str) -> None:
    rules = get_protocol(name)
    ours = list_metrics()
    assert rules.summary
    assert rules.frames
    assert sorted(rules.metrics, key=ours.index) == list(rules.metrics)
    assert sorted(rules.default_metrics, key=ours.index) == list(rules.default_metrics)
    assert set(rules.default_metrics) <= set(rules.metrics)
    assert set(rules.sampled) <= set(rules.metrics)
    assert {bug.metric for bug in rules.bugs} <= set(rules.metrics)
    assert rules.needs_baseline == ("ig" in rules.metrics)
    assert (rules.negatives == "none") == ("sauc" not in rules.metrics)
    assert (rules.negative_frames == 0) == (
        rules.negatives in ("same-video", "none") or name in ("pysaliency", "salicon")
    )


def test_dhf1k_offers_all_nine() -> None:
    assert get_protocol("dhf1k").metrics == (*EIGHT, "emd")
    assert get_protocol("standard").default_metrics == EIGHT


def test_an_unknown_protocol_is_an_error_with_a_hint() -> None:
    with pytest.raises(UnknownNameError, match="unknown protocol 'standrad': did you mean standard"):
        get_protocol("standrad")
