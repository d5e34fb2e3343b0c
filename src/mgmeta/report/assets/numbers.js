// Pools of the trials that print a number: DerSimonian-Laird or REML, normal or Hartung-Knapp interval.

const sum = (values) => values.reduce((total, value) => total + value, 0);

// Weighted mean and what is needed around it, at weights 1 / (v + tau2).
function weighted(y, v, tau2) {
  const w = v.map((one) => 1 / (one + tau2));
  const total = sum(w);
  const mean = sum(y.map((one, i) => w[i] * one)) / total;
  const squares = sum(y.map((one, i) => w[i] * (one - mean) ** 2));
  return { w, total, mean, squares };
}

// Typical sampling variance (k - 1) / tr(P) of Higgins and Thompson.
function typicalVariance(v) {
  const w = v.map((one) => 1 / one);
  return (v.length - 1) / (sum(w) - sum(w.map((one) => one * one)) / sum(w));
}

function tau2DL(y, v) {
  const at = weighted(y, v, 0);
  const trace = at.total - sum(at.w.map((one) => one * one)) / at.total;
  return Math.max(0, (at.squares - (y.length - 1)) / trace);
}

// Twice the derivative of the restricted log-likelihood in tau2.
function restrictedScore(y, v, tau2) {
  const { w, total, mean } = weighted(y, v, tau2);
  const squares = sum(w.map((one) => one * one));
  return sum(y.map((one, i) => (w[i] * (one - mean)) ** 2)) - total + squares / total;
}

function restrictedLoglik(y, v, tau2) {
  const { total, squares } = weighted(y, v, tau2);
  return -0.5 * (sum(v.map((one) => Math.log(one + tau2))) + Math.log(total) + squares);
}

// Growth of smallest variance + tau2 from one point of the scan to the next: maxima closer than that differ
// by next to nothing in likelihood.
const SCAN_RATIO = 1.15;

// Highest maximum over tau2 >= 0 of a likelihood with this derivative. The scan ends once it is past `far`
// and falling; undefined if it still rises where no data could hold it.
function bestTau2(score, loglik, smallest, far, limit) {
  let left = 0, before = score(0);
  const found = before <= 0 ? [0] : [];
  for (let right = 0.1 * smallest; ; right = (right + smallest) * SCAN_RATIO - smallest) {
    const now = score(right);
    if (before > 0 && now <= 0) found.push(rising((t) => -score(t), left, right));
    left = right;
    before = now;
    if (right > far && now <= 0) break;
    if (right > limit) return undefined;
  }
  if (found.length === 1) return found[0];
  const heights = found.map(loglik);
  return found[heights.indexOf(Math.max(...heights))];
}

function tau2REML(y, v) {
  const mean = sum(y) / y.length;
  const spread = sum(y.map((one) => (one - mean) ** 2));
  const far = spread + Math.max(...v);
  return bestTau2(
    (t) => restrictedScore(y, v, t), (t) => restrictedLoglik(y, v, t), Math.min(...v), far, 1e30 * far);
}

// One pool; `rows` have y and se. Prediction interval: Higgins, Thompson and Spiegelhalter, t(k - 2).
function poolNumbers(rows, level, tau2Of, hartungKnapp) {
  const k = rows.length;
  if (k < 2) return { reason: `${k} ${k === 1 ? "trial prints" : "trials print"} a number; a pool needs at least 2` };
  const y = rows.map((row) => row.y), v = rows.map((row) => row.se ** 2);
  const tau2 = tau2Of(y, v);
  const { w, total, mean, squares } = weighted(y, v, tau2);
  const plain = 1 / total;
  const se = Math.sqrt(hartungKnapp ? (plain * squares) / (k - 1) : plain);
  const half = se * (hartungKnapp ? studentQuantile(level, k - 1) : normalQuantile(level));
  const reach = studentQuantile(level, k - 2) * Math.sqrt(tau2 + plain);
  return {
    k, estimate: mean, se, ciLow: mean - half, ciHigh: mean + half, piLow: mean - reach, piHigh: mean + reach,
    tau2, i2: (100 * tau2) / (tau2 + typicalVariance(v)), weights: w.map((one) => (100 * one) / total),
  };
}
