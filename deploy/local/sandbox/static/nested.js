// Loads the specialties of the chosen category.
for (const child of document.querySelectorAll("select[data-nested]")) {
  const parent = document.getElementById(child.dataset.nested);
  const source = child.form.dataset.subcategories;
  const load = async () => {
    const first = child.options[0];
    child.replaceChildren(first);
    child.disabled = true;
    if (!parent.value) return;
    const label = parent.selectedOptions[0].textContent;
    const answer = await fetch(`${source}?parent_label=${encodeURIComponent(label)}`);
    for (const choice of await answer.json()) child.add(new Option(choice.label, choice.value));
    child.disabled = false;
    child.value = child.dataset.chosen || "";
    child.dataset.chosen = "";
  };
  parent.addEventListener("change", load);
  load();
}
