// What stands in the form, as the API takes it; and what the API says of it, shown beside the fields.

const MANY = new Set(["payment_methods", "languages"]);
const DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const NOT_PROFILE = new Set(["tier", "consent", "logo", "do"]);

/** The draft as typed: {tier, profile}. */
export function typed(form) {
  const profile = { hours: {} };
  for (const name of MANY) profile[name] = [];
  for (const [name, value] of new FormData(form)) {
    if (NOT_PROFILE.has(name) || name.startsWith("hours-")) continue;
    if (MANY.has(name)) profile[name].push(value);
    else profile[name] = value;
  }
  for (const day of DAYS) {
    const at = (what) => form.elements[`hours-${day}-${what}`].value;
    profile.hours[day] = { open: form.elements[`hours-${day}`].checked, opens: at("opens"), closes: at("closes") };
  }
  return { tier: form.elements.tier.value, profile };
}

/** The control that an error of this field leads to. */
export function control(form, field) {
  if (field === "tier") return form.querySelector("input[name=tier]:checked");
  return document.getElementById(field);
}

/** Show what is wrong and how things are understood; of empty fields only those that `due` names. */
export function show(form, check, due) {
  const problems = new Map(check.problems.filter((said) => !check.missing.includes(said.field) || due.has(said.field))
    .map((said) => [said.field, said.message]));
  const notes = new Map(check.notes.map((said) => [said.field, said.message]));
  for (const place of form.querySelectorAll("[data-field]")) {
    const { field } = place.dataset;
    if (field === "logo" || field === "consent" || field === "tier") continue;
    // Nobody wants to hear of a mistake in the middle of a word.
    const writing = place.contains(document.activeElement) && !due.has(field);
    say(field, problems.get(field) ?? "", writing);
    const note = document.getElementById(`${field}-note`);
    // While kinds are being offered, none has been chosen.
    if (note && !(writing && field === "category")) setText(note, problems.has(field) ? "" : notes.get(field) ?? "");
  }
}

/** Show one field's problem, or none; `later` keeps a new one back while it is being typed. */
export function say(field, message, later = false) {
  const place = document.getElementById(`${field}-problem`);
  if (!place || (later && message && !place.textContent)) return;
  setText(place, message);
  // What was mended is ticked off in the summary, and stays there: nothing jumps while somebody types.
  document.querySelector(`#summary a[href="#${field}"]`)?.parentElement.toggleAttribute("data-done", !message);
  const box = document.getElementById(field);
  if (!box) return;
  if (message) box.setAttribute("aria-invalid", "true");
  else box.removeAttribute("aria-invalid");
}

/** The summary of all that keeps the form from being sent, with the focus on it. */
export function summarise(title, words, problems) {
  const summary = document.getElementById("summary");
  summary.querySelector("h2").textContent = title;
  summary.querySelector("p").textContent = words;
  summary.querySelector("ul").replaceChildren(...problems.map(({ field, message }) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = `#${field}`;
    link.textContent = message;
    item.append(link);
    return item;
  }));
  summary.hidden = false;
  summary.focus();
}

function setText(place, text) {
  if (place.textContent !== text) place.textContent = text;
}
