// Maximum likelihood of numbers and bounds: a bound counts with the probability of its interval.

// Gauss-Legendre nodes and weights, by Newton on the polynomial; for intervals far narrower than one SD.
const LEGENDRE = (() => {
  const n = 10;
  return Array.from({ length: n }, (_, i) => {
    let x = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5)), slope = 1;
    for (let pass = 0; pass < 20; pass++) {
      let before = 1, here = x;
      for (let j = 2; j <= n; j++) [before, here] = [here, ((2 * j - 1) * x * here - (j - 1) * before) / j];
      slope = (n * (x * here - before)) / (x * x - 1);
      x -= here / slope;
    }
    return { x, weight: 1 / ((1 - x * x) * slope * slope) };
  });
})();

// log P(low < Z < high), Z ~ N(mu, v), and m_j = (b^j phi(b) - a^j phi(a)) / P for j = 0 to 3.
// The interval is turned so that its middle lies at or below the mean: nothing cancels in the tail.
function intervalTerms(low, high, mu, v) {
  const s = Math.sqrt(v);
  const centre = (0.5 * (low + high) - mu) / s, h = (0.5 * (high - low)) / s, m = -Math.abs(centre);
  const sign = centre > 0 ? -1 : 1, a = m - h, b = m + h, decay = 2 * m * h;
  let logP, rb;
  if (2 * h * Math.max(1, -m) < 1) {
    const mean = sum(LEGENDRE.map(({ x, weight }) => weight * Math.exp(-0.5 * (h * x) ** 2) * Math.cosh(m * h * x)));
    logP = Math.log(2 * h) - 0.5 * m * m - 0.5 * Math.log(2 * Math.PI) + Math.log(mean);
    rb = Math.exp(-m * h - 0.5 * h * h) / (2 * h * mean);
    const ra = rb * Math.exp(decay), m0 = -rb * Math.expm1(decay), both = ra + rb;
    return {
      logP, m0: sign * m0, m1: m * m0 + h * both, m2: sign * ((m * m + h * h) * m0 + 2 * m * h * both),
      m3: m * (m * m + 3 * h * h) * m0 + h * (3 * m * m + h * h) * both,
    };
  }
  const near = erfcx(-b * ROOT_HALF);
  const share = (erfcx(-a * ROOT_HALF) / near) * Math.exp(decay);
  logP = logNdtr(b) + Math.log1p(-share);
  rb = ROOT_2_OVER_PI / near / (1 - share);
  const ra = rb * Math.exp(decay);
  return {
    logP, m0: sign * (rb - ra), m1: b * rb - a * ra, m2: sign * (b * b * rb - a * a * ra),
    m3: b ** 3 * rb - a ** 3 * ra,
  };
}

function openTerms(edge, direction, mu, v) {
  const b = (direction * (edge - mu)) / Math.sqrt(v);
  const ratio = ROOT_2_OVER_PI / erfcx(-b * ROOT_HALF);
  return { logP: logNdtr(b), m0: direction * ratio, m1: b * ratio, m2: direction * b * b * ratio, m3: b ** 3 * ratio };
}

// One row's log-likelihood with its derivatives in mu and tau2.
function rowTerms(row, mu, tau2) {
  const v = tau2 + row.se ** 2, s = Math.sqrt(v);
  if (row.y !== null) {
    const z = (row.y - mu) / s;
    return {
      value: -0.5 * (Math.log(2 * Math.PI * v) + z * z), mu: z / s, tau2: (0.5 * (z * z - 1)) / v,
      mu2: -1 / v, tau22: (0.5 - z * z) / (v * v), cross: -z / (v * s),
    };
  }
  const t = row.high === null ? openTerms(row.low, -1, mu, v)
    : row.low === null ? openTerms(row.high, 1, mu, v) : intervalTerms(row.low, row.high, mu, v);
  // Far from its interval the row sits at the near end and counts like a number there.
  const square = t.m0 ** 2, deep = square > 1e8;
  return {
    value: t.logP, mu: -t.m0 / s, tau2: (-0.5 * t.m1) / v, mu2: -(deep ? 1 : t.m1 + square) / v,
    tau22: (deep ? 0.5 - square : 0.25 * (3 * t.m1 - t.m3 - t.m1 ** 2)) / (v * v),
    cross: (deep ? t.m0 : 0.5 * (t.m0 - t.m2 - t.m0 * t.m1)) / (v * s),
  };
}

function allTerms(rows, mu, tau2) {
  const total = { value: 0, mu: 0, tau2: 0, mu2: 0, tau22: 0, cross: 0 };
  for (const row of rows) {
    const one = rowTerms(row, mu, tau2);
    total.value += one.value;
    total.mu += one.mu;
    total.tau2 += one.tau2;
    total.mu2 += one.mu2;
    total.tau22 += one.tau22;
    total.cross += one.cross;
  }
  return total;
}

// The mean of the highest likelihood at this tau2; it is concave in the mean, so Newton with halving finds it.
function bestMean(rows, tau2, start) {
  let mu = start, at = allTerms(rows, mu, tau2);
  for (let pass = 0; pass < 100; pass++) {
    let step = at.mu / Math.max(-at.mu2, 1e-300);
    if (Math.abs(step) <= 1e-13 * (1 + Math.abs(mu))) break;
    let next = allTerms(rows, mu + step, tau2);
    for (let half = 0; half < 60 && !(next.value >= at.value - 1e-13 * Math.abs(at.value)); half++) {
      step /= 2;
      next = allTerms(rows, mu + step, tau2);
    }
    mu += step;
    at = next;
  }
  return mu;
}
