// A single-page app: builds the form from its state, posts JSON and shows the answer in place.
const state = JSON.parse(document.getElementById("app-state").textContent);
const root = document.getElementById("app");
let serial = 0;

function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

function control(field, id) {
  if (field.kind === "select") {
    const options = field.choices.map((choice) => new Option(choice.label, choice.value));
    return element("select", { id }, new Option(state.choose, ""), ...options);
  }
  if (field.kind === "textarea") return element("textarea", { id, rows: 4 });
  const types = { email: "email", tel: "tel", url: "url", checkbox: "checkbox" };
  return element("input", { id, type: types[field.kind] || "text" });
}

function row(field) {
  const id = `:r${serial++}:`;
  const input = control(field, id);
  if (field.limit) input.maxLength = field.limit;
  if (field.required) input.setAttribute("aria-required", "true");
  const note = element("div", { className: "field-error", role: "alert" });
  const label = element("label", { htmlFor: id, textContent: field.label });
  const parts = field.kind === "checkbox" ? [input, label] : [label, input];
  return { field, input, note, node: element("div", { className: `r r-${field.kind}` }, ...parts, note) };
}

function valueOf({ field, input }) {
  if (field.kind === "checkbox") return input.checked ? "1" : "";
  return input.value;
}

function render() {
  const rows = state.fields.map(row);
  const message = element("div", { className: "app-message" });
  message.setAttribute("aria-live", "polite");
  const button = element("button", { type: "button", className: "go", textContent: state.submit });
  const body = element("div", { className: "rows", role: "form" }, ...rows.map(({ node }) => node), button);
  root.replaceChildren(
    element("h1", { textContent: state.title }),
    element("p", { textContent: state.intro }),
    message,
    body,
  );
  button.addEventListener("click", () => send(rows, message, body, button));
}

async function send(rows, message, body, button) {
  button.disabled = true;
  const payload = Object.fromEntries(rows.map((each) => [each.field.name, valueOf(each)]));
  const answer = await fetch(state.endpoint, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify(payload),
  });
  const result = await answer.json();
  message.textContent = result.message;
  message.className = `app-message ${result.ok ? "ok" : "bad"}`;
  if (result.link) message.append(" ", element("a", { href: result.link, textContent: state.link }));
  for (const { field, note } of rows) note.textContent = result.errors[field.name] || "";
  if (result.ok) body.remove();
  else button.disabled = false;
  window.scrollTo(0, 0);
}

setTimeout(render, 350);
