// What stands behind an estimate opens over the page, and closes again; without this script the link leads there.

{
  const dialog = document.createElement("dialog");
  const title = Object.assign(document.createElement("h2"), { id: "behind-title" });
  const body = document.createElement("div");
  const close = Object.assign(document.createElement("button"), { type: "button", textContent: "Close" });
  dialog.setAttribute("aria-labelledby", title.id);
  dialog.className = "over";
  dialog.append(title, body, close);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#behind-"]');
    const source = link && document.getElementById(link.hash.slice(1));
    if (!source || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    title.textContent = source.dataset.title;
    body.replaceChildren(...[...source.childNodes].map((node) => node.cloneNode(true)));
    dialog.showModal();
    dialog.scrollTop = 0;
  });
  document.body.append(dialog);
}
