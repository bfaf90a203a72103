// Makes one element as another is, and touches nothing that is the same already: focus, scrolling, opened details and
// typed text outlive it. Elements with an id are known again by it; a [data-keep] one that somebody is at stays as it is.

export function morph(now, next) {
  const focused = document.activeElement;
  element(now, next);
  if (focused !== document.activeElement && document.contains(focused)) focused.focus({ preventScroll: true });
}

function element(now, next) {
  attributes(now, next);
  children(now, next);
}

function attributes(now, next) {
  for (const { name } of [...now.attributes]) {
    if (!next.hasAttribute(name) && !(name === "open" && now.tagName === "DETAILS")) now.removeAttribute(name);
  }
  for (const { name, value } of next.attributes) {
    if (now.getAttribute(name) !== value && !(name === "open" && now.tagName === "DETAILS")) now.setAttribute(name, value);
  }
}

function children(now, next) {
  const byId = new Map([...now.children].filter((child) => child.id).map((child) => [child.id, child]));
  const coming = new Set([...next.children].map((child) => child.id).filter(Boolean));
  for (const [id, child] of byId) {
    if (coming.has(id)) continue;
    if (isBusy(child)) gone(child);
    else child.remove();
    byId.delete(id);
  }
  let place = now.firstChild;
  for (const wanted of [...next.childNodes]) {
    while (isLeft(place)) place = place.nextSibling;
    const known = wanted.id ? byId.get(wanted.id) : isAlike(place, wanted) ? place : null;
    if (!known) {
      now.insertBefore(document.importNode(wanted, true), place);
      continue;
    }
    if (known !== place) now.insertBefore(known, place);
    else place = place.nextSibling;
    update(known, wanted);
  }
  while (place) {
    const after = place.nextSibling;
    if (!isLeft(place)) place.remove();
    place = after;
  }
}

function update(now, next) {
  if (now.nodeType !== Node.ELEMENT_NODE) {
    if (now.nodeValue !== next.nodeValue) now.nodeValue = next.nodeValue;
  } else if (!now.isEqualNode(next) && !isBusy(now)) {
    element(now, next);
  }
}

function isAlike(now, next) {
  return now && now.nodeType === next.nodeType && now.nodeName === next.nodeName && !now.id && !next.id;
}

function isLeft(node) {
  return node?.dataset?.gone !== undefined || node?.dataset?.sending !== undefined;
}

// Somebody is at it: they have opened it to act, or typed into it.
function isBusy(child) {
  if (child.nodeType !== Node.ELEMENT_NODE || !child.matches("[data-keep]")) return false;
  const fields = child.querySelectorAll("textarea, input");
  return child.dataset.sending !== undefined
    || child.contains(document.activeElement)
    || [...fields].some((field) => field.value !== field.defaultValue || field.checked !== field.defaultChecked);
}

function gone(child) {
  if (child.dataset.gone !== undefined || child.dataset.sending !== undefined) return;
  child.dataset.gone = "";
  const words = document.createElement("p");
  words.className = "notice warn";
  words.setAttribute("role", "status");
  words.textContent = "This is not open any more: somebody, or the clock, was first. What you typed stays until you leave the page.";
  child.prepend(words);
}
