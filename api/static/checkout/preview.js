// How a listing will look, how full the profile is, and what is bought: written anew while somebody types.

export function showPreview(preview) {
  for (const place of document.querySelectorAll("[data-preview]")) {
    const text = preview[place.dataset.preview];
    place.textContent = text || place.dataset.empty || "";
    if (place.tagName === "DD") place.parentElement.hidden = !text;
  }
  document.getElementById("preview-initial").textContent = ([...preview.business_name][0] ?? "?").toUpperCase();
}

export function showCompleteness(check) {
  document.getElementById("completeness").value = check.completeness;
  document.getElementById("completeness-text").textContent = `${check.completeness} %`;
  document.getElementById("to-do").textContent = toDo(check.missing.length, check.problems.length);
}

function toDo(empty, wrong) {
  if (empty) return `${empty} required ${empty === 1 ? "field is" : "fields are"} still empty.`;
  if (wrong) return `${wrong} ${wrong === 1 ? "field needs" : "fields need"} another look.`;
  return "All that is required is there. The fuller, the more directories take it.";
}

export function showBill(form) {
  const { name, price, size } = form.querySelector("input[name=tier]:checked").dataset;
  document.getElementById("bill-name").textContent = `${name}: ${size} directories`;
  document.getElementById("bill-price").textContent = price;
}

/** `source` is an address of the picture, or "" for none. */
export function showLogo(source) {
  for (const id of ["logo-shown", "preview-logo"]) {
    const picture = document.getElementById(id);
    picture.hidden = !source;
    if (source) picture.src = source;
    else picture.removeAttribute("src");
  }
  document.getElementById("preview-initial").hidden = Boolean(source);
  document.getElementById("logo-remove").hidden = !source;
}

export function showCounter(area) {
  const length = [...area.value].length;
  const most = Number(area.dataset.most);
  const place = document.getElementById(`${area.id}-counter`);
  place.textContent = `${length.toLocaleString("en")} of at most ${most.toLocaleString("en")} characters`;
  place.toggleAttribute("data-over", length > most);
}
