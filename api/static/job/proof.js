/* A screenshot, large, without leaving the page. Without this a new tab shows it. */

export function showProofs(list, dialog) {
  const part = (name) => dialog.querySelector(`#proof-${name}`);
  const picture = part("picture");

  list.addEventListener("click", (event) => {
    const link = event.target.closest("a.proof");
    if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    const row = link.closest(".listing");
    const name = row.querySelector(".name").textContent;
    part("title").textContent = name;
    part("words").textContent = row.querySelector(".words").textContent;
    part("open").href = link.href;
    picture.alt = `What ${name} showed at the end of our visit`;
    picture.src = link.href;
    dialog.showModal();
    part("frame").scrollTop = 0;
  });
  picture.addEventListener("error", () => {
    if (picture.getAttribute("src")) part("words").textContent = "The picture cannot be loaded right now. Please try again in a moment.";
  });
  part("close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => picture.removeAttribute("src"));
}
