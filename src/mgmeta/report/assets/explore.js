// The explorable part: from controls to a state, from the state to what is shown.

function explore() {
  const app = document.getElementById("explore-app");
  if (!app) return;
  const data = JSON.parse(document.getElementById("explore-data").textContent);
  const find = (name) => document.getElementById(`explore-${name}`);
  const level = `${Math.round(1000 * data.level) / 10} %`;
  let state = startState(data), view;

  const option = (value, text) => Object.assign(document.createElement("option"), { value, textContent: text });
  for (const group of new Set(data.presets.map((preset) => preset.group))) {
    const box = Object.assign(document.createElement("optgroup"), { label: group });
    box.append(...data.presets.filter((one) => one.group === group).map((one) => option(one.key, `${one.title} (${one.key})`)));
    find("preset").append(box);
  }
  find("outcome").append(...Object.entries(data.outcomes).map(([key, one]) => option(key, one.name)));
  find("estimator").append(...Object.entries(ESTIMATORS).map(([key, one]) => option(key, one.title)));
  for (const one of [...new Set(Object.values(data.trials).map((trial) => trial.blinding))].sort()) {
    const label = document.createElement("label"), box = document.createElement("input");
    Object.assign(box, { type: "checkbox", value: one, name: "blinding" });
    label.append(box, ` ${one}`);
    find("blinding").append(label);
  }

  // Rows of the main analyses: only of these does the page tell what stands behind them.
  const main = data.presets.filter((preset) => preset.title === preset.group);
  const whole = new Set(main.flatMap((preset) => Object.values(preset.rows).flat()));
  const lines = new Map();
  function lineOf(one) {
    if (!lines.has(one.place)) {
      const line = document.createElement("tr"), head = document.createElement("th"), label = document.createElement("label");
      const box = document.createElement("input"), name = document.createElement("span"), small = document.createElement("small");
      head.scope = "row";
      Object.assign(box, { type: "checkbox", value: one.row.trial });
      box.addEventListener("change", () => toggle(one.row.trial));
      name.textContent = one.trial.label;
      label.append(box, name);
      head.append(label, small);
      const cells = ["plot", "says", "n"].map((kind) => Object.assign(document.createElement("td"), { className: kind }));
      const svg = element("svg", { class: "live", width: "100%", height: 22, "aria-hidden": "true" }, cells[0]);
      const behind = whole.has(one.place) && document.getElementById(`behind-${one.row.outcome}-${one.row.trial}`);
      if (behind) cells[1].append(Object.assign(document.createElement("a"), { href: `#${behind.id}`, textContent: one.row.says }));
      else cells[1].textContent = one.row.says;
      line.append(head, ...cells);
      lines.set(one.place, { line, box, small, svg, weight: cells[2] });
    }
    return lines.get(one.place);
  }

  const color = (name) => `var(--fig-${name})`;
  function picture(svg, marks, axis) {
    const x = (value) => `${(100 * (value - axis.low)) / (axis.high - axis.low)}%`;
    svg.replaceChildren();
    element("line", { x1: x(0), x2: x(0), y1: 0, y2: "100%", stroke: color("muted"), "stroke-width": 1 }, svg);
    drawMarks(svg, marks, axis, x, 11, color);
  }

  function showRows(axis) {
    const heaviest = heaviestOf(view);
    const groups = new Map([["In this analysis", []]]), out = [];
    for (const one of view.rows) {
      const { line, box, small, svg, weight } = lineOf(one);
      box.checked = one.ticked;
      line.className = one.pooled ? "" : "unpooled";
      const silent = one.ticked && one.passed && !one.pooled ? "words only: not heard by this estimator" : "";
      small.textContent = [one.row.says, silent].filter(Boolean).join("; ");
      weight.textContent = one.weight === null ? "\u2013" : fixed(one.weight, 1);
      picture(svg, rowMarks(one, heaviest), axis);
      const heading = one.own ? "In this analysis" : `Not in it; as in \u201c${one.from}\u201d`;
      if (!one.passed) out.push(line);
      else groups.set(heading, [...(groups.get(heading) ?? []), line]);
    }
    if (out.length) groups.set("Out by the filters", out);
    const [own, ...others] = groups;
    fill("rows-own", [own]);
    fill("rows-others", others);
  }

  // Rows under their headings; what stands already is left alone, so that the focus stays where it is.
  const headings = new Map();
  function fill(name, groups) {
    const wanted = groups.flatMap(([text, members]) => {
      if (!headings.has(text)) {
        const line = document.createElement("tr"), cell = document.createElement("th");
        line.className = "group";
        Object.assign(cell, { scope: "rowgroup", colSpan: 2, textContent: text });
        line.append(cell);
        headings.set(text, line);
      }
      return [headings.get(text), ...members];
    });
    const body = find(name), now = [...body.rows];
    if (now.length === wanted.length && now.every((line, i) => line === wanted[i])) return;
    const focus = document.activeElement;
    body.replaceChildren(...wanted);
    if (body.contains(focus)) focus.focus();
  }

  function showPool(axis) {
    const { fit, base } = view, missing = "\u2013";
    const put = (name, value, text) => Object.assign(find(name), { value: Number.isFinite(value) ? String(value) : "", textContent: fit.reason ? missing : text });
    put("estimate", fit.estimate, `${fixed(fit.estimate)} ${view.outcome.unit}`);
    put("ci-low", fit.ciLow, fixed(fit.ciLow));
    put("ci-high", fit.ciHigh, fixed(fit.ciHigh));
    put("pi-low", fit.piLow, fixed(fit.piLow));
    put("pi-high", fit.piHigh, fixed(fit.piHigh));
    put("i2", fit.i2, `${fixed(fit.i2, 1)} %`);
    put("tau2", fit.tau2, fixed(fit.tau2));
    put("k", fit.k, String(fit.k));
    find("reason").textContent = fit.reason ? `No pool: ${fit.reason}.` : "";
    find("pooled-text").textContent = fit.reason ? missing : `${fixed(fit.estimate)} (${span(fit.ciLow, fit.ciHigh)})`;
    find("pi-text").textContent = fit.reason || !Number.isFinite(fit.piLow) ? missing : span(fit.piLow, fit.piHigh);
    find("base-text").textContent = base.reason ? missing : `${fixed(base.estimate)} (${span(base.ciLow, base.ciHigh)})`;
    picture(find("pooled-plot"), poolMarks(fit, false), axis);
    picture(find("pi-plot"), predictionMarks(fit), axis);
    picture(find("base-plot"), poolMarks(base, true), axis);
    find("base").hidden = !view.changed;
    const ticks = find("ticks"), at = (value) => `${(100 * (value - axis.low)) / (axis.high - axis.low)}%`;
    ticks.replaceChildren();
    for (const tick of axis.ticks) element("text", { x: at(tick), y: 13, "text-anchor": "middle" }, ticks).textContent = fixed(tick, 0);
  }

  function showWords() {
    const preset = presetOf(state, data), names = (some) => some.map((one) => one.trial.label).join(", ");
    const removed = view.rows.filter((one) => one.own && !one.ticked), added = view.rows.filter((one) => !one.own && one.ticked && one.passed);
    const filtered = view.rows.filter((one) => one.own && one.ticked && !one.passed);
    const said = view.changed
      ? [`Your own selection, from \u201c${preset.title}\u201d (${preset.key}); it is no analysis of the protocol.`,
        removed.length ? `Taken out: ${names(removed)}.` : "", filtered.length ? `Out by the filters: ${names(filtered)}.` : "",
        added.length ? `Added: ${names(added)}.` : ""]
      : [`This is the analysis \u201c${preset.title}\u201d (${preset.key}), whole.`];
    const shared = view.pooled.filter((one) => view.pooled.some((other) => one.trial.overlaps === other.row.trial));
    if (shared.length) said.push(`May count the same people twice: ${shared.map((one) => `${one.trial.label} and ${data.trials[one.trial.overlaps].label}`).join("; ")}.`);
    find("what").textContent = said.filter(Boolean).join(" ");
    find("live").textContent = view.fit.reason ? `No pool: ${view.fit.reason}.`
      : `${view.fit.k} trials: ${fixed(view.fit.estimate)} ${view.outcome.unit}, ${level} interval ${span(view.fit.ciLow, view.fit.ciHigh)}.`;
  }

  function showControls() {
    for (const key of ["preset", "outcome", "estimator"]) find(key).value = state[key];
    for (const key of ["bp", "doseFrom", "doseTo", "yearFrom", "yearTo"]) find(key).value = state.filters[key];
    find("doseUnknown").checked = state.filters.doseUnknown;
    for (const box of find("blinding").querySelectorAll("input")) box.checked = state.filters.blinding.includes(box.value);
  }

  // `speak` false: the address already says it.
  function show(speak = true) {
    view = viewOf(state, data);
    const axis = axisOf(view);
    showRows(axis);
    showPool(axis);
    showWords();
    const words = toAddress(state, data);
    if (speak) history.replaceState(null, "", words ? `#explore?${words}` : "#explore");
  }

  function toggle(trial) {
    const set = view.rows.find((one) => one.row.trial === trial).own ? state.removed : state.added;
    if (!set.delete(trial)) set.add(trial);
    show();
  }

  function read() {
    const preset = find("preset").value;
    if (preset !== state.preset) [state.added, state.removed] = [new Set(), new Set()];
    const filters = Object.fromEntries(["bp", "doseFrom", "doseTo", "yearFrom", "yearTo"].map((key) => [key, find(key).value]));
    const blinding = [...find("blinding").querySelectorAll("input:checked")].map((box) => box.value);
    state = { ...state, preset, outcome: find("outcome").value, estimator: find("estimator").value,
      filters: { ...filters, blinding, doseUnknown: find("doseUnknown").checked } };
    show();
  }

  function open(scroll) {
    if (!location.hash.startsWith("#explore?")) return;
    state = fromAddress(location.hash.slice("#explore?".length), data);
    showControls();
    show(false);
    if (scroll) document.getElementById("explore").scrollIntoView();
  }

  find("controls").addEventListener("input", read);
  find("controls").addEventListener("submit", (event) => event.preventDefault());
  find("reset").addEventListener("click", () => {
    state = startState(data);
    showControls();
    show();
  });
  const file = (kind) => `mgmeta-${state.preset}-${state.outcome}-${state.estimator}${view.changed ? "-changed" : ""}.${kind}`;
  find("csv").addEventListener("click", () => offer(file("csv"), "text/csv", csvOf(view)));
  find("svg").addEventListener("click", () => offer(file("svg"), "image/svg+xml", svgOf(view)));
  for (const text of app.querySelectorAll(".explore-level")) text.textContent = level;
  window.addEventListener("hashchange", () => open(true));
  showControls();
  show(false);
  open(true);
  app.hidden = false;
}
explore();
