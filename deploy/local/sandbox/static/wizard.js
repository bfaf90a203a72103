// Shows one pane at a time; a pane is left only when its required questions are answered.
const form = document.getElementById("wizard");
const panes = [...form.querySelectorAll(".pane")];
const steps = [...document.querySelectorAll(".steps li")];

function show(index) {
  panes.forEach((pane, i) => (pane.hidden = i !== index));
  steps.forEach((step, i) => step.classList.toggle("on", i <= index));
  window.scrollTo(0, 0);
}

function complete(pane) {
  let fine = true;
  for (const control of pane.querySelectorAll("input, select, textarea")) {
    const note = control.closest(".question").querySelector(".oops");
    note.textContent = control.checkValidity() ? "" : control.validationMessage;
    fine = fine && control.checkValidity();
  }
  return fine;
}

form.addEventListener("click", (event) => {
  const index = panes.findIndex((pane) => pane.contains(event.target));
  if (event.target.matches("[data-next]") && complete(panes[index])) show(index + 1);
  if (event.target.matches("[data-back]")) show(index - 1);
});
form.addEventListener("submit", (event) => {
  if (!complete(panes.at(-1))) event.preventDefault();
});
// Enter in an early pane means "next", not "send".
form.addEventListener("keydown", (event) => {
  const last = panes.at(-1).contains(event.target);
  if (event.key === "Enter" && event.target.matches("input") && !last) {
    event.preventDefault();
    event.target.closest(".pane").querySelector("[data-next]").click();
  }
});
const troubled = panes.findIndex((pane) => [...pane.querySelectorAll(".oops")].some((note) => note.textContent));
if (troubled > 0) show(troubled);
