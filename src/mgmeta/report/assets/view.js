// The state of the explorable part, its address, and which rows it pools.

const START_FILTERS = { bp: "any", blinding: [], doseFrom: "", doseTo: "", doseUnknown: true, yearFrom: "", yearTo: "" };

function startState(data) {
  return {
    preset: data.start, outcome: Object.keys(data.outcomes)[0], estimator: "ML",
    added: new Set(), removed: new Set(), filters: { ...START_FILTERS },
  };
}

// The state as the part of an address after "#explore?"; what is as at the start is not said.
function toAddress(state, data) {
  const words = new URLSearchParams(), start = startState(data);
  for (const key of ["preset", "outcome", "estimator"]) if (state[key] !== start[key]) words.set(key, state[key]);
  for (const key of ["added", "removed"]) if (state[key].size) words.set(key, [...state[key]].sort().join("."));
  for (const key of ["bp", "doseFrom", "doseTo", "yearFrom", "yearTo"]) {
    if (state.filters[key] !== START_FILTERS[key]) words.set(key, state.filters[key]);
  }
  if (state.filters.blinding.length) words.set("blinding", state.filters.blinding.join("."));
  if (!state.filters.doseUnknown) words.set("doseUnknown", "no");
  return words.toString();
}

// The reverse; what the data do not know is left as at the start.
function fromAddress(text, data) {
  const words = new URLSearchParams(text), state = startState(data);
  const take = (key, known) => (known.includes(words.get(key)) ? (state[key] = words.get(key)) : null);
  take("preset", data.presets.map((preset) => preset.key));
  take("outcome", Object.keys(data.outcomes));
  take("estimator", Object.keys(ESTIMATORS));
  const split = (key) => (words.get(key) ?? "").split(".").filter(Boolean);
  for (const key of ["added", "removed"]) state[key] = new Set(split(key).filter((id) => Object.hasOwn(data.trials, id)));
  if (["1", "0", "unknown"].includes(words.get("bp"))) state.filters.bp = words.get("bp");
  for (const key of ["doseFrom", "doseTo", "yearFrom", "yearTo"]) {
    if (/^\d+(\.\d+)?$/.test(words.get(key) ?? "")) state.filters[key] = words.get(key);
  }
  const blindings = new Set(Object.values(data.trials).map((trial) => trial.blinding));
  state.filters.blinding = split("blinding").filter((one) => blindings.has(one));
  state.filters.doseUnknown = words.get("doseUnknown") !== "no";
  return state;
}

function passes(row, trial, filters) {
  const within = (value, from, to) => (from === "" || value >= Number(from)) && (to === "" || value <= Number(to));
  const bp = row.hypertensive === null ? "unknown" : String(row.hypertensive);
  const limited = filters.doseFrom !== "" || filters.doseTo !== "";
  return (filters.bp === "any" || filters.bp === bp)
    && (!filters.blinding.length || filters.blinding.includes(trial.blinding))
    && (row.dose === null ? !limited || filters.doseUnknown : within(row.dose, filters.doseFrom, filters.doseTo))
    && (trial.year === null ? filters.yearFrom === "" && filters.yearTo === "" : within(trial.year, filters.yearFrom, filters.yearTo));
}

const presetOf = (state, data) => data.presets.find((preset) => preset.key === state.preset);

// The rows to choose from: those of the preset, and of each trial it lacks the row of the first analysis
// that pools it, those of the same family first.
function choices(state, data) {
  const own = presetOf(state, data), chosen = new Map();
  const family = data.presets.filter((preset) => preset !== own && preset.group === own.group);
  const others = data.presets.filter((preset) => preset.group !== own.group);
  for (const preset of [own, ...family, ...others]) {
    for (const place of preset.rows[state.outcome] ?? []) {
      const row = data.rows[place];
      if (!chosen.has(row.trial)) chosen.set(row.trial, { place, row, trial: data.trials[row.trial], own: preset === own, from: preset.title });
    }
  }
  const rank = (one) => [one.row.y === null ? 1 : 0, one.trial.year ?? 9999];
  return [...chosen.values()].sort((a, b) => {
    const [x, y] = [rank(a), rank(b)];
    return x[0] - y[0] || x[1] - y[1] || (a.trial.label < b.trial.label ? -1 : a.trial.label > b.trial.label ? 1 : 0);
  });
}

const wholes = new Map();

// Everything the page shows of a state: the rows with what became of each, the pool, the pool as started from.
function viewOf(state, data) {
  const estimator = ESTIMATORS[state.estimator];
  const rows = choices(state, data).map((one) => {
    const ticked = one.own ? !state.removed.has(one.row.trial) : state.added.has(one.row.trial);
    const passed = passes(one.row, one.trial, state.filters);
    return { ...one, ticked, passed, pooled: ticked && passed && (estimator.words || one.row.y !== null), weight: null };
  });
  const pooled = rows.filter((one) => one.pooled);
  const fit = estimator.pool(pooled.map((one) => one.row), data.level);
  if (!fit.reason) pooled.forEach((one, i) => (one.weight = fit.weights[i]));
  const whole = rows.filter((one) => one.own && (estimator.words || one.row.y !== null));
  const changed = pooled.length !== whole.length || whole.some((one) => !one.pooled);
  const key = `${state.preset} ${state.outcome} ${state.estimator}`;
  if (!changed) wholes.set(key, fit);
  else if (!wholes.has(key)) wholes.set(key, estimator.pool(whole.map((one) => one.row), data.level));
  const base = wholes.get(key);
  return { state, data, estimator, rows, pooled, fit, base, changed, outcome: data.outcomes[state.outcome] };
}
