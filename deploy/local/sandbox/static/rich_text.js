// Mirrors each editing surface into the hidden input that is posted.
for (const editor of document.querySelectorAll(".editor[data-mirror]")) {
  const surface = editor.querySelector(".surface");
  const mirror = document.getElementById(editor.dataset.mirror);
  surface.addEventListener("input", () => (mirror.value = surface.innerText.trim()));
  editor.querySelector(".toolbar").addEventListener("click", (event) => {
    const button = event.target.closest("[data-command]");
    if (!button) return;
    surface.focus();
    document.execCommand(button.dataset.command);
  });
}
