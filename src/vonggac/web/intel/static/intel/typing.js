// Typing a list in: Enter confirms a cell and goes on, arrows move, what is typed anew counts as looked at.

const form = document.getElementById("typing");
const left = document.getElementById("typing-left");

function tell() {
  const n = form.querySelectorAll("td.is-open").length;
  const has = form.querySelector('input[name="ok"]');
  left.textContent = n ? left.dataset.words.replace("{n}", n) : has ? left.dataset.none : "";
}

function settle(cell, isSeen) {
  const box = cell.querySelector('input[name="ok"]');
  if (!box) return;
  box.checked = isSeen;
  cell.classList.toggle("is-open", isSeen === false);
  tell();
}

function go(cell, down, across) {
  const row = cell.parentElement;
  const at = [...row.children].indexOf(cell);
  const to = down ? (down > 0 ? row.nextElementSibling : row.previousElementSibling)?.children[at] : row.children[at + across];
  const field = to?.querySelector("input:not([type=checkbox])");
  if (field) { field.focus(); field.select(); }
  return Boolean(field);
}

form.addEventListener("keydown", (event) => {
  const cell = event.target.closest("td");
  if (!cell || event.target.type === "checkbox" || event.isComposing) return;
  if (event.key === "Enter") {
    event.preventDefault();
    settle(cell, true);
    if (!go(cell, 0, 1)) cell.parentElement.nextElementSibling?.querySelector("td input")?.focus();
  } else if (event.key === "ArrowDown") { event.preventDefault(); go(cell, 1, 0); }
  else if (event.key === "ArrowUp") { event.preventDefault(); go(cell, -1, 0); }
});

form.addEventListener("input", (event) => {
  const cell = event.target.closest("td");
  if (cell && event.target.type !== "checkbox") settle(cell, true);
});
form.addEventListener("change", (event) => {
  const cell = event.target.closest("td");
  if (cell && event.target.type === "checkbox") { cell.classList.toggle("is-open", !event.target.checked); tell(); }
});

const sizes = ["is-small", "", "is-large", "is-larger"];
let size = 1;
form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-zoom]");
  const picture = form.querySelector(".picture-wrap img");
  if (!button || !picture) return;
  size = Math.min(sizes.length - 1, Math.max(0, size + (button.dataset.zoom === "in" ? 1 : -1)));
  picture.className = sizes[size];
});

tell();
