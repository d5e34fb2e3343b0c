// Drawing: one row of the live forest in percent of its width, and the whole as a picture to keep.

const MINUS = "\u2212";
const fixed = (value, digits = 2) => {
  if (value === null || !Number.isFinite(value)) return "\u2013";
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? MINUS + text : text;
};
const span = (low, high) => {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return "no interval";
  return `${fixed(low)} to ${fixed(high)}`;
};

// Range of the axis: every interval and band, but no further than a believable effect.
function axisOf(view) {
  const { reach } = view.outcome;
  const points = view.rows.flatMap(({ row }) => (row.y === null ? [] : [row.y]));
  const ends = view.rows.flatMap(({ row }) => [...(row.ci ?? []), row.low, row.high]).filter((end) => end !== null);
  const low = Math.max(Math.min(...ends, -1), Math.min(...points, -reach));
  const high = Math.min(Math.max(...ends, 1), Math.max(...points, reach));
  const room = 0.06 * (high - low);
  const step = [1, 2, 5, 10, 20, 50].find((one) => (high - low) / one <= 8) ?? 100;
  const ticks = [];
  for (let at = Math.ceil(low / step) * step; at <= high; at += step) ticks.push(at);
  return { low: low - room, high: high + room, ticks };
}

// The marks of one row as plain shapes: x in mmHg, y from -1 to 1 of half a row.
function rowMarks({ row, weight, pooled }, heaviest) {
  if (row.y !== null) {
    const side = weight === null || !heaviest ? 7 : Math.max(3, 13 * Math.sqrt(weight / heaviest));
    return [{ kind: "line", low: row.ci[0], high: row.ci[1], color: "estimate" }, { kind: "square", at: row.y, side, color: "estimate", pooled }];
  }
  return [{ kind: "band", low: row.low, high: row.high, color: "bound", fill: "bound-fill" }];
}

const SVG = "http://www.w3.org/2000/svg";
function element(name, attributes, parent) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent?.append(made);
  return made;
}

// Draws marks into an <svg>; `x` turns mmHg into a length of it, `mid` is the height of the row's middle.
function drawMarks(svg, marks, axis, x, mid, color) {
  const inside = (value) => Math.min(Math.max(value, axis.low), axis.high);
  const width = (low, high) => {
    const [a, b] = [x(low), x(high)];
    return typeof a === "string" ? `${Math.max(parseFloat(b) - parseFloat(a), 0)}%` : Math.max(b - a, 0);
  };
  const arrow = (at, sign, tint) => {
    const spot = element("svg", { x: x(at), y: mid, overflow: "visible", width: 1, height: 1 }, svg);
    element("path", { d: `M${4 * -sign} -4L0 0L${4 * -sign} 4Z`, fill: tint }, spot);
  };
  for (const mark of marks) {
    const tint = color(mark.color);
    const low = mark.low ?? -Infinity, high = mark.high ?? Infinity;
    if (mark.kind === "line" || mark.kind === "prediction") {
      element("line", { x1: x(inside(low)), x2: x(inside(high)), y1: mid, y2: mid, stroke: tint, "stroke-width": mark.kind === "line" ? 1.3 : 2 }, svg);
      if (mark.kind === "prediction") {
        for (const end of [low, high]) if (end === inside(end)) element("line", { x1: x(end), x2: x(end), y1: mid - 4, y2: mid + 4, stroke: tint, "stroke-width": 1.5 }, svg);
      }
    } else if (mark.kind === "band") {
      element("rect", { x: x(inside(low)), width: width(inside(low), inside(high)), y: mid - 5, height: 10, fill: color(mark.fill), stroke: tint }, svg);
    } else if (mark.kind === "square") {
      if (mark.at === inside(mark.at)) {
        const spot = element("svg", { x: x(mark.at), y: mid, overflow: "visible", width: 1, height: 1 }, svg);
        element("rect", { x: -mark.side / 2, y: -mark.side / 2, width: mark.side, height: mark.side, fill: tint }, spot);
      }
    } else if (mark.kind === "diamond" && mark.at === inside(mark.at)) {
      const [left, right] = [inside(low), inside(high)], share = right > left ? (100 * (mark.at - left)) / (right - left) : 50;
      const box = element("svg", { x: x(left), y: mid - 7, width: width(left, right), height: 14, viewBox: "0 0 100 14", preserveAspectRatio: "none", overflow: "visible" }, svg);
      element("path", { d: `M0 7L${share} 0L100 7L${share} 14Z`, fill: mark.hollow ? color("paper") : tint, stroke: tint, "vector-effect": "non-scaling-stroke" }, box);
    }
    if (mark.kind === "square") continue;
    if (low < axis.low) arrow(axis.low, -1, tint);
    if (high > axis.high) arrow(axis.high, 1, tint);
  }
}

function poolMarks(fit, hollow) {
  if (fit.reason) return [];
  const bounded = Number.isFinite(fit.ciLow) && Number.isFinite(fit.ciHigh);
  const shape = { kind: "diamond", at: fit.estimate, low: fit.ciLow, high: fit.ciHigh, color: hollow ? "published" : "headline", hollow };
  return bounded ? [shape] : [{ ...shape, kind: "line" }];
}
const predictionMarks = (fit) =>
  fit.reason || !Number.isFinite(fit.piLow) ? [] : [{ kind: "prediction", low: fit.piLow, high: fit.piHigh, color: "headline" }];

const heaviestOf = (view) => Math.max(0, ...view.pooled.filter(({ row }) => row.y !== null).map(({ weight }) => weight ?? 0));
