// The pool with bounds: estimate, profile-likelihood interval, prediction interval, as `mgmeta fit` gives them.

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b), n = sorted.length;
  return n % 2 ? sorted[(n - 1) / 2] : 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]);
};

// Scales of the rows: where a search over tau2 begins and how far it may have to go.
function rowScales(rows) {
  const v = rows.map((row) => row.se ** 2);
  const points = rows.map((row) => row.y ?? (row.low === null ? row.high : row.high === null ? row.low : 0.5 * (row.low + row.high)));
  const w = v.map((one) => 1 / one);
  const mean = sum(points.map((one, i) => w[i] * one)) / sum(w);
  const spread = Math.max(...points.map((one) => (one - mean) ** 2));
  return { smallest: Math.min(...v), largest: Math.max(...v), mean, spread, typical: Math.sqrt(median(v)) };
}

// Highest likelihood with the mean held at mu.
function heldMean(rows, mu, scales) {
  const far = (mu - scales.mean) ** 2 + scales.spread + scales.largest;
  const tau2 = bestTau2(
    (t) => allTerms(rows, mu, t).tau2, (t) => allTerms(rows, mu, t).value, scales.smallest, far, 1e6 * far);
  return tau2 === undefined ? Infinity : allTerms(rows, mu, tau2).value;
}

// Where the profile has dropped by `drop` on one side; infinite if it never does.
function profileEnd(rows, best, side, drop, scales) {
  const deviance = (distance) => 2 * (best.value - heldMean(rows, best.mu + side * distance, scales));
  const reach = 1e6 * Math.max(best.se, scales.typical), target = Math.sqrt(drop);
  const root = (distance) => Math.sqrt(Math.max(deviance(distance), 0)) - target;
  let low = 0, high = target * best.se, below = -target, above = root(high);
  while (above < 0) {
    if (high >= reach) return side * Infinity;
    [low, below] = [high, above];
    high = Math.min(2 * high, reach);
    above = root(high);
  }
  // The root of the deviance is nearly straight: the chord, held off the ends of the bracket (Illinois).
  for (let pass = 0; pass < 200 && high - low > 1e-11 * high; pass++) {
    const guess = (low * above - high * below) / (above - below);
    const value = root(guess);
    if (Math.abs(value) < 1e-12) return best.mu + side * guess;
    if (value < 0) {
      if (best.last === -1) above /= 2;
      [low, below, best.last] = [guess, value, -1];
    } else {
      if (best.last === 1) below /= 2;
      [high, above, best.last] = [guess, value, 1];
    }
  }
  return best.mu + (side * (low + high)) / 2;
}

function poolBounded(rows, level) {
  const k = rows.length;
  if (k < 2) return { reason: `${k} ${k === 1 ? "trial" : "trials"}; a pool needs at least 2` };
  const one = rows.filter((row) => row.y === null && (row.low === null || row.high === null));
  if (one.length === k && new Set(one.map((row) => row.low === null)).size === 1) {
    return { reason: "every row is a bound open on the same side; at least one number or two-sided bound is needed" };
  }
  const scales = rowScales(rows);
  let near = scales.mean;
  const mean = (t) => (near = bestMean(rows, t, near));
  const far = scales.spread + scales.largest;
  const tau2 = bestTau2(
    (t) => allTerms(rows, mean(t), t).tau2, (t) => allTerms(rows, mean(t), t).value,
    scales.smallest, far, 1e6 * (far + 1));
  if (tau2 === undefined) return { reason: "the likelihood keeps rising as tau grows; add rows or leave some out" };
  const mu = mean(tau2), at = allTerms(rows, mu, tau2);
  const held = tau2 <= 0 && at.tau2 <= 0;
  const information = held ? -at.mu2 : -at.mu2 + (at.cross * at.cross) / at.tau22;
  const se = 1 / Math.sqrt(information);
  if (!(se < 1e6 * scales.typical)) {
    return { reason: "these bounds fit a whole range of values equally well; numbers or narrower bounds are needed" };
  }
  const best = { mu, se, value: at.value, last: 0 };
  const drop = studentQuantile(level, k - 1) ** 2;
  const ciLow = profileEnd(rows, { ...best }, -1, drop, scales);
  const ciHigh = profileEnd(rows, { ...best }, 1, drop, scales);
  const reach = studentQuantile(level, k - 2) * Math.sqrt(tau2 + se * se);
  const curvature = rows.map((row) => Math.max(-rowTerms(row, mu, tau2).mu2, 0));
  return {
    k, estimate: mu, se, ciLow, ciHigh, piLow: mu - reach, piHigh: mu + reach, tau2,
    i2: (100 * tau2) / (tau2 + typicalVariance(rows.map((row) => row.se ** 2))),
    weights: curvature.map((c) => (100 * c) / sum(curvature)),
  };
}

// Every estimator of the page: its words, and whether it hears the trials that give words only.
const ESTIMATORS = {
  ML: { title: "Numbers and words, ML (headline)", words: true, pool: poolBounded },
  REML: { title: "Numbers only, REML with Hartung-Knapp", words: false, pool: (rows, level) => poolNumbers(rows, level, tau2REML, true) },
  REMLz: { title: "Numbers only, REML with normal interval", words: false, pool: (rows, level) => poolNumbers(rows, level, tau2REML, false) },
  DL: { title: "Numbers only, DerSimonian-Laird", words: false, pool: (rows, level) => poolNumbers(rows, level, tau2DL, false) },
  DLhk: { title: "Numbers only, DerSimonian-Laird with Hartung-Knapp", words: false, pool: (rows, level) => poolNumbers(rows, level, tau2DL, true) },
};
