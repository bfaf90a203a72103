/* The progress page, live: what the server drew is kept up to date, and nothing here decides anything. */

import { showProofs } from "./proof.js";
import { put, Rows } from "./rows.js";
import { watch } from "./stream.js";
import { Tasks } from "./tasks.js";
import { atTime, doneAt, onDay, onDayAt } from "./words.js";

const by = (id) => document.getElementById(id);
const root = by("job");
const job = root.dataset.job;
const filters = [...by("filters").querySelectorAll("a")];

const rows = new Rows(by("listings"), by("row"), by("none"));
const tasks = new Tasks(by("todo"), by("task"), job, say);
let latest = null;
let told = Math.floor(Number(by("bar").value) / 25);
let waiting = new Map();
let drawing = 0;

/* For who cannot see it: now and then, and never the same again. */
function say(text) {
  by("news").textContent = text;
}

function showJob(view) {
  const percent = Math.round(view.percent);
  latest = view;
  put(by("percent"), String(percent));
  by("bar").value = view.percent;
  put(by("words"), view.words);
  put(by("now-names"), view.now.join(", "));
  by("now").hidden = !view.now.length;
  by("stopped").hidden = !view.stopped;
  put(by("stopped"), view.stopped ?? "");
  const ended = ["completed", "failed", "cancelled"].includes(view.status);
  root.dataset.end = ended ? view.status : "";
  by("away").hidden = ended;
  for (const filter of filters) {
    const number = filter.dataset.groups.split(" ").reduce((sum, group) => sum + (view.groups[group] ?? 0), 0);
    put(filter.querySelector(".count"), String(number));
    filter.hidden = !number && filter !== filters[0] && !filter.hasAttribute("aria-current");
  }
  document.title = document.title.replace(/^\d+ %/, `${percent} %`);
  showEstimate();
  const step = Math.floor(view.percent / 25);
  if (step > told || (ended && told < 5)) {
    told = ended ? 5 : step;
    say(`${percent} %. ${view.words}`);
  }
}

function showEstimate() {
  if (!latest) return;
  const { estimate, completed_at: end } = latest;
  by("estimate").hidden = !estimate && !end;
  put(by("estimate-words"), end ? `Ended on ${onDayAt(end)}` : estimate ? doneAt(estimate.done_at) : "");
  put(by("estimate-basis"), estimate ? `(${estimate.based_on})` : "");
}

/* Many changes at once are drawn once. */
function showSoon(view) {
  waiting.set(view.slug, view);
  drawing ||= requestAnimationFrame(draw);
}

function draw() {
  const views = [...waiting.values()];
  waiting = new Map();
  drawing = 0;
  show(views, false);
}

function show(views, whole) {
  rows.show(views, whole);
  tasks.show(views, whole);
  root.dataset.empty = rows.rows.size ? "no" : "yes";
}

const STATES = {
  live: () => "Live",
  reconnecting: () => `Reconnecting: this is how it stood at ${atTime(Date.now())}`,
  offline: () => `Offline: this is how it stood at ${atTime(Date.now())}`,
  closed: () => "This link has stopped working: open the newest one from our mails",
};
let state = "";
let changing = 0;

function showState(now) {
  clearTimeout(changing);
  if (now === state) return;
  // What is mended within a moment is not worth a word.
  changing = setTimeout(() => {
    state = now;
    by("light").dataset.state = now === "closed" ? "offline" : now;
    by("light").firstElementChild.textContent = STATES[now]();
  }, now === "reconnecting" ? 1200 : 0);
}

function choose(filter, remember = true) {
  for (const each of filters) each.toggleAttribute("aria-current", each === filter);
  filter.setAttribute("aria-current", "true");
  rows.filter(new Set(filter.dataset.groups.split(" ")), by("q").value);
  if (!remember) return;
  const query = new URLSearchParams({ show: filter.dataset.show });
  if (by("q").value) query.set("q", by("q").value);
  history.replaceState(null, "", `?${query}`);
}

const chosen = () => filters.find((filter) => filter.hasAttribute("aria-current")) ?? filters[0];

by("filters").addEventListener("click", (event) => {
  const filter = event.target.closest("a");
  if (!filter || event.metaKey || event.ctrlKey) return;
  event.preventDefault();
  choose(filter);
});
by("q").addEventListener("input", () => choose(chosen()));
by("q").form.addEventListener("submit", (event) => event.preventDefault());

for (const time of document.querySelectorAll("[data-time=day]")) put(time, onDay(time.dateTime));
showProofs(by("listings"), by("proof"));
choose(chosen(), false);
// What was said once is not said again when the page is loaded anew.
if (location.search.includes("said=")) history.replaceState(null, "", location.pathname);
setInterval(showEstimate, 20000);

watch(job, root.dataset.seq, {
  snapshot(whole) {
    waiting.clear();
    show(whole.directories, true);
    showJob(whole.job);
  },
  directory: showSoon,
  job: showJob,
  state: showState,
});
