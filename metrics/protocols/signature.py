"""The line that says how the numbers of a protocol are computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from videosal.metrics.protocols.conventions import Conventions


def protocol_signature(protocol: Conventions, *, seed: int | None = None, bug_compatible: bool = False) -> str:
    """Return the signature of a protocol, with what the call changes about it.

    Parameters
    ----------
    protocol : Protocol or Conventions
    seed : int, optional
        As given to `score_frame`: expectations become samples.
    bug_compatible : bool
        As given to `score_frame`.

    Returns
    -------
    str
        Parts ``key=value`` between bars, those of metrics in the protocol's order.
    """
    expected = f"sampled,seed{seed}" if seed is not None else "expected"
    parts = [f"protocol={protocol.name}", *_of_maps(protocol)]
    parts += [_OF_METRIC[name](protocol, expected) for name in protocol.metrics]
    if protocol.undefined != "deleted":
        parts.append(f"undefined={protocol.undefined}")
    if bug_compatible and protocol.bugs:
        parts.append("bugs=" + ",".join(bug.key for bug in protocol.bugs))
    return "|".join([*parts, f"v{protocol.version}"])


def _of_maps(protocol: Conventions) -> list[str]:
    parts = [f"luma={protocol.luma}", *([] if protocol.scale == "given" else [f"scale={protocol.scale}"])]
    parts.append(f"resize={protocol.resize}")
    if protocol.smoothing is not None:
        s = protocol.smoothing
        order = "first" if s.first else "last"
        parts.append(f"blur={s.size}x{s.size},sigma{s.sigma:g},{s.border},{order}")
    if protocol.grid != "truth":
        parts.append(f"grid={protocol.grid}")
    if protocol.empty_density != "zero":
        parts.append(f"emptydensity={protocol.empty_density}")
    if protocol.repeats:
        parts.append("fixations=repeats")
    return parts


def _cc(protocol: Conventions, _: str) -> str:
    return "cc=pearson" + _added(protocol.cc_eps) + _case("constant", protocol.cc_constant)


def _nss(protocol: Conventions, _: str) -> str:
    constant = _case("constant", protocol.nss_constant)
    return f"nss=ddof{protocol.nss_ddof}" + _added(protocol.nss_eps) + constant


def _sim(protocol: Conventions, _: str) -> str:
    return f"sim={protocol.sim_scale}" + _added(protocol.sim_eps) + _case("zero", protocol.sim_zero)


def _kld(protocol: Conventions, _: str) -> str:
    if protocol.kld_form != "eps":
        return f"kld={protocol.kld_form}"
    blank = "" if protocol.kld_blank_kept else ",blanknan"
    return f"kld={_eps(protocol.eps)},undershoot0" + blank + _case("empty", protocol.kld_empty)


def _judd(protocol: Conventions, expected: str) -> str:
    if protocol.judd != "jitter":
        return f"aucj={protocol.judd}"
    return f"aucj={expected}" + ("" if protocol.judd_jitter == "uniform" else f",{protocol.judd_jitter}")


def _borji(protocol: Conventions, expected: str) -> str:
    least = "" if protocol.borji_least == 2 else f",least{protocol.borji_least}"
    return f"aucb={expected},{_steps(protocol)}" + least


def _sauc(protocol: Conventions, expected: str) -> str:
    own = ",ownremoved" if protocol.sauc_drops_own else ""
    if protocol.sauc_form == "exact":
        return "sauc=exact" + own
    return f"sauc={expected if protocol.sauc_sampled else 'all'},{_steps(protocol)}" + own


def _ig(protocol: Conventions, _: str) -> str:
    added = "" if protocol.ig_scale == "added" else f",{_eps(protocol.eps)}"
    return f"ig={protocol.ig_unit},{protocol.ig_scale}" + added


_OF_METRIC: dict[str, Callable[[Conventions, str], str]] = {
    "cc": _cc,
    "nss": _nss,
    "sim": _sim,
    "kld": _kld,
    "auc_judd": _judd,
    "auc_borji": _borji,
    "sauc": _sauc,
    "ig": _ig,
    "emd": lambda protocol, _: f"emd={protocol.emd}",
    "auc": lambda protocol, _: f"auc={protocol.auc_negatives}",
    "sauc_exact": lambda protocol, _: "sauc_exact=given",
}


def _steps(protocol: Conventions) -> str:
    top = "" if protocol.auc_top else ",notop"
    single = ",single" if protocol.single else ""
    return f"step{1 / protocol.auc_steps:g}" + top + single + _case("constant", protocol.auc_constant)


def _added(eps: float) -> str:
    return f",{_eps(eps)}" if eps else ""


def _case(name: str, value: float | None) -> str:
    return "" if value is None else f",{name}{value:g}"


def _eps(eps: float) -> str:
    mantissa, exponent = float(eps).hex().split("p")
    return f"eps2^{int(exponent)}" if float.fromhex(mantissa) == 1 else f"eps{eps:g}"
