"""Whether draws can be trusted: one gate, with its reasons in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mgmeta.bayes.posterior_io import Convergence, Draws, ebfmi

# Vehtari et al. 2021 (Bayesian Anal 16:667): R-hat below 1.01, ESS above 100 a chain (four chains).
RHAT_MAX = 1.01
ESS_MIN = 400.0
# Betancourt 2016 (arXiv:1604.00695): below 0.3 the momentum cannot explore the energies.
EBFMI_MIN = 0.3


@dataclass(frozen=True)
class Diagnostics:
    """Worst values over the parameters of a model, and what failed or (if `ok`) is flagged."""

    ok: bool
    reasons: tuple[str, ...]
    rhat_max: float
    ess_bulk_min: float
    ess_tail_min: float
    divergences: int
    ebfmi_min: float


def diagnose(found: Mapping[str, Convergence], draws: Draws, *, tolerated: float = 0.0) -> Diagnostics:
    """Judge a model by R-hat < 1.01, bulk and tail ESS > 400, no divergence, E-BFMI > 0.3.

    Parameters
    ----------
    found
        Convergence of every parameter.
    draws
        The draws with their sampler statistics.
    tolerated
        Share of draws that may diverge; even then their number is a reason, which flags the model.
    """
    reasons: list[str] = []
    for name, item in found.items():
        if not item.rhat < RHAT_MAX:
            reasons.append(f"R-hat of {name} is {item.rhat:.4f}, not below {RHAT_MAX}")
        for kind, value in (("bulk", item.ess_bulk), ("tail", item.ess_tail)):
            if not value > ESS_MIN:
                reasons.append(f"{kind} ESS of {name} is {value:.0f}, not above {ESS_MIN:.0f}")
    divergences = int(draws.statistics["diverging"].sum())
    failed = bool(reasons)
    if divergences:
        reasons.append(f"{divergences} of {draws.statistics['diverging'].size} draws diverged")
        failed |= divergences > tolerated * draws.statistics["diverging"].size
    energy = float(ebfmi(draws.statistics["energy"]).min())
    if not energy > EBFMI_MIN:
        reasons.append(f"E-BFMI is {energy:.2f}, not above {EBFMI_MIN}")
        failed = True
    return Diagnostics(
        ok=not failed,
        reasons=tuple(reasons),
        rhat_max=max(item.rhat for item in found.values()),
        ess_bulk_min=min(item.ess_bulk for item in found.values()),
        ess_tail_min=min(item.ess_tail for item in found.values()),
        divergences=divergences,
        ebfmi_min=energy,
    )
