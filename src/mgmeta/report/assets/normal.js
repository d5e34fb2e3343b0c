// Normal and Student distributions. No table of constants: a series near zero, a continued fraction beyond.

const ROOT_HALF = Math.SQRT1_2;
const ROOT_2_OVER_PI = Math.sqrt(2 / Math.PI);

// exp(x^2) erfc(x): erf by its series of positive terms below 2, Laplace's continued fraction above.
function erfcx(x) {
  if (x < 0) return 2 * Math.exp(x * x) - erfcx(-x);
  if (x < 2) {
    let term = x, sum = x;
    for (let n = 1; term > 1e-17 * sum; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return Math.exp(x * x) - (2 / Math.sqrt(Math.PI)) * sum;
  }
  let tail = x;
  for (let n = Math.ceil(200 / (x * x)) + 8; n > 0; n--) tail = x + n / 2 / tail;
  return 1 / (Math.sqrt(Math.PI) * tail);
}

// log Phi(b), also far out in the lower tail.
function logNdtr(b) {
  if (b > 0) return Math.log1p(-0.5 * Math.exp(-0.5 * b * b) * erfcx(b * ROOT_HALF));
  return Math.log(0.5 * erfcx(-b * ROOT_HALF)) - 0.5 * b * b;
}

// The x in [low, high] where a rising function crosses zero.
function rising(f, low, high) {
  for (let i = 0; i < 200 && high - low > 1e-15 * (Math.abs(low) + Math.abs(high)); i++) {
    const middle = 0.5 * (low + high);
    if (f(middle) < 0) low = middle;
    else high = middle;
  }
  return 0.5 * (low + high);
}

function normalQuantile(level) {
  return rising((z) => 1 - Math.exp(-0.5 * z * z) * erfcx(z * ROOT_HALF) - level, 0, 40);
}

// P(|T| < t) for whole df, by its finite sum in the angle atan(t / sqrt(df)).
function studentInside(angle, df) {
  const cos2 = Math.cos(angle) ** 2;
  let term = df % 2 ? Math.cos(angle) : 1, sum = 0;
  for (let j = df % 2 ? 3 : 2; j <= df; j += 2) {
    sum += term;
    term *= (cos2 * (j - 1)) / j;
  }
  if (df % 2) return (2 / Math.PI) * (angle + Math.sin(angle) * sum);
  return Math.sin(angle) * sum;
}

const studentKnown = new Map();
// Two-sided quantile of Student's t for whole df; NaN without degrees of freedom.
function studentQuantile(level, df) {
  if (!(df > 0)) return NaN;
  const key = `${level} ${df}`;
  if (!studentKnown.has(key)) {
    const angle = rising((a) => studentInside(a, df) - level, 0, Math.PI / 2);
    studentKnown.set(key, Math.sqrt(df) * Math.tan(angle));
  }
  return studentKnown.get(key);
}
