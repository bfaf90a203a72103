/* The list of directories: one row each, changed in place, so that nothing jumps while it is read. */

export class Rows {
  constructor(list, pattern, none) {
    this.list = list;
    this.pattern = pattern;
    this.none = none;
    this.rows = new Map([...list.children].map((row) => [row.dataset.slug, row]));
    this.groups = null;
    this.search = "";
    list.addEventListener("animationend", (event) => event.target.classList.remove("fresh"));
    // A picture that does not come is not shown as a broken one.
    list.addEventListener("error", (event) => event.target.classList.add("broken"), true);
  }

  /* `whole`: these are all there are. */
  show(views, whole) {
    for (const view of views) {
      const known = this.rows.get(view.slug);
      const row = known ?? this.pattern.content.firstElementChild.cloneNode(true);
      if (!known) {
        this.rows.set(view.slug, row);
        this.list.append(row);
      }
      fill(row, view, Boolean(known));
      this.place(row);
    }
    if (whole) {
      const slugs = new Set(views.map((view) => view.slug));
      for (const [slug, row] of this.rows) {
        if (slugs.has(slug)) continue;
        row.remove();
        this.rows.delete(slug);
      }
    }
    this.count();
  }

  filter(groups, search) {
    this.groups = groups;
    this.search = search.trim().toLowerCase();
    for (const row of this.rows.values()) this.place(row, true);
    this.count();
  }

  place(row, anew = false) {
    const name = row.querySelector(".name").textContent.toLowerCase();
    const wanted = (!this.groups || this.groups.has(row.dataset.group)) && name.includes(this.search);
    // What somebody is at with the keyboard does not vanish under their hands.
    row.hidden = !wanted && (anew || !row.contains(document.activeElement));
  }

  count() {
    this.none.hidden = [...this.rows.values()].some((row) => !row.hidden);
  }
}

function fill(row, view, known) {
  if (known && row.dataset.group !== view.group) row.classList.add("fresh");
  row.dataset.slug = view.slug;
  row.dataset.group = view.group;
  row.querySelector(".state use").setAttribute("href", `#icon-${view.group}`);
  put(row.querySelector(".name"), view.name);
  put(row.querySelector(".words"), view.words);
  for (const at of row.querySelectorAll(".at")) put(at, view.name);
  link(row.querySelector(".see"), web(view.listing_url));
  const proof = row.querySelector(".proof");
  link(proof, view.proof);
  put(proof.querySelector(".kind"), view.group === "listed" ? "Proof" : "Screenshot");
  const picture = proof.querySelector("img");
  if (view.proof && picture.getAttribute("src") !== view.proof) {
    picture.classList.remove("broken");
    picture.src = view.proof;
  }
}

export function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function link(anchor, address) {
  anchor.hidden = !address;
  if (address) anchor.setAttribute("href", address);
  else anchor.removeAttribute("href");
}

/* An address that a stranger's page gave us leads to a web page, or nowhere. */
function web(address) {
  try {
    return ["http:", "https:"].includes(new URL(address).protocol) ? address : null;
  } catch {
    return null;
  }
}
