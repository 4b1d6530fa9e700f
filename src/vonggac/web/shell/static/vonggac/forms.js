// Filters that go by themselves, files that are dropped, buttons that are pressed once.

let typing = 0;

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form?.matches("form.filters") && !event.target.matches("[type=search], [type=text]")) form.requestSubmit();
  const drop = event.target.closest?.(".file-drop");
  if (drop) tellFiles(drop, event.target);
});

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (!form?.matches("form.filters[data-live]") || !event.target.matches("[type=search], [type=text]")) return;
  clearTimeout(typing);
  typing = setTimeout(() => form.requestSubmit(), 350);
});

// An empty filter has no place in the address.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("form.filters")) {
    for (const field of form.elements) if (field.name && field.value === "" && !field.disabled) {
      field.disabled = true;
      setTimeout(() => { field.disabled = false; }, 0);
    }
    return;
  }
  if (form.method !== "post" || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) event.preventDefault();
  else form.dataset.sent = "1";
});

window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

function tellFiles(drop, input) {
  const place = drop.querySelector(".chosen");
  if (place) place.textContent = [...input.files].map((file) => `${file.name} (${size(file.size)})`).join(", ");
}

function size(bytes) {
  const number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 });
  return bytes < 1e6 ? `${number.format(Math.ceil(bytes / 1e3))} kB` : `${number.format(bytes / 1e6)} MB`;
}

for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => event.target.closest?.(".file-drop")?.classList.add("is-over"));
}
for (const kind of ["dragleave", "drop"]) {
  document.addEventListener(kind, (event) => event.target.closest?.(".file-drop")?.classList.remove("is-over"));
}
