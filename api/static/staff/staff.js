// Keeps a staff page live: told by the stream that something may be other than before, it fetches its own address
// anew and takes over what differs. What somebody is typing, has opened or has focused stays as it is.

import { morph } from "./morph.js";

const NOT_OFTENER_MS = 1000;
const WITHOUT_STREAM_MS = 5000;
// The stream says something every five seconds: a server that hangs says nothing, and closes nothing.
const SILENT_MS = 12000;

const light = document.getElementById("light");
const lightWords = document.getElementById("light-words");
const lost = document.getElementById("lost");
const lostWords = document.getElementById("lost-words");

let fetchedAt = 0;
let lastGood = new Date();
let planned = null;
let fetching = false;
let stream = null;
let heard = Date.now();

function show(state, words) {
  if (light.dataset.state === state) return;
  light.dataset.state = state;
  lightWords.textContent = words;
}

function say(words) {
  lost.hidden = !words;
  if (lostWords.textContent !== words) lostWords.textContent = words;
}

function soon() {
  if (planned || document.hidden) return;
  planned = setTimeout(refresh, Math.max(0, fetchedAt + NOT_OFTENER_MS - Date.now()));
}

async function refresh() {
  planned = null;
  if (fetching) return soon();
  fetching = true;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(10000) });
    if (new URL(answer.url).pathname.startsWith("/staff/sign-in")) {
      say("You are signed out. What you typed is still here: sign in in another tab, and go on.");
    } else if (!answer.ok) {
      throw new Error(String(answer.status));
    } else {
      take(await answer.text());
      lastGood = new Date();
      say("");
    }
  } catch {
    say(`The page cannot be renewed: it is from ${lastGood.toLocaleTimeString()}, and tries again by itself.`);
  } finally {
    fetchedAt = Date.now();
    fetching = false;
  }
}

function take(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const now = document.querySelector("[data-live]");
  const next = fresh.querySelector("[data-live]");
  if (now && next) {
    morph(now, next);
    document.title = fresh.title;
  }
  return fresh;
}

function listen() {
  stream?.close();
  heard = Date.now();
  stream = new EventSource("/api/status/events");
  stream.addEventListener("open", () => { heard = Date.now(); show("live", "Live"); soon(); });
  stream.addEventListener("status", () => { heard = Date.now(); soon(); });
  stream.addEventListener("error", lose);
}

// One that was refused is ours to open again; others the browser opens by itself.
function lose() {
  show("reconnecting", "Connection lost, trying again");
  if (stream.readyState === EventSource.CLOSED) setTimeout(listen, WITHOUT_STREAM_MS);
}

function check() {
  if (stream.readyState === EventSource.CLOSED || Date.now() - heard < SILENT_MS) return;
  show("reconnecting", "Connection lost, trying again");
  listen();
}

// A form that is posted in place: its own card comes back, changed, or with what is wrong with it.
async function post(form, button) {
  const card = form.closest("[data-keep]");
  const body = new URLSearchParams(new FormData(form));
  button?.setAttribute("aria-disabled", "true");
  card.dataset.sending = "";
  try {
    const answer = await fetch(form.action, {
      method: "POST", body, headers: { Accept: "text/html" }, signal: AbortSignal.timeout(20000),
    });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = fresh.getElementById(card.id);
    const said = fresh.getElementById("said");
    if (next && !said) {
      next.querySelector("details")?.setAttribute("open", "");
      card.replaceWith(next);
      (next.querySelector("[role=alert]") ?? next.querySelector("summary"))?.focus();
    } else if (answer.ok) {
      card.remove();
      announce(said?.textContent ?? "Done.");
      soon();
    } else {
      announce(fresh.querySelector("main p")?.textContent ?? "It was not done: try again.");
    }
  } catch {
    announce("No answer came. Look whether it was done before you try again.");
  } finally {
    button?.removeAttribute("aria-disabled");
    delete card.dataset.sending;
  }
}

function announce(words) {
  const place = document.getElementById("announced");
  place.textContent = words;
  place.hidden = false;
  place.focus();
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-inplace]")) return;
  event.preventDefault();
  if (event.submitter?.getAttribute("aria-disabled") !== "true") post(form, event.submitter);
});
// What announces nothing and is waited for: a captcha that a page is about to ask.
setInterval(() => { if (document.querySelector("[data-every]")) soon(); }, 1500);
document.addEventListener("visibilitychange", soon);
setInterval(() => { if (light.dataset.state !== "live") soon(); }, WITHOUT_STREAM_MS);
setInterval(check, 2000);
listen();
