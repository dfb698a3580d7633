"""Named sets of metric conventions.

Two papers that print "SIM" may have resized, scaled or smoothed differently. A protocol writes such choices down as a
record; the functions that score a frame read them from it, and its signature goes with every result.
"""

from __future__ import annotations

from dataclasses import dataclass

from videosal.errors import UnknownNameError


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """Conventions under which a frame is scored and frames are averaged.

    Attributes
    ----------
    name : str
        The name by which it is asked for.
    aggregation : str
        How frames become one figure: ``frame`` is the mean over all frames of all videos.
    resize : str
        How a map of another size comes to the size of the ground truth; ``imresize`` is MATLAB's bicubic.
    nss_ddof : int
        Degrees of freedom taken off in the standard deviation of NSS.
    eps : float
        The small number inside the logarithms of KLD and IG.
    auc_steps : int
        Number of threshold steps of AUC-Borji and sAUC between the smallest and the largest value.
    version : int
        Raised whenever a change of ours moves a number.
    """

    name: str
    aggregation: str = "frame"
    resize: str = "imresize"
    nss_ddof: int = 1
    eps: float = 2.0**-52
    auc_steps: int = 10
    version: int = 1

    @property
    def signature(self) -> str:
        """One line, in the manner of sacreBLEU, that says how every number was computed."""
        step = f"expected,step{1 / self.auc_steps:g}"
        parts = [
            f"protocol={self.name}",
            f"resize={self.resize}",
            "cc=pearson",
            f"nss=ddof{self.nss_ddof}",
            "sim=minmax",
            f"kld={_eps(self.eps)},undershoot0",
            "aucj=expected",
            f"aucb={step}",
            f"sauc={step}",
            f"ig=bits,minmax,{_eps(self.eps)}",
            f"v{self.version}",
        ]
        return "|".join(parts)


def list_protocols() -> list[str]:
    """Names of all protocols; ``standard`` comes first."""
    return list(_PROTOCOLS)


def get_protocol(name: str) -> Protocol:
    """Return the protocol called `name`.

    Raises
    ------
    UnknownNameError
        No protocol has that name.
    """
    try:
        return _PROTOCOLS[name]
    except KeyError:
        raise UnknownNameError.of("protocol", name, _PROTOCOLS) from None


def _eps(eps: float) -> str:
    mantissa, exponent = float(eps).hex().split("p")
    return f"eps2^{int(exponent)}" if float.fromhex(mantissa) == 1 else f"eps{eps:g}"


_PROTOCOLS = {protocol.name: protocol for protocol in (Protocol(name="standard"),)}
