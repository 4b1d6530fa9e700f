// Small tables within a form: rows to add and to take away. Without script some empty rows stand there, which do as well.

const rowsOf = (table) => [...table.querySelectorAll("tbody > tr")];
const isEmpty = (row) => [...row.querySelectorAll("input, select")].every((cell) => (cell.type === "checkbox" ? !cell.checked : cell.value === ""));
const nextOf = (table) => rowsOf(table).reduce((most, row) => Math.max(most, Number(row.dataset.row)), 0);

function add(table, number = nextOf(table) + 1) {
  const row = document.importNode(table.querySelector("template").content, true).querySelector("tr");
  for (const part of [row, ...row.querySelectorAll("*")]) numbered(part, number);
  table.querySelector("tbody").append(row);
  ready(table, row);
  settle(table);
  return row;
}

// Names count from 0, what is read out from 1.
function numbered(part, number) {
  const put = (text) => text.replaceAll("-__row__-", `-${number - 1}-`).replaceAll("__row__", String(number));
  for (const attribute of part.attributes) if (attribute.value.includes("__row__")) attribute.value = put(attribute.value);
  for (const child of part.childNodes) if (child.nodeType === Node.TEXT_NODE && child.data.includes("__row__")) child.data = put(child.data);
}

function ready(table, row) {
  const button = row.querySelector("[data-remove-row]");
  button.hidden = false;
  button.addEventListener("click", () => {
    const rows = rowsOf(table);
    const beside = rows[rows.indexOf(row) + 1] ?? rows[rows.indexOf(row) - 1];
    if (rows.length > 1) row.remove();
    else for (const cell of row.querySelectorAll("input, select")) { if (cell.type === "checkbox") cell.checked = false; else cell.value = ""; }
    settle(table);
    (beside ?? row).querySelector("input, select").focus();
    table.querySelector("input, select").dispatchEvent(new Event("input", { bubbles: true }));
  });
}

function settle(table) {
  table.querySelector("[data-add-row]").hidden = rowsOf(table).length >= Number(table.dataset.most);
}

function begin(table) {
  if (table.dataset.ready) return;
  table.dataset.ready = "1";
  for (const hint of table.querySelectorAll("[data-no-script]")) hint.remove();
  const rows = rowsOf(table);
  // Rows come by the button; an empty table keeps one.
  while (rows.length > 1 && isEmpty(rows.at(-1))) rows.pop().remove();
  for (const row of rows) ready(table, row);
  table.querySelector("[data-add-row]").addEventListener("click", () => add(table).querySelector("input, select").focus());
  settle(table);
  table.closest("form")?.addEventListener("drafts:take", (event) => {
    const name = new RegExp(`^${table.dataset.rows}-(\\d+)-`);
    const numbers = Object.keys(event.detail).map((key) => name.exec(key)).filter(Boolean).map((found) => Number(found[1]) + 1);
    const there = new Set(rowsOf(table).map((row) => Number(row.dataset.row)));
    for (const number of [...new Set(numbers)].sort((a, b) => a - b)) if (!there.has(number)) add(table, number);
  });
}

const scan = () => document.querySelectorAll(".rows[data-rows]").forEach(begin);
scan();
document.addEventListener("htmx:afterSettle", scan);
