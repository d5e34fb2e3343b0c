// Search in the tables that offer it.

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
