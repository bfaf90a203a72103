/* What waits for the customer: a card for each directory, and their word on it. */

import { onDay } from "./words.js";

const REFUSED = {
  409: "That was settled meanwhile. The page shows in a moment how it stands.",
  404: "That is not open any more. Please load the page again.",
  401: "This link has stopped working. Open the newest one from our mails.",
};
const NOT_NOW = "We could not pass that on just now. Please try again in a minute.";

export class Tasks {
  constructor(section, pattern, job, say) {
    this.section = section;
    this.list = section.querySelector("ul");
    this.pattern = pattern;
    this.job = job;
    this.say = say;
    // By directory: which action its card is about.
    this.open = new Map([...this.list.children].map((card) => [card.dataset.slug, card.dataset.action]));
    this.section.addEventListener("submit", (event) => this.decide(event));
  }

  show(views, whole) {
    if (whole) {
      const slugs = new Set(views.map((view) => view.slug));
      for (const slug of this.open.keys()) if (!slugs.has(slug)) this.drop(slug);
    }
    for (const view of views) {
      const before = this.open.get(view.slug);
      if (before === view.action?.id) continue;
      if (before) this.drop(view.slug);
      if (view.action) this.add(view, Boolean(before) || !whole);
    }
    this.section.hidden = !this.list.children.length;
  }

  add(view, isNews) {
    this.open.set(view.slug, view.action.id);
    if (this.card(view.action.id)) return;
    const card = this.pattern.content.firstElementChild.cloneNode(true);
    card.dataset.slug = view.slug;
    card.dataset.action = view.action.id;
    card.querySelector(".title").textContent = view.action.title;
    card.querySelector(".steps").append(
      ...view.action.steps.map((step) => Object.assign(document.createElement("li"), { textContent: step })),
    );
    const until = card.querySelector(".until");
    until.dateTime = view.action.deadline_at;
    until.textContent = onDay(view.action.deadline_at);
    const form = card.querySelector("form");
    // Who looks as staff is shown no form.
    if (form) {
      form.querySelector(".at").textContent = view.name;
      form.action = `/jobs/${this.job}/actions/${view.action.id}`;
    }
    this.list.append(card);
    if (isNews) this.say(`${view.action.title}: waiting for you.`);
  }

  drop(slug) {
    const card = this.card(this.open.get(slug));
    this.open.delete(slug);
    if (!card) return;
    const held = card.contains(document.activeElement);
    card.remove();
    if (held) document.getElementById("directories-title").focus();
  }

  card(action) {
    return this.list.querySelector(`[data-action="${CSS.escape(action)}"]`);
  }

  async decide(event) {
    event.preventDefault();
    const form = event.target;
    const card = form.closest("[data-action]");
    const problem = card.querySelector(".problem");
    const decision = event.submitter.value;
    problem.hidden = true;
    card.classList.add("busy");
    event.submitter.setAttribute("aria-disabled", "true");
    const status = await this.send(card.dataset.action, decision);
    card.classList.remove("busy");
    event.submitter.removeAttribute("aria-disabled");
    if (status === 200) {
      const thanks = Object.assign(document.createElement("p"), {
        className: "notice good",
        textContent: decision === "confirmed" ? "Thank you: noted." : "It is left out, and nobody asks you again.",
        tabIndex: -1,
      });
      form.replaceWith(thanks);
      thanks.focus();
      this.say(thanks.textContent);
    } else {
      problem.textContent = REFUSED[status] ?? NOT_NOW;
      problem.hidden = false;
    }
  }

  async send(action, decision) {
    try {
      const answer = await fetch(`/api/jobs/${this.job}/actions/${action}`, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: JSON.stringify({ decision }),
      });
      return answer.status;
    } catch {
      return 0;
    }
  }
}
