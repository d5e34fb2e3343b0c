"""The headline: published result, numeric rows only, and numbers with bounds, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mgmeta.errors import DataError
from mgmeta.evidence.outcomes import OUTCOMES
from mgmeta.report.pooled import METHODS, Json, Result, bayes_result, bounded_result, numeric_result
from mgmeta.report.published import Published
from mgmeta.report.sentences import outcome_sentence
from mgmeta.report.verdict import judge


@dataclass(frozen=True)
class OutcomeHeadline:
    """The headline of one outcome; field names are the keys of ``headline.json``."""

    name: str
    unit: str
    published: Published
    numeric_dl: Result
    numeric_reml: Result
    bounded: Result
    bayes: Result
    verdict: str
    reason: str
    difference: float | None
    sentence: str


@dataclass(frozen=True)
class Scenario:
    """One analysis and outcome among all that were run.

    ``group`` is the analysis this one varies (its own name if it varies none); ``same_rows`` is True where
    it pools the very rows of that analysis: what it changes affects no trial.
    """

    analysis: str
    group: str
    title: str
    outcome: str
    k_numeric: int
    k_bounds: int
    bounded: Result
    numeric: Result
    same_rows: bool = False


@dataclass(frozen=True)
class Headline:
    """Everything ``results/headline.json`` says.

    ``sd_unknown``: analysis -> outcome -> Bayesian result with every unprinted SD unknown; empty if not
    sampled.
    """

    target: Json
    level: float
    outcomes: Mapping[str, OutcomeHeadline]
    scenarios: tuple[Scenario, ...]
    sd_unknown: Mapping[str, Mapping[str, Result]] = field(default_factory=dict)


def build_headline(
    fits: Mapping[str, Json],
    bayes: Mapping[str, Json],
    targets: Mapping[str, Published],
    analysis: str,
    slices: Mapping[str, str] | None = None,
    models: Mapping[str, Json] | None = None,
) -> Headline:
    """Put the fits of one analysis beside the published result, and list every scenario.

    Parameters
    ----------
    fits, bayes : mapping of str to JSON
        ``results/fits/*.json`` and ``results/bayes/*.json`` by analysis, in the order of the config.
    targets : mapping of str to Published
        The published result by outcome.
    analysis : str
        The analysis that answers the target.
    slices : mapping of str to str, optional
        ``data/processed/slices.json``: checksum of the rows of each analysis; tells which scenarios pool
        the rows of the analysis they vary.
    models : mapping of str to JSON, optional
        ``results/models/*.json`` by family.

    Raises
    ------
    DataError
        If the analysis has no fit, or its fit lacks an outcome of the target.
    """
    fit = fits.get(analysis)
    if fit is None:
        raise DataError(f"no fit of the target analysis {analysis!r}; run `mgmeta fit` for it first")
    outcomes = {}
    for outcome, published in targets.items():
        if outcome not in fit["outcomes"]:
            raise DataError(
                f"fit of {analysis!r}: no outcome {outcome!r}; add it to `outcomes` of the config"
            )
        sample = bayes.get(analysis, {}).get("outcomes", {}).get(outcome)
        outcomes[outcome] = _outcome(
            outcome, fit["outcomes"][outcome], sample, published, float(fit["level"])
        )
    return Headline(
        target={
            "review": next(iter(targets.values())).review_id if targets else "",
            "analysis": analysis,
            "estimates": {
                outcome: {
                    "estimate": item.estimate,
                    "ci_low": item.ci_low,
                    "ci_high": item.ci_high,
                    "k": item.k_trials,
                    "n": item.n_participants,
                }
                for outcome, item in targets.items()
            },
        },
        level=float(fit["level"]),
        outcomes=outcomes,
        scenarios=tuple(_scenarios(fits, targets, slices or {})),
        sd_unknown=_sd_unknown(fits, targets, (models or {}).get("sd_unknown", {})),
    )


def _sd_unknown(
    fits: Mapping[str, Json], targets: Mapping[str, Published], model: Json
) -> dict[str, dict[str, Result]]:
    """Return the results with unknown SDs by analysis and outcome."""
    return {
        analysis: {
            outcome: bayes_result(
                {"overall": found}, fits[analysis]["outcomes"][outcome], targets[outcome].estimate
            )
            for outcome, found in part.items()
            if outcome in targets
        }
        for analysis, part in model.get("analyses", {}).items()
        if analysis in fits
    }


def _outcome(
    outcome: str, out: Json, sample: Json | None, published: Published, level: float
) -> OutcomeHeadline:
    theirs = published.estimate
    bounded = bounded_result(out, theirs)
    verdict = judge(published, bounded.k, bounded.estimate, bounded.ci_low, bounded.ci_high)
    name = OUTCOMES[outcome].name
    return OutcomeHeadline(
        name=name,
        unit=str(out["unit"]),
        published=published,
        numeric_dl=numeric_result(out, "DL", theirs),
        numeric_reml=numeric_result(out, "REML", theirs),
        bounded=bounded,
        bayes=bayes_result(sample, out, theirs),
        verdict=verdict.word,
        reason=verdict.reason,
        difference=bounded.difference,
        sentence=outcome_sentence(name, bounded, published, verdict, level),
    )


def group_of(analysis: str, names: Sequence[str]) -> str:
    """Return the analysis that *analysis* varies: the shortest name it extends by ``_``."""
    parents = [name for name in names if analysis.startswith(f"{name}_")]
    return min(parents, key=len) if parents else analysis


def _scenarios(
    fits: Mapping[str, Json], targets: Mapping[str, Published], slices: Mapping[str, str]
) -> list[Scenario]:
    scenarios = []
    for outcome in targets:
        for analysis, fit in fits.items():
            out = fit["outcomes"].get(outcome)
            if out is None:
                continue
            bounded = bounded_result(out, targets[outcome].estimate)
            group = group_of(analysis, list(fits))
            rows, base = slices.get(analysis), slices.get(group)
            scenarios.append(
                Scenario(
                    analysis=analysis,
                    group=group,
                    title=str(fit["title"]),
                    outcome=outcome,
                    k_numeric=bounded.k_numeric,
                    k_bounds=bounded.k_bounds,
                    bounded=bounded,
                    numeric=numeric_result(out, "REML", targets[outcome].estimate),
                    same_rows=group != analysis and rows is not None and rows == base,
                )
            )
    return scenarios


def headline_from_json(data: Json) -> Headline:
    """Return the headline that ``results/headline.json`` holds.

    Raises
    ------
    DataError
        If keys are missing or unknown: the file is of another version.
    """
    try:
        outcomes = {
            key: OutcomeHeadline(
                **{
                    **item,
                    "published": Published(**item["published"]),
                    **{method: Result(**item[method]) for method in METHODS},
                }
            )
            for key, item in data["outcomes"].items()
        }
        scenarios = tuple(
            Scenario(**{**item, "bounded": Result(**item["bounded"]), "numeric": Result(**item["numeric"])})
            for item in data["scenarios"]
        )
        unknown = {
            analysis: {outcome: Result(**item) for outcome, item in part.items()}
            for analysis, part in data["sd_unknown"].items()
        }
        return Headline(data["target"], float(data["level"]), outcomes, scenarios, unknown)
    except (KeyError, TypeError) as error:
        raise DataError(
            f"headline.json: not as this version writes it ({error}); run `mgmeta headline` again"
        ) from error
