"""All that touches nutpie's trace, ArviZ and netCDF: the one module that knows their versions.

Draws leave this module as plain arrays of shape (chains, draws). ArviZ 0.x and 1.x name
their containers differently but compute R-hat and ESS from such arrays alike, so nothing
else here or elsewhere depends on the container.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mgmeta.bayes.rows import Array, Rows
from mgmeta.errors import DataError
from mgmeta.io import write_bytes

# nutpie's name -> ArviZ's name of a sampler statistic.
_STATISTICS = {
    "diverging": "diverging",
    "energy": "energy",
    "logp": "lp",
    "depth": "tree_depth",
    "n_steps": "n_steps",
    "step_size": "step_size",
    "mean_tree_accept": "acceptance_rate",
}


@dataclass(frozen=True)
class Draws:
    """Draws of one model.

    Attributes
    ----------
    values : mapping of str to array, shape (chains, draws)
        Posterior draws by parameter.
    statistics : mapping of str to array, shape (chains, draws)
        Sampler statistics by ArviZ's names.
    """

    values: Mapping[str, Array]
    statistics: Mapping[str, NDArray[Any]]

    def flat(self, name: str) -> Array:
        """Return the draws of one parameter, chains end to end."""
        return self.values[name].ravel()


@dataclass(frozen=True)
class Convergence:
    """R-hat, effective sample sizes and the Monte Carlo error of the mean of one parameter."""

    rhat: float
    ess_bulk: float
    ess_tail: float
    mcse_mean: float


def draws_of(trace: Any, names: list[str]) -> Draws:
    """Take the named parameters and the sampler statistics out of a nutpie trace."""
    values = {name: np.asarray(trace.posterior[name], dtype=float) for name in names}
    statistics = {ours: np.asarray(trace.sample_stats[theirs]) for theirs, ours in _STATISTICS.items()}
    return Draws(values, statistics)


def convergence(values: Array) -> Convergence:
    """Return rank-normalised R-hat, bulk and tail ESS and MCSE of the mean; shape (chains, draws).

    Vehtari et al. 2021 (Bayesian Anal 16:667). Tail ESS is the smaller one of the 5 % and 95 % quantiles.
    """
    import arviz

    return Convergence(
        rhat=float(arviz.rhat(values, method="rank")),
        ess_bulk=float(arviz.ess(values, method="bulk")),
        ess_tail=float(arviz.ess(values, method="tail", prob=(0.05, 0.95))),
        mcse_mean=float(values.std(ddof=1) / np.sqrt(arviz.ess(values, method="mean"))),
    )


def ebfmi(energy: Array) -> Array:
    """Return the E-BFMI of each chain: mean squared step of the energy over its variance.

    Betancourt 2016 (arXiv:1604.00695). Shape (chains, draws) -> (chains,).
    """
    steps = np.mean(np.diff(energy, axis=1) ** 2, axis=1)
    return np.asarray(steps / np.var(energy, axis=1))


def write_posterior(path: str | os.PathLike[str], models: Mapping[str, tuple[Rows | None, Draws]]) -> Path:
    """Write the draws of several models to one netCDF file, the same bytes on every run.

    Each model is a group, such as ``sbp_overall``, with the groups of an ArviZ InferenceData
    inside: ``posterior``, ``sample_stats`` and, with rows, ``observed_data``, ``constant_data``.
    Read one with ``arviz.InferenceData.from_netcdf(path, base_group="sbp_overall")``.
    """
    with tempfile.TemporaryDirectory(prefix="mgmeta-") as folder:
        scratch = os.path.join(folder, "posterior.nc")
        mode = "w"
        for model, (rows, draws) in models.items():
            for group, dataset in _datasets(rows, draws).items():
                dataset.to_netcdf(scratch, mode=mode, group=f"{model}/{group}", engine="h5netcdf")
                mode = "a"
        if mode == "w":  # nothing was sampled: an empty file, so that the workflow finds its output
            import xarray

            xarray.Dataset().to_netcdf(scratch, mode=mode, engine="h5netcdf")
        return write_bytes(path, Path(scratch).read_bytes())


def _datasets(rows: Rows | None, draws: Draws) -> dict[str, Any]:
    import xarray

    chains, length = next(iter(draws.values.values())).shape
    grid = {"chain": np.arange(chains), "draw": np.arange(length)}
    attributes = {"inference_library": "nutpie", "inference_library_version": version("nutpie")}

    def dataset(values: Mapping[str, Any], dims: tuple[str, ...], coords: Mapping[str, Any]) -> Any:
        return xarray.Dataset(
            {name: (dims, value) for name, value in values.items()}, coords=dict(coords), attrs=attributes
        )

    found = {
        "posterior": dataset(draws.values, ("chain", "draw"), grid),
        "sample_stats": dataset(draws.statistics, ("chain", "draw"), grid),
    }
    if rows is None:
        return found
    trial = {"trial": np.array(rows.labels, dtype=str)}
    constant = {"se": rows.se, "low": rows.low, "high": rows.high}
    constant.update({f"x_{name}": rows.x[:, j] for j, name in enumerate(rows.moderators)})
    found["observed_data"] = dataset({"y": rows.y}, ("trial",), trial)
    found["constant_data"] = dataset(constant, ("trial",), trial)
    return found


def read_draws(path: str | os.PathLike[str], model: str, name: str = "mu") -> Array:
    """Read the draws of one parameter of one model, such as ``sbp_overall``; shape (chains, draws).

    Raises
    ------
    DataError
        If the file, the model or the parameter is not there.
    """
    import xarray

    try:
        with xarray.open_dataset(path, group=f"{model}/posterior", engine="h5netcdf") as posterior:
            return np.asarray(posterior[name], dtype=float)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; run `mgmeta sample` first") from None
    except (OSError, KeyError) as error:
        raise DataError(f"{path}: holds no draws of {name} in model {model} ({error})") from error


def sample(
    model: Any, *, draws: int, tune: int, chains: int, target_accept: float, seed: int, cores: int
) -> Any:
    """Run nutpie's NUTS on a compiled model and return its trace.

    The chains' random numbers depend on *seed* alone, never on *cores*.

    Parameters
    ----------
    model : the model, compiled
    draws : draws of each chain that are kept
    tune : draws of each chain that are thrown away
    chains : how many chains
    target_accept : acceptance rate the step size aims at
    seed : of the generator; the same seed gives the same numbers
    cores : how many processes may run; no number depends on it
    """
    import nutpie

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"\s*ArviZ is undergoing", category=FutureWarning)
        return nutpie.sample(
            model,
            draws=draws,
            tune=tune,
            chains=chains,
            cores=cores,
            seed=seed,
            target_accept=target_accept,
            save_warmup=False,
            progress_bar=False,
        )
