// Asks every few seconds whether the payment has been confirmed, and goes on to the progress page once it is.

const light = document.getElementById("light");
const words = light.textContent;
const began = Date.now();

async function look() {
  try {
    const answer = await fetch(location.href, {
      redirect: "manual", headers: { Accept: "text/html" }, signal: AbortSignal.timeout(10_000),
    });
    if (answer.type === "opaqueredirect") {
      location.reload();
      return;
    }
    if (!answer.ok) throw new Error(String(answer.status));
    light.dataset.state = "live";
    light.textContent = words;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (page.title !== document.title) {
      location.reload();
      return;
    }
  } catch {
    light.dataset.state = "reconnecting";
    light.textContent = "We cannot be reached right now; this page tries again by itself.";
  }
  // Quickly at first, then as somebody who left the page open would want it.
  setTimeout(look, Date.now() - began < 60_000 ? 2_000 : 20_000);
}

setTimeout(look, 1_500);
