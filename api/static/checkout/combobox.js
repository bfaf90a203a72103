// The kinds of business, searched while typing: an editable combobox with a list (ARIA authoring practices).

export function combobox(input, list, count) {
  let shown = [];
  let current = -1;
  let asked = 0;
  input.removeAttribute("list");
  const attributes = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id };
  for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);

  function close() {
    shown = [];
    current = -1;
    list.hidden = true;
    list.replaceChildren();
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function choose(index) {
    input.value = shown[index].label;
    close();
    count.textContent = `${input.value} chosen.`;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    close();
    asked += 1;
  }

  function mark(index) {
    current = index;
    [...list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === index)));
    if (index < 0) input.removeAttribute("aria-activedescendant");
    else {
      input.setAttribute("aria-activedescendant", list.children[index].id);
      list.children[index].scrollIntoView({ block: "nearest" });
    }
  }

  function open(hits) {
    // What one has begun to choose from stays as it is.
    if (hits.length && hits.length === shown.length && hits.every((hit, place) => hit.label === shown[place].label)) return;
    shown = hits;
    list.replaceChildren(...hits.map((hit, place) => {
      const item = document.createElement("li");
      item.id = `${list.id}-${place}`;
      item.setAttribute("role", "option");
      item.textContent = hit.label;
      if (hit.hint) {
        const hint = document.createElement("span");
        hint.className = "hint";
        hint.textContent = hit.hint;
        item.append(hint);
      }
      // Before the field loses the focus.
      item.addEventListener("mousedown", (event) => {
        event.preventDefault();
        choose(place);
      });
      return item;
    }));
    list.hidden = hits.length === 0;
    input.setAttribute("aria-expanded", String(hits.length > 0));
    mark(-1);
    count.textContent = hits.length ? `${hits.length} suggestions; arrow keys to choose.` : "";
  }

  async function search() {
    const mine = (asked += 1);
    const text = input.value.trim();
    if (!text) return close();
    try {
      const answer = await fetch(`/api/categories?q=${encodeURIComponent(text)}`);
      const hits = answer.ok ? await answer.json() : [];
      if (mine !== asked || document.activeElement !== input) return undefined;
      if (hits.length === 1 && hits[0].label === input.value) return close();
      return open(hits);
    } catch {
      // Without suggestions it is an ordinary field.
      return close();
    }
  }

  input.addEventListener("input", () => search());
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) {
        search();
        return;
      }
      const step = event.key === "ArrowDown" ? 1 : -1;
      mark((current + step + shown.length + (current < 0 && step < 0 ? 1 : 0)) % shown.length);
    } else if (event.key === "Enter" && current >= 0) {
      event.preventDefault();
      choose(current);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    }
  });
}
