// The current view as files: a table and a picture.

// Text that a spreadsheet would run as a formula gets an apostrophe before it.
const csvCell = (value) => {
  if (value === null || value === undefined || Number.isNaN(value)) return "";
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

function csvOf(view) {
  const lines = [["row", "trial_id", "label", "year", "outcome", "unit", "pooled", "yi", "yi_low", "yi_high", "sei",
    "weight_percent", "ci_low", "ci_high", "pi_low", "pi_high", "tau2", "i2_percent", "k", "estimator", "analysis"]];
  const shared = [view.state.outcome, view.outcome.unit];
  const last = [view.state.estimator, view.changed ? `${view.state.preset} (changed)` : view.state.preset];
  for (const { row, trial, pooled, weight } of view.rows) {
    lines.push(["trial", row.trial, trial.label, trial.year, ...shared, pooled ? 1 : 0, row.y, row.low, row.high, row.se,
      weight, row.ci?.[0], row.ci?.[1], null, null, null, null, null, ...last]);
  }
  const fit = view.fit;
  if (!fit.reason) {
    lines.push(["pool", "", view.estimator.title, null, ...shared, null, fit.estimate, null, null, fit.se, null,
      fit.ciLow, fit.ciHigh, fit.piLow, fit.piHigh, fit.tau2, fit.i2, fit.k, ...last]);
  }
  return lines.map((line) => line.map(csvCell).join(",")).join("\n") + "\n";
}

// The forest of the pooled rows as one SVG file, in the light palette, with no reference to the page.
function svgOf(view) {
  const colors = getComputedStyle(document.documentElement);
  const color = (name) => colors.getPropertyValue(`--fig-${name}`).trim();
  const shown = view.rows.filter((one) => one.pooled), step = 20, top = 46, left = 250, right = 640, width = 860;
  const bottom = top + (shown.length + 2) * step, axis = axisOf({ ...view, rows: shown });
  const x = (value) => left + ((value - axis.low) / (axis.high - axis.low)) * (right - left);
  const svg = element("svg", { xmlns: SVG, viewBox: `0 0 ${width} ${bottom + 46}`, width, height: bottom + 46, "font-family": "sans-serif", "font-size": 12 });
  const write = (at, y, text, more = {}) => (element("text", { x: at, y: y + 4, fill: color("ink"), ...more }, svg).textContent = text);
  element("title", {}, svg).textContent = `Forest plot, ${view.outcome.name}, ${shown.length} trials`;
  element("rect", { width: "100%", height: "100%", fill: color("paper") }, svg);
  write(8, 16, `${view.outcome.name}, ${view.outcome.unit}: ${view.estimator.title}`, { "font-weight": "bold" });
  element("line", { x1: x(0), x2: x(0), y1: top - 8, y2: bottom, stroke: color("muted") }, svg);
  const short = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}\u2026` : text);
  const heaviest = heaviestOf(view);
  shown.forEach((one, i) => {
    const y = top + i * step;
    write(8, y, short(one.trial.label, 34));
    write(right + 12, y, one.row.says);
    write(width - 8, y, `${fixed(one.weight, 1)} %`, { "text-anchor": "end" });
    drawMarks(svg, rowMarks(one, heaviest), axis, x, y, color);
  });
  const level = `${Math.round(1000 * view.data.level) / 10} %`;
  const totals = view.fit.reason ? [] : [
    [`Pooled (${view.fit.k} trials)`, `${fixed(view.fit.estimate)} (${span(view.fit.ciLow, view.fit.ciHigh)})`, poolMarks(view.fit, false)],
    [`${level} prediction interval`, span(view.fit.piLow, view.fit.piHigh), predictionMarks(view.fit)],
  ];
  totals.forEach(([name, text, marks], i) => {
    const y = top + (shown.length + i) * step;
    write(8, y, name, { "font-weight": "bold" });
    write(right + 12, y, text);
    drawMarks(svg, marks, axis, x, y, color);
  });
  element("line", { x1: left, x2: right, y1: bottom, y2: bottom, stroke: color("ink") }, svg);
  for (const tick of axis.ticks) write(x(tick), bottom + 14, fixed(tick, 0), { "text-anchor": "middle" });
  write((left + right) / 2, bottom + 32, "magnesium minus control; left of 0: lower with magnesium", { "text-anchor": "middle", fill: color("muted") });
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(svg)}\n`;
}

function offer(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
