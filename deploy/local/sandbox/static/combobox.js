// A home-made drop-down: a face that opens a list of options, and a hidden input that is posted.
for (const picker of document.querySelectorAll(".picker")) {
  const face = picker.querySelector("[role=combobox]");
  const list = picker.querySelector("[role=listbox]");
  const store = picker.querySelector("input[type=hidden]");
  const options = [...list.querySelectorAll("[role=option]")];

  const open = (yes) => {
    list.hidden = !yes;
    face.setAttribute("aria-expanded", String(yes));
  };
  const choose = (option) => {
    options.forEach((other) => other.setAttribute("aria-selected", String(other === option)));
    face.textContent = option.textContent;
    store.value = option.dataset.value;
    open(false);
  };
  face.addEventListener("click", () => open(list.hidden));
  face.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " " || event.key === "ArrowDown") {
      event.preventDefault();
      open(true);
    }
    if (event.key === "Escape") open(false);
  });
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) choose(option);
  });
  document.addEventListener("click", (event) => {
    if (!picker.contains(event.target)) open(false);
  });
  const chosen = options.find((option) => option.getAttribute("aria-selected") === "true");
  if (chosen) choose(chosen);
}
