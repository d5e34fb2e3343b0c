"""Data augmentation against a grid, Rubin's rules against their formulas."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from mgmeta.errors import FitError
from mgmeta.incomplete.augment import draw_posterior
from mgmeta.incomplete.imputation import combine_imputations, dersimonian_laird, impute, reml_hksj

Y = np.array([-6.0, -1.5, -4.0, -9.0, np.nan, np.nan, np.nan, np.nan])
SE = np.array([2.0, 1.0, 1.5, 3.0, 2.0, 1.2, 2.5, 1.0])
LOW = np.array([np.nan] * 4 + [-4.0, -2.5, -5.0, -np.inf])
HIGH = np.array([np.nan] * 4 + [4.0, 2.5, 5.0, -2.0])


def grid_posterior(scale: float = 5.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Brute force: (mu, tau, weights) on a fine rectangle."""
    mu, tau = np.linspace(-14, 8, 441), np.linspace(0.005, 24.995, 1000)
    m, t = np.meshgrid(mu, tau, indexing="ij")
    log = -0.5 * (t / scale) ** 2
    for y, se, low, high in zip(Y, SE, LOW, HIGH, strict=True):
        s = np.sqrt(t**2 + se**2)
        if np.isnan(y):
            a, b = (low - m) / s, (high - m) / s
            turn = a + b > 0  # the difference of two upper tails would lose its digits
            log += np.log(np.where(turn, ndtr(-a) - ndtr(-b), ndtr(b) - ndtr(a)))
        else:
            log += -np.log(s) - 0.5 * ((y - m) / s) ** 2
    weights = np.exp(log - log.max())
    return m, t, weights / weights.sum()


@pytest.mark.slow
def test_augmentation_draws_from_the_exact_posterior():
    m, t, w = grid_posterior()
    draws = draw_posterior(Y, SE, LOW, HIGH, draws=4000, seed=3)
    for seen, values in ((draws.beta[:, 0], m), (draws.tau, t)):
        mean = float((values * w).sum())
        sd = float(np.sqrt(((values - mean) ** 2 * w).sum()))
        assert seen.mean() == pytest.approx(mean, abs=4 * sd / np.sqrt(4000))
        assert seen.std() == pytest.approx(sd, rel=0.06)


def test_completed_numbers_obey_their_bounds():
    draws = draw_posterior(Y, SE, LOW, HIGH, draws=200, seed=1)
    assert np.array_equal(draws.y[:, :4], np.tile(Y[:4], (200, 1)))
    assert np.all(draws.y[:, 4:] >= LOW[4:]) and np.all(draws.y[:, 4:] <= HIGH[4:])
    again = draw_posterior(Y, SE, LOW, HIGH, draws=200, seed=1)
    assert np.array_equal(draws.y, again.y)


def test_without_bounds_the_estimator_is_untouched():
    x = np.ones((4, 1))
    combined = impute(Y[:4], SE[:4], LOW[:4], HIGH[:4], estimator=reml_hksj, imputations=5, seed=1)
    beta, variance, df = reml_hksj(Y[:4], SE[:4] ** 2, x)
    assert combined.beta == pytest.approx(beta) and combined.se == pytest.approx(np.sqrt(variance))
    assert combined.df == pytest.approx([df]) and combined.fraction_missing == pytest.approx([0.0])


def test_rubins_rules_on_a_worked_case():
    """Means 1, 2, 3 with variance 0.5: B = 1, T = 0.5 + 4/3."""
    combined = combine_imputations(np.array([[1.0], [2.0], [3.0]]), np.full((3, 1), 0.5), 10.0, 0.95, True)
    total = 0.5 + 4 / 3
    share = (4 / 3) / total
    old, observed = 2 / share**2, 11 / 13 * 10 * (1 - share)
    assert combined.se[0] == pytest.approx(np.sqrt(total))
    assert combined.df[0] == pytest.approx(1 / (1 / old + 1 / observed))
    assert combined.monte_carlo_error[0] == pytest.approx(np.sqrt(1 / 3))


def test_proper_imputation_is_wider_than_improper():
    proper, improper = (
        impute(Y, SE, LOW, HIGH, estimator=dersimonian_laird, imputations=400, seed=2, proper=p)
        for p in (True, False)
    )
    assert proper.fraction_missing[0] > improper.fraction_missing[0]


@pytest.mark.slow
def test_the_imputation_model_carries_the_moderator():
    """Complete data have slope -4; with the moderator in the imputation it comes back."""
    rng = np.random.default_rng(12)
    estimates = []
    for seed in range(12):
        z = np.repeat([0.0, 1.0], 20)
        se = rng.uniform(1, 3, 40)
        y = rng.normal(-1 - 4 * z, np.sqrt(se**2 + 1))
        silent = (np.abs(y) < 1.96 * se) & (rng.random(40) < 0.7)
        shown = np.where(silent, np.nan, y)
        x = np.column_stack([np.ones(40), z])
        fit = impute(shown, se, -1.96 * se, 1.96 * se, x, estimator=reml_hksj, imputations=40, seed=seed)
        estimates.append(fit.beta[1])
    error = np.std(estimates, ddof=1) / np.sqrt(12)
    assert np.mean(estimates) == pytest.approx(-4.0, abs=3 * error)


def test_refusals():
    with pytest.raises(FitError, match="at least 2"):
        impute(Y, SE, LOW, HIGH, estimator=reml_hksj, imputations=1, seed=1)
    only_lower = np.full(3, np.nan), np.ones(3), np.full(3, -np.inf), np.full(3, -2.0)
    with pytest.raises(FitError, match="do not identify"):
        draw_posterior(*only_lower, draws=5, seed=1)
