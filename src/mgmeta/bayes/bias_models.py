"""Models of small-study bias.

All take the effect in the direction in which bias would exaggerate it. For an estimate with standard
error s and true mean mu + ...:

- ``none``;
- ``pet``: mean ``mu + b s``, ``peese``: mean ``mu + b s^2``, b > 0 (Stanley and Doucouliagos 2014,
  Res Synth Methods 5:60);
- ``weights``: a result is seen with a probability that steps down as its P value grows,
  ``w(p) N(y; mu, tau^2 + s^2) / A``, A the probability of being seen (Vevea and Hedges 1995,
  Psychometrika 60:419). The first interval has weight 1, the others are ordered uniforms (a
  cumulative Dirichlet(1, ..., 1): Maier, Bartos and Wagenmakers 2023, Psychol Methods 28:107). A bound counts
  with the weighted probability of what it allows, over the same A.
"""

from __future__ import annotations

from dataclasses import dataclass

from mgmeta.bayes.priors import Prior, parse_tau


@dataclass(frozen=True)
class BiasModel:
    """One model of bias.

    Attributes
    ----------
    name, kind : str
        Its name; ``none``, ``pet``, ``peese`` or ``weights``.
    steps : tuple of float
        P values at which the weight steps down, ascending; two-sided P if *sides* is 2.
    sides : int
        1 or 2.
    slope : Prior or None
        Prior of b, on positive numbers.
    share : float
        Prior probability among the models with bias.
    """

    name: str
    kind: str
    share: float
    steps: tuple[float, ...] = ()
    sides: int = 1
    slope: Prior | None = None


NONE = BiasModel("none", "none", 1.0)


def default_models(peese_unit: float = 1.0) -> tuple[BiasModel, ...]:
    """Return the eight bias models of Bartos et al. 2023 (Res Synth Methods 14:99).

    Half of the probability of bias is on the six weight functions, a quarter each on PET and PEESE. The
    priors of their slopes are half-Cauchy(1) and half-Cauchy(5) for standardised mean differences;
    the PEESE slope has the unit 1/effect, so *peese_unit*, the standard deviation of the outcome in the
    unit of the effects, divides it.
    """
    functions = (
        (2, (0.05,)),
        (2, (0.05, 0.10)),
        (1, (0.05,)),
        (1, (0.025, 0.05)),
        (1, (0.05, 0.5)),
        (1, (0.025, 0.05, 0.5)),
    )
    weights = tuple(
        BiasModel(
            f"weights {sides}-sided {', '.join(f'{p:g}' for p in steps)}", "weights", 1 / 12, steps, sides
        )
        for sides, steps in functions
    )
    pet = BiasModel("PET", "pet", 0.25, slope=parse_tau("halfcauchy:1"))
    peese = BiasModel("PEESE", "peese", 0.25, slope=parse_tau(f"halfcauchy:{5.0 / peese_unit!r}"))
    return (*weights, pet, peese)
