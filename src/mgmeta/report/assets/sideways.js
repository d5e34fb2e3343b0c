// What is wider than its place says that it can be scrolled.

{
  const watcher = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      target.classList.toggle("more", target.scrollWidth > target.clientWidth + 1);
    }
  });
  for (const box of document.querySelectorAll(".scroll")) watcher.observe(box);
}
