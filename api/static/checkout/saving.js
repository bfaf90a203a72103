// Keeps the draft on the server while somebody types, and says how that stands; tries again by itself.

const PAUSE_MS = 800;
const LONGEST_MS = 20_000;
const NEVER_LATER_MS = 4_000;
const SLOW_MS = 3_000;
// An answer that never comes. What was sent must not arrive after what is sent next.
const GIVEN_UP_MS = 30_000;

export function saving(light, draft) {
  let timer = 0;
  let dirty = false;
  let busy = false;
  let wait = PAUSE_MS;
  let since = 0;

  function tell(state, words) {
    light.dataset.state = state;
    if (light.textContent !== words) light.textContent = words;
  }

  function notYet() {
    tell("reconnecting", "Not saved yet: we cannot be reached. Keep this page open, it tries again.");
  }

  async function save() {
    if (busy) return;
    busy = true;
    dirty = false;
    const slow = setTimeout(notYet, SLOW_MS);
    try {
      const answer = await fetch("/api/drafts/current", {
        method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify(draft()),
        signal: AbortSignal.timeout(GIVEN_UP_MS),
      });
      if (answer.status === 422) tell("offline", "Not saved: something is too long to be kept.");
      else if (!answer.ok) throw new Error(String(answer.status));
      else tell("live", "Draft saved");
      wait = PAUSE_MS;
    } catch {
      dirty = true;
      wait = Math.min(wait * 2, LONGEST_MS);
      notYet();
    }
    clearTimeout(slow);
    busy = false;
    if (dirty) later();
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(save, wait);
  }

  // Whoever leaves has typed to the end.
  addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && dirty) save();
  });

  return {
    soon() {
      if (light.dataset.state === "idle") tell("idle", "Saving …");
      if (!dirty) since = Date.now();
      dirty = true;
      // Who types without a pause is saved all the same.
      if (wait > PAUSE_MS || Date.now() - since < NEVER_LATER_MS) later();
      else save();
    },
    /** Nothing is left to be saved: it has been, or is no longer wanted. */
    forget() {
      dirty = false;
      clearTimeout(timer);
    },
  };
}
