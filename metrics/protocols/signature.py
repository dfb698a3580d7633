"""The line that says how the numbers of a protocol are computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from videosal.metrics.protocols.choices import Bug, Gaze, Maps, Pair


_EXPECTED = "expected"


class Conventions(Protocol):
    """What the signature reads of a `videosal.metrics.Protocol`."""

    @property
    def name(self) -> str: ...
    @property
    def metrics(self) -> tuple[str, ...]: ...
    @property
    def luma(self) -> str: ...
    @property
    def maps(self) -> Maps: ...
    @property
    def pair(self) -> Pair: ...
    @property
    def gaze(self) -> Gaze: ...
    @property
    def undefined(self) -> str: ...
    @property
    def bugs(self) -> Sequence[Bug]: ...
    @property
    def version(self) -> int: ...


def protocol_signature(protocol: Conventions, *, seed: int | None = None, bug_compatible: bool = False) -> str:
    """Return the signature of a protocol, with what the call changes about it.

    Parameters
    ----------
    protocol : Protocol
    seed : int, optional
        As given to `score_frame`: expectations become samples.
    bug_compatible : bool
        As given to `score_frame`.

    Returns
    -------
    str
        Parts ``key=value`` between bars, those of metrics in the protocol's order.
    """
    expected = f"sampled,seed{seed}" if seed is not None else _EXPECTED
    parts = [f"protocol={protocol.name}", f"luma={protocol.luma}", *_of_maps(protocol.maps)]
    if protocol.gaze.repeats:
        parts.append("fixations=repeats")
    parts += [_OF_METRIC[name](protocol, expected) for name in protocol.metrics]
    if protocol.undefined != "deleted":
        parts.append(f"undefined={protocol.undefined}")
    if bug_compatible and protocol.bugs:
        parts.append("bugs=" + ",".join(bug.key for bug in protocol.bugs))
    return "|".join([*parts, f"v{protocol.version}"])


def _of_maps(maps: Maps) -> list[str]:
    parts = [] if maps.scale == "given" else [f"scale={maps.scale}"]
    if maps.log_density:
        parts.append("maps=logdensity")
    parts.append(f"resize={maps.resize}")
    if maps.smoothing is not None:
        s = maps.smoothing
        order = "first" if s.first else "last"
        parts.append(f"blur={s.size}x{s.size},sigma{s.sigma:g},{s.border},{order}")
    if maps.grid != "truth":
        parts.append(f"grid={maps.grid}")
    if maps.empty_density != "zero":
        parts.append(f"emptydensity={maps.empty_density}")
    if maps.uninformative != "by-metric":
        parts.append({"uniform": "constant=uniform", "zero-undefined": "zeromap=undefined"}[maps.uninformative])
    if maps.negative != "undefined":
        parts.append(f"negative={maps.negative}")
    return parts


def _cc(protocol: Conventions, _: str) -> str:
    return "cc=pearson" + _added(protocol.pair.cc_eps) + _case("constant", protocol.pair.cc_constant)


def _nss(protocol: Conventions, _: str) -> str:
    gaze = protocol.gaze
    return f"nss=ddof{gaze.nss_ddof}" + _added(gaze.nss_eps) + _case("constant", gaze.nss_constant)


def _sim(protocol: Conventions, _: str) -> str:
    pair = protocol.pair
    return f"sim={pair.sim_scale}" + _added(pair.sim_eps) + _case("zero", pair.sim_zero)


def _kld(protocol: Conventions, _: str) -> str:
    pair = protocol.pair
    if pair.kld_form != "eps":
        return f"kld={pair.kld_form}"
    blank = "" if pair.kld_blank_kept else ",blanknan"
    return f"kld={_eps(protocol.maps.eps)},undershoot0" + blank + _case("empty", pair.kld_empty)


def _judd(protocol: Conventions, expected: str) -> str:
    gaze = protocol.gaze
    if gaze.judd != "jitter":
        return f"aucj={gaze.judd}"
    return f"aucj={expected}" + ("" if gaze.judd_jitter == "uniform" else f",{gaze.judd_jitter}")


def _borji(protocol: Conventions, expected: str) -> str:
    least = "" if protocol.gaze.borji_least == 2 else f",least{protocol.gaze.borji_least}"
    gaze = protocol.gaze
    draws = "" if expected == _EXPECTED or gaze.borji_draws is None else f",draws{gaze.borji_draws}"
    return f"aucb={expected}{draws}{_splits(gaze, expected)},{_steps(gaze)}" + least


def _sauc(protocol: Conventions, expected: str) -> str:
    gaze = protocol.gaze
    own = ",ownremoved" if gaze.sauc_drops_own else ""
    if gaze.sauc_form == "exact":
        return "sauc=exact" + own
    drawn = expected + _splits(gaze, expected) if gaze.sauc_sampled else "all"
    return f"sauc={drawn},{_steps(gaze)}" + own


def _ig(protocol: Conventions, _: str) -> str:
    gaze = protocol.gaze
    added = "" if gaze.ig_scale == "added" else f",{_eps(protocol.maps.eps)}"
    return f"ig={gaze.ig_unit},{gaze.ig_scale}" + added


_OF_METRIC: dict[str, Callable[[Conventions, str], str]] = {
    "cc": _cc,
    "nss": _nss,
    "sim": _sim,
    "kld": _kld,
    "auc_judd": _judd,
    "auc_borji": _borji,
    "sauc": _sauc,
    "ig": _ig,
    "emd": lambda protocol, _: f"emd={protocol.pair.emd}",
    "auc": lambda protocol, _: f"auc={protocol.gaze.auc_negatives}",
    "sauc_exact": lambda protocol, _: "sauc_exact=given",
    "jsd": lambda protocol, _: "jsd=sum",
}


def _splits(gaze: Gaze, expected: str) -> str:
    return "" if expected == _EXPECTED or gaze.splits == 100 else f",splits{gaze.splits}"


def _steps(gaze: Gaze) -> str:
    top = "" if gaze.auc_top else ",notop"
    single = ",single" if gaze.single else ""
    return f"step{1 / gaze.auc_steps:g}" + top + single + _case("constant", gaze.auc_constant)


def _added(eps: float) -> str:
    return f",{_eps(eps)}" if eps else ""


def _case(name: str, value: float | None) -> str:
    return "" if value is None else f",{name}{value:g}"


def _eps(eps: float) -> str:
    mantissa, exponent = float(eps).hex().split("p")
    return f"eps2^{int(exponent)}" if float.fromhex(mantissa) == 1 else f"eps{eps:g}"
