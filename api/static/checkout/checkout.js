// The form of the checkout: says while somebody types what is wrong and how it is understood, and keeps the draft.
// Everything here is a comfort: the form can be filled in and posted without it, and the server decides alone.

import { combobox } from "./combobox.js";
import { control, say, show, summarise, typed } from "./form.js";
import { hours } from "./hours.js";
import { showBill, showCompleteness, showCounter, showLogo, showPreview } from "./preview.js";
import { saving } from "./saving.js";

const CHECK_AFTER_MS = 250;
const form = document.getElementById("order");
const due = new Set();
const draft = saving(document.getElementById("saved"), () => typed(form));
let hasLogo = form.dataset.hasLogo === "true";
let timer = 0;
let asked = 0;
let moved = 0;

async function check() {
  const mine = (asked += 1);
  try {
    const answer = await fetch("/api/profile/check", {
      method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ profile: typed(form).profile, has_logo: hasLogo }),
    });
    if (!answer.ok || mine !== asked) return;
    const said = await answer.json();
    if (mine !== asked) return;
    show(form, said, due);
    showPreview(said.preview);
    showCompleteness(said);
  } catch {
    // What cannot be said now is said with the next key, or when the form is sent.
  }
}

function checkSoon() {
  clearTimeout(timer);
  timer = setTimeout(check, CHECK_AFTER_MS);
}

function changed() {
  checkSoon();
  draft.soon();
}

form.addEventListener("input", (event) => {
  if (event.target.id === "logo" || event.target.id === "consent") return;
  if (event.target.matches("textarea")) showCounter(event.target);
  changed();
});

form.addEventListener("change", (event) => {
  if (event.target.name === "tier") {
    showBill(form);
    say("tier", "");
  }
  if (event.target.id === "consent" && event.target.checked) say("consent", "");
  if (event.target.id === "country") showAddress(event.target.value);
  if (event.target.id === "logo") upload(event.target);
});

form.addEventListener("focusout", (event) => {
  const field = event.target.closest("[data-field]")?.dataset.field;
  // A field that was passed by empty is not yet a mistake; one that was typed in and left is.
  if (!field || event.target.type === "file" || event.target.type === "checkbox" || !event.target.value) return;
  due.add(field);
  checkSoon();
});

form.addEventListener("keydown", (event) => {
  // Enter in a line of text does not order anything.
  if (event.key === "Enter" && event.target.matches("input:not([type=submit])") && !event.defaultPrevented) event.preventDefault();
});

async function showAddress(country) {
  const mine = (moved += 1);
  try {
    const answer = await fetch(`/checkout/address?country=${country}`, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    // Another country has been chosen since: its fields come, or are there.
    if (mine !== moved) return;
    const fresh = page.getElementById("address");
    const shown = document.getElementById("address");
    // With what is typed by now, and under the hands of who is typing it.
    const kept = typed(form).profile;
    const at = shown.contains(document.activeElement) ? document.activeElement.id : "";
    shown.replaceWith(document.adoptNode(fresh));
    for (const key of ["street", "street2", "city", "state", "postal_code"]) {
      const box = document.getElementById(key);
      if (box && kept[key]) box.value = kept[key];
    }
    if (at) document.getElementById(at)?.focus();
    const example = fresh.dataset.phoneExample;
    document.getElementById("phone-hint").textContent = `As you would dial it at home${example ? `: ${example}` : ""}.`;
    changed();
  } catch {
    // The fields stay those of the country before; what does not fit is said by the check.
  }
}

async function upload(box) {
  if (!box.files.length) return;
  const body = new FormData();
  body.append("logo", box.files[0]);
  say("logo", "");
  const note = document.getElementById("logo-note");
  note.textContent = "Saving the logo …";
  try {
    const answer = await fetch("/api/drafts/logo", { method: "POST", body });
    const said = await answer.json();
    note.textContent = answer.ok ? "Saved." : "";
    if (answer.ok) logoIs(said);
    else if (answer.status === 413) say("logo", "The file is larger than 5 MB: choose a smaller one.");
    else say("logo", said.errors?.[0]?.message ?? said.detail ?? "The logo could not be saved: try again.");
  } catch {
    note.textContent = "";
    say("logo", "The logo could not be saved, because we cannot be reached. Try again in a moment.");
  }
  box.value = "";
}

function logoIs(said) {
  hasLogo = said.has_logo;
  showLogo(hasLogo ? `/api/drafts/logo?v=${said.version}` : "");
  check();
}

async function removeLogo() {
  try {
    const answer = await fetch("/api/drafts/logo", { method: "DELETE" });
    if (!answer.ok) throw new Error(String(answer.status));
    document.getElementById("logo-note").textContent = "Removed.";
    logoIs(await answer.json());
    document.getElementById("logo").focus();
  } catch {
    say("logo", "The logo could not be removed, because we cannot be reached. Try again in a moment.");
  }
}

async function order(button) {
  button.setAttribute("aria-disabled", "true");
  button.textContent = "One moment …";
  draft.forget();
  try {
    const answer = await fetch("/api/checkout", {
      method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ...typed(form), consent: form.elements.consent.checked }),
    });
    const said = await answer.json();
    if (answer.ok) {
      location.assign(said.url);
      return;
    }
    refuse(said);
  } catch {
    summarise("We cannot be reached", "Your connection or our service is away. Nothing is lost: try again in a moment.", []);
    draft.soon();
  }
  button.removeAttribute("aria-disabled");
  button.textContent = "Continue to payment";
}

function refuse(said) {
  const problems = (said.errors ?? []).map(({ field, message }) => ({ field: field.split(".").at(-1), message }));
  for (const { field, message } of problems) {
    due.add(field);
    say(field, message);
  }
  if (problems.length) summarise("Please look at this", "", problems);
  else summarise("We cannot go on right now", said.detail ?? "Please try again in a moment.", []);
}

form.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (button?.id === "over") {
    if (!confirm("Delete everything that you have typed here?")) event.preventDefault();
    else draft.forget();
    return;
  }
  event.preventDefault();
  if (button?.id === "logo-remove") removeLogo();
  else if (button?.getAttribute("aria-disabled") !== "true") order(document.getElementById("pay"));
});

document.getElementById("summary").addEventListener("click", (event) => {
  const link = event.target.closest("a");
  const box = link && control(form, link.hash.slice(1));
  if (!box) return;
  event.preventDefault();
  box.scrollIntoView({ block: "center" });
  box.focus({ preventScroll: true });
});

// Back from paying by the browser's own button: the page may come as it was left.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  const pay = document.getElementById("pay");
  pay.removeAttribute("aria-disabled");
  pay.textContent = "Continue to payment";
});

combobox(
  document.getElementById("category"),
  document.getElementById("category-options"),
  document.getElementById("category-count"),
);
hours(form, changed);
for (const area of form.querySelectorAll("textarea")) showCounter(area);
showBill(form);
const summary = document.getElementById("summary");
if (!summary.hidden) summary.focus();
