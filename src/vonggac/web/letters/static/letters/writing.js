// The editor of a letter: what a kind of answer asks is told while one chooses; a kept draft brings back rows that were added, too.

document.addEventListener("change", (event) => {
  const select = event.target.closest?.("select[data-kind]");
  if (!select) return;
  const told = document.getElementById(select.getAttribute("aria-describedby"));
  if (told) told.textContent = select.selectedOptions[0]?.dataset.told ?? "";
});

// What is ticked for a clause stands in the line that opens it.
document.addEventListener("change", (event) => {
  const more = event.target.closest?.("[data-more]");
  if (!more) return;
  const names = [...more.querySelectorAll('input[type="checkbox"]:checked')].map((box) => box.nextElementSibling.textContent);
  const proof = more.querySelector("select");
  if (proof?.value) names.push(proof.selectedOptions[0].textContent);
  more.querySelector("[data-chosen]").replaceChildren(...names.map((name) => Object.assign(document.createElement("span"), { className: "chip", textContent: name })));
});

// The server makes the rows: what was kept is sent to it as it was typed, and nothing is saved by that.
document.addEventListener("draft:take", (event) => {
  const form = event.target;
  if (form.id !== "letter-form") return;
  event.preventDefault();
  const values = { do: "show", version: form.elements.version.value };
  for (const [name, value] of Object.entries(event.detail)) {
    const [field, choice] = name.split("=");
    if (typeof value !== "boolean") values[field] = value;
    else if (value) values[field] = [...(values[field] ?? []), choice];
  }
  window.htmx.ajax("POST", form.getAttribute("action"), { source: form, values, target: "#letter-body", select: "#letter-body", swap: "outerHTML" });
});

// Rows that were added, moved or taken out are a change, too: the draft is kept at once.
document.addEventListener("htmx:afterSettle", (event) => {
  const form = document.getElementById("letter-form");
  if (form && event.target.closest?.("#letter-form")) form.elements.n_clauses?.dispatchEvent(new Event("input", { bubbles: true }));
});
