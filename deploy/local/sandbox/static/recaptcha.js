// A local stand-in for the well-known widget: a box to tick, a puzzle to solve, a token to post.
const widget = document.querySelector(".g-recaptcha");
widget.innerHTML = `
  <div class="rc-anchor"><button type="button" class="rc-box" aria-label="I'm not a robot"></button>
  <span>I'm not a robot</span><small>reCAPTCHA</small></div>
  <div class="rc-puzzle" hidden><p></p><div class="rc-tiles"></div><button type="button" class="rc-verify">Verify</button></div>
  <textarea name="g-recaptcha-response" hidden></textarea>`;
const box = widget.querySelector(".rc-box");
const puzzle = widget.querySelector(".rc-puzzle");
const tiles = widget.querySelector(".rc-tiles");
let key = "";

async function ask() {
  const challenge = await (await fetch(widget.dataset.challenge)).json();
  key = challenge.key;
  puzzle.querySelector("p").textContent = challenge.prompt;
  tiles.replaceChildren(
    ...challenge.tiles.map((tile) => Object.assign(document.createElement("button"), { type: "button", textContent: tile })),
  );
  puzzle.hidden = false;
}

tiles.addEventListener("click", (event) => event.target.closest("button")?.classList.toggle("picked"));
box.addEventListener("click", ask);
widget.querySelector(".rc-verify").addEventListener("click", async () => {
  const picked = [...tiles.children].flatMap((tile, place) => (tile.matches(".picked") ? [place] : [])).join("");
  const answer = await fetch(`${widget.dataset.challenge}/verify?key=${key}&picked=${picked}`);
  const { token } = await answer.json();
  widget.querySelector("textarea").value = token;
  box.classList.toggle("ticked", Boolean(token));
  puzzle.hidden = Boolean(token);
  if (!token) ask();
});
