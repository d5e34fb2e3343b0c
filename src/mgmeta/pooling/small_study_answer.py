"""What ``mgmeta bias`` answers about small-study effects."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from mgmeta.pooling.bias_answer import BiasOptions, Rows

Answer = dict[str, Any]


def _line(line: Any) -> Answer:
    return {
        "predictor": line.predictor,
        "model": line.model,
        "test": line.test,
        "intercept": asdict(line.intercept),
        "slope": asdict(line.slope),
        "tau2": line.tau2,
    }


def egger_answer(rows: Rows, options: BiasOptions) -> Answer:
    """Regress the effects on study size."""
    from mgmeta.pooling.egger import egger, egger_bounded

    if rows.bounded:
        found = egger_bounded(
            rows.y,
            np.sqrt(rows.v),
            rows.low,
            rows.high,
            predictor=options.predictor,
            n=rows.n,
            level=options.level,
        )
    else:
        found = egger(
            rows.y,
            rows.v,
            predictor=options.predictor,
            n=rows.n,
            model=_model(options),
            test=options.test,
            level=options.level,
        )
    return {
        **_line(found.line),
        "statistic": found.statistic,
        "df": found.df,
        "p_value": found.p_value,
        "limit": None if found.limit is None else asdict(found.limit),
        "warnings": found.line.warnings,
    }


def _model(options: BiasOptions) -> str:
    return "lm" if options.model == "lm" else options.method


def begg_answer(rows: Rows, options: BiasOptions) -> Answer:
    """Correlate ranks of effects and variances."""
    from mgmeta.pooling.begg import begg

    return asdict(begg(rows.y, rows.v))


def trim_fill_answer(rows: Rows, options: BiasOptions) -> Answer:
    """Fill in what a symmetric funnel lacks."""
    from mgmeta.pooling.trim_fill import trim_fill

    found = trim_fill(
        rows.y,
        rows.v,
        estimator=options.estimator,
        side=options.side,
        method=options.method,
        test=options.test,
        level=options.level,
    )
    keys = ("k", "estimate", "se", "ci_low", "ci_high", "p_value", "tau2", "i2", "q", "method", "test")
    pool = {key: getattr(found.pool, key) for key in keys}
    parts = ("estimator", "side", "missing", "missing_se", "missing_p")
    return {
        **{key: getattr(found, key) for key in parts},
        "filled": [{"yi": y, "vi": v} for y, v in zip(found.filled_y, found.filled_v, strict=True)],
        "pool": pool,
        "warnings": found.warnings,
    }


def pet_peese_answer(rows: Rows, options: BiasOptions) -> Answer:
    """Extrapolate to a study without error."""
    from mgmeta.pooling.pet_peese import pet_peese, pet_peese_bounded

    if rows.bounded:
        found = pet_peese_bounded(rows.y, np.sqrt(rows.v), rows.low, rows.high, level=options.level)
    else:
        found = pet_peese(rows.y, rows.v, model=_model(options), test=options.test, level=options.level)
    lines = {"pet": found.pet, "peese": found.peese}
    if options.what in lines:
        line = lines[options.what]
        return {**_line(line), "estimate": asdict(line.intercept), "warnings": line.warnings}
    return {
        "chosen": found.chosen,
        "estimate": asdict(found.estimate),
        "pet": _line(found.pet),
        "peese": _line(found.peese),
        "warnings": found.warnings,
    }


def limit_answer(rows: Rows, options: BiasOptions) -> Answer:
    """Extrapolate to infinite precision."""
    from mgmeta.pooling.limit_meta import limit_meta

    answer = asdict(limit_meta(rows.y, rows.v, method=options.method, level=options.level))
    shrunken = answer.pop("shrunken").tolist()
    answer["rows"] = [{"study": n, "shrunken": s} for n, s in zip(rows.names, shrunken, strict=True)]
    return answer


def failsafe_answer(rows: Rows, options: BiasOptions) -> Answer:
    """Count the null studies it would take, four ways."""
    from mgmeta.pooling.failsafe import WEAK, general, orwin, rosenberg, rosenthal

    found = [
        rosenthal(rows.y, rows.v),
        orwin(rows.y, rows.v, target=options.target),
        rosenberg(rows.y, rows.v),
        general(rows.y, rows.v, method=options.method),
    ]
    out = [{key: value for key, value in asdict(one).items() if key != "warnings"} for one in found]
    return {"rows": out, "warnings": [WEAK]}


def waap_answer(rows: Rows, options: BiasOptions) -> Answer:
    """Average all studies, and those with power."""
    from mgmeta.pooling.waap import waap

    found = waap(rows.y, rows.v, level=options.level)
    keys = ("k", "estimate", "se", "ci_low", "ci_high", "p_value", "df")
    pools = {"uwls": found.uwls, "waap": found.waap}
    return {
        **{name: {key: getattr(one, key) for key in keys} if one else None for name, one in pools.items()},
        "se_needed": found.se_needed,
        "k_adequate": found.k_adequate,
        "warnings": found.warnings,
    }


def excess_answer(rows: Rows, options: BiasOptions) -> Answer:
    """Compare significant studies with their power."""
    from mgmeta.pooling.excess_significance import excess_significance

    alternative = "two.sided" if options.alternative == "auto" else options.alternative
    answer = asdict(excess_significance(rows.y, rows.v, alternative=alternative))
    power = answer.pop("power").tolist()
    answer["alternative"] = alternative
    answer["rows"] = [{"study": n, "power": p} for n, p in zip(rows.names, power, strict=True)]
    return answer


def funnel_answer(rows: Rows, options: BiasOptions) -> Answer:
    """Give the points and contours of the funnel."""
    from mgmeta.pooling.funnel import funnel
    from mgmeta.pooling.pool import pool

    centre = pool(rows.y, rows.v, method=options.method, level=options.level).estimate
    found = funnel(rows.y, rows.v, centre=centre, level=options.level)
    points = zip(rows.names, found.y, found.se, found.p, found.zone, strict=True)
    return {
        "method": options.method,
        "centre": centre,
        "rows": [
            {"study": name, "yi": y, "sei": se, "p_value": p, "zone": zone} for name, y, se, p, zone in points
        ],
        "se_grid": found.se_grid,
        "contours": [{"p": c.p, "half_width": c.half_width} for c in found.contours],
        "region_low": found.region_low,
        "region_high": found.region_high,
    }
