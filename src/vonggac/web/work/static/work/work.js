// The queue opens a Task beside itself where there is room, and the report asks only what the chosen result needs.

const wide = window.matchMedia("(min-width: 75rem)");
const rowOf = (element) => element.closest?.("table.work > tbody > tr[hx-get]");

// Where there is no room beside the list, a Task has the page for itself.
document.addEventListener("htmx:beforeRequest", (event) => {
  const row = event.target;
  if (!row.matches?.("table.work > tbody > tr") || wide.matches) return;
  event.preventDefault();
  window.location.assign(row.dataset.href);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("table.work tbody th a");
  if (!link || !wide.matches || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  window.htmx.trigger(rowOf(link), "open");
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id !== "beside") return;
  const row = rowOf(event.detail.requestConfig?.elt ?? event.target);
  for (const other of document.querySelectorAll("table.work tr[aria-current]")) other.removeAttribute("aria-current");
  row?.setAttribute("aria-current", "true");
  event.target.scrollTop = 0;
});

// On a phone the tasks come first; filters that are set stay in sight.
const narrowing = document.querySelector("details.narrowing:not([data-stays])");
if (narrowing && window.matchMedia("(max-width: 40rem)").matches) narrowing.open = false;

function ask(form) {
  const result = form.querySelector('input[name="result"]:checked')?.value ?? "";
  for (const part of form.querySelectorAll(".asked")) {
    part.hidden = !part.dataset.for.split(" ").includes(result);
  }
  const more = form.querySelector("details.add");
  if (more && result === "in_progress") more.open = true;
}

for (const form of document.querySelectorAll("form.report")) {
  if (!form.querySelector('input[name="result"]')) continue;
  ask(form);
  form.addEventListener("change", (event) => { if (event.target.name === "result") ask(form); });
}
