r"""What retrieving a trial's numbers would be worth: preposterior analysis.

For each trial that keeps its number to itself: draw :math:`(\mu, \tau)` from the
posterior, the trial's SE from the SD model, its number from
:math:`N(\mu, \tau^2 + SE^2)` cut to what its words say; refit with that number;
average the posterior SD of mu over draws. The value is the expected fall of that
SD (Raiffa H, Schlaifer R. Applied Statistical Decision Theory. 1961).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgmeta.incomplete.printing import Rows
from mgmeta.incomplete.surface import Reviews, Surface, draw, posterior, surface
from mgmeta.incomplete.truncated_normal import truncated_normal

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Hidden:
    """A trial whose number could be retrieved.

    Attributes
    ----------
    trial_id : str
        The trial.
    row : int or None
        Its place among the pooled rows (words), or None if it is not pooled.
    se : float
        SE its size and the SD model imply.
    chance : float
        Probability that its paper reports the outcome at all.
    """

    trial_id: str
    row: int | None
    se: float
    chance: float = 1.0


@dataclass(frozen=True)
class Value:
    """Expected fall of the posterior SD of mu, in the outcome's unit.

    ``error`` is its Monte Carlo standard error; ``share`` the fall over today's SD.
    """

    trial_ids: tuple[str, ...]
    fall: float
    error: float
    share: float


@dataclass(frozen=True)
class Preposterior:
    """Today's posterior of one pool and the tools to imagine tomorrow's."""

    rows: Rows
    log_spread: float
    mu: Array
    tau: Array
    sd_today: float
    prior_mu_sd: float
    prior_tau_scale: float
    seed: int

    def value_of(self, hidden: Sequence[Hidden]) -> Value:
        """Return the joint value of retrieving these trials' numbers.

        Each trial's random numbers depend on its id alone, so that the order of
        the table does not matter. A paper that may not report the outcome is
        retrieved in vain with probability 1 - chance.
        """
        draws = self.mu.size
        reviews, arrays = _tile(self.rows, draws, extra=sum(h.row is None for h in hidden))
        column = self.rows.y.size
        for trial in hidden:
            rng = np.random.default_rng([self.seed, *trial.trial_id.encode()])
            se = trial.se * np.exp(self.log_spread * rng.standard_normal(draws))
            place, low, high = column, np.full(draws, -np.inf), np.full(draws, np.inf)
            if trial.row is None:
                column += 1
            else:
                place = trial.row
                scale = se / trial.se
                low, high = self.rows.low[place] * scale, self.rows.high[place] * scale
            spread = np.sqrt(self.tau**2 + se**2)
            y = truncated_normal(self.mu, spread, low, high, rng.random(draws))
            found = rng.random(draws) < trial.chance
            arrays["y"][found, place], arrays["se"][found, place] = y[found], se[found]
            arrays["silent"][found, place] = False
            arrays["present"][found, place] = True
        after = _sd_of_mu(surface(reviews), self.prior_mu_sd, self.prior_tau_scale)
        fall = self.sd_today - after
        mean = float(fall.mean())
        error = float(fall.std(ddof=1) / np.sqrt(draws))
        return Value(tuple(h.trial_id for h in hidden), mean, error, mean / self.sd_today)


def prepare(
    rows: Rows,
    *,
    log_spread: float,
    draws: int,
    seed: int,
    prior_mu_sd: float = 10.0,
    prior_tau_scale: float = 5.0,
) -> Preposterior:
    """Compute today's posterior of one pool and draw from it.

    Parameters
    ----------
    rows : Rows
        The pooled rows.
    log_spread : float
        Between-trial SD of log SD, from the SD model.
    draws : int
        Imagined futures.
    seed : int
        Seed of the generator.
    prior_mu_sd : float
        SD of the normal prior on mu, in the unit of the rows.
    prior_tau_scale : float
        Scale of the half-normal prior on tau, in the unit of the rows.
    """
    one, _ = _tile(rows, 1, 0)
    now = surface(one)
    weights = posterior(now, prior_mu_sd, prior_tau_scale)
    mu, tau = draw(now, weights, draws, np.random.default_rng(seed))
    sd = float(_sd_of_mu(now, prior_mu_sd, prior_tau_scale)[0])
    return Preposterior(rows, log_spread, mu[0], tau[0], sd, prior_mu_sd, prior_tau_scale, seed)


def _tile(rows: Rows, draws: int, extra: int) -> tuple[Reviews, dict[str, Array]]:
    """Repeat the pool *draws* times with room for *extra* trials not yet there."""
    silent = np.isnan(rows.y)
    pad = np.ones(extra)
    columns = {
        "y": np.concatenate([np.nan_to_num(rows.y), 0.0 * pad]),
        "se": np.concatenate([rows.se, pad]),
        "low": np.concatenate([np.where(silent, rows.low, -np.inf), -np.inf * pad]),
        "high": np.concatenate([np.where(silent, rows.high, np.inf), np.inf * pad]),
        "plug_in": np.concatenate([rows.se, pad]),
        "silent": np.concatenate([silent, pad < 0]),
        "present": np.concatenate([np.ones(rows.y.size, bool), pad < 0]),
    }
    tiled = {name: np.tile(values, (draws, 1)) for name, values in columns.items()}
    return Reviews(**tiled), tiled


def _sd_of_mu(s: Surface, prior_mu_sd: float, prior_tau_scale: float) -> Array:
    """Return the posterior SD of mu of each review."""
    marginal = posterior(s, prior_mu_sd, prior_tau_scale).sum(axis=2)
    mean = (marginal * s.mu).sum(axis=1, keepdims=True)
    return np.asarray(np.sqrt((marginal * (s.mu - mean) ** 2).sum(axis=1)), dtype=float)
