/* A job's events, as long as the page is open: a stream that is silent or broken is opened anew by itself.
 *
 * `on` gets what the server tells (`snapshot`, `directory`, `job`) and, as `state`, how the connection is:
 * live, reconnecting, offline, or closed, where this browser is not let in any more. */

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 20000;

export function watch(job, seen, on) {
  let source = null;
  let heartbeat = 5000;
  let heard = Date.now();
  let failures = 0;
  let timer = 0;
  let closed = false;

  function open() {
    clearTimeout(timer);
    source?.close();
    heard = Date.now();
    source = new EventSource(`/api/jobs/${job}/events?last_event_id=${seen}`);
    for (const name of ["snapshot", "directory", "job"]) {
      source.addEventListener(name, (event) => {
        seen = event.lastEventId || seen;
        listen();
        on[name](JSON.parse(event.data));
      });
    }
    source.addEventListener("state", (event) => {
      const { state, heartbeat_s: seconds } = JSON.parse(event.data);
      heartbeat = seconds * 1000;
      listen();
      on.state(state);
    });
    source.addEventListener("error", lost);
  }

  function listen() {
    heard = Date.now();
    failures = 0;
  }

  function lost() {
    if (closed) return;
    on.state(navigator.onLine ? "reconnecting" : "offline");
    // Of a stream that ended the browser opens another by itself; one that was refused is ours to try again.
    if (source.readyState === EventSource.CLOSED) again();
  }

  function again() {
    source.close();
    clearTimeout(timer);
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures++);
    timer = setTimeout(reopen, pause * (0.5 + Math.random() / 2));
  }

  async function reopen() {
    let status = 0;
    try {
      const answer = await fetch(`/api/jobs/${job}`, {
        headers: { Accept: "application/json" }, cache: "no-store", signal: AbortSignal.timeout(10000),
      });
      status = answer.status;
    } catch {
      // Nobody is there: the next try finds out.
    }
    if (closed) return;
    if ([401, 403, 404].includes(status)) {
      close();
      on.state("closed");
    } else if (status === 200) {
      open();
    } else {
      on.state(navigator.onLine ? "reconnecting" : "offline");
      again();
    }
  }

  function close() {
    closed = true;
    clearTimeout(timer);
    source?.close();
  }

  function check() {
    if (closed || source.readyState === EventSource.CLOSED || Date.now() - heard < 2 * heartbeat) return;
    on.state(navigator.onLine ? "reconnecting" : "offline");
    heard = Date.now();
    again();
  }

  setInterval(check, 2000);
  addEventListener("online", () => closed || open());
  addEventListener("offline", () => closed || on.state("offline"));
  document.addEventListener("visibilitychange", () => document.hidden || check());
  // A page that comes back by the Back button has lost its stream.
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => event.persisted && !closed && open());
  open();
}
