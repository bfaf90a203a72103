// Shows the chosen logo before it is sent.
const preview = document.getElementById("logo-preview");
document.querySelector(".logo-drop input[type=file]").addEventListener("change", (event) => {
  const [file] = event.target.files;
  preview.hidden = !file;
  if (file) preview.src = URL.createObjectURL(file);
});
