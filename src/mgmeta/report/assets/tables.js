// Search and sorting in the tables that offer it.

for (const box of document.querySelectorAll(".search")) {
  const rows = [...document.getElementById(box.dataset.for).tBodies[0].rows];
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const input = box.querySelector("input");
  const output = box.querySelector("output");
  const show = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    rows.forEach((row, i) => {
      row.hidden = !words.every((word) => texts[i].includes(word));
      count += row.hidden ? 0 : 1;
    });
    output.textContent = `${count} of ${rows.length} rows`;
  };
  input.addEventListener("input", show);
  box.hidden = false;
  show();
}

// The number a cell begins with, as this page prints numbers; NaN for words and dashes.
function cellNumber(text) {
  const found = /^([\u2212+-]?)((?:\d|[\u00a0\u202f ](?=\d{3}))+(?:\.\d+)?)/.exec(text);
  if (!found) return NaN;
  return Number(found[2].replace(/[\u00a0\u202f ]/g, "")) * (/[\u2212-]/.test(found[1]) ? -1 : 1);
}

// Rows by one column: numbers before words, words by the alphabet, dashes last whichever way round.
function sortRows(rows, column, way) {
  const keys = new Map(rows.map((row) => {
    const text = row.cells[column].textContent.trim();
    return [row, { text, number: cellNumber(text), none: text === "" || text === "\u2013" }];
  }));
  return [...rows].sort((first, second) => {
    const a = keys.get(first), b = keys.get(second);
    if (a.none || b.none) return a.none - b.none;
    const [x, y] = [Number.isNaN(a.number), Number.isNaN(b.number)];
    if (x || y) return x !== y ? way * (x - y) : way * a.text.localeCompare(b.text, "en");
    return way * (a.number - b.number);
  });
}

for (const table of document.querySelectorAll("table[data-sortable]")) {
  const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
  heads.forEach((head, column) => {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "sort" });
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const way = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      for (const one of heads) one.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", way > 0 ? "ascending" : "descending");
      body.append(...sortRows([...body.rows], column, way));
    });
  });
}
