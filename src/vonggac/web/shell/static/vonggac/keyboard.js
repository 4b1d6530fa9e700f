// The keyboard: every key of the help dialog (#keys), and the cursor in tables and lists.
//
// Rows are those of table.queue and children of [data-rows]; a row with data-href opens there. The cursor is kept by the row's
// id (or its address) so that it stays on its row when the list is loaded anew.

const ROWS = "table.queue > tbody > tr, [data-rows] > *";
const GO = { t: "/", w: "/work/", o: "/organisations/", n: "/networks/", s: "/systems/", p: "/people/", a: "/audit/" };
let cursor = null;
let anchor = null;
let going = false;

const rows = () => [...document.querySelectorAll(ROWS)].filter((row) => row.offsetParent !== null);
const nameOf = (row) => row.id || row.dataset.href || "";

function place(row, focus = true) {
  for (const other of document.querySelectorAll(".is-cursor")) other.classList.remove("is-cursor");
  if (!row) return;
  row.classList.add("is-cursor");
  cursor = nameOf(row);
  if (focus) {
    if (!row.hasAttribute("tabindex")) row.tabIndex = -1;
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }
}

const current = () => document.querySelector(".is-cursor");

// What a key presses: something of the row under the cursor before something of the page; never something of another row.
function buttonOf(key) {
  const all = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].filter((one) => one.offsetParent !== null);
  return all.find((one) => current()?.contains(one)) ?? all.find((one) => !one.closest(ROWS));
}

function move(step) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(current());
  place(all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1)]);
}

function open(row, aside = false) {
  if (!row) return;
  if (row.hasAttribute("hx-get") && window.htmx) window.htmx.trigger(row, "open");
  const href = row.dataset.href ?? row.querySelector("a[href]")?.getAttribute("href");
  if (!href) return;
  if (aside) window.open(href, "_blank", "noopener");
  else if (!row.hasAttribute("hx-get")) window.location.assign(href);
}

function select(row, isRange) {
  const box = row?.querySelector('input[type="checkbox"]');
  if (!box) return;
  const all = rows();
  const from = isRange && anchor ? all.findIndex((other) => nameOf(other) === anchor) : -1;
  if (from >= 0) {
    const to = all.indexOf(row);
    for (const other of all.slice(Math.min(from, to), Math.max(from, to) + 1)) check(other, true);
  } else {
    check(row, !box.checked);
  }
  anchor = nameOf(row);
}

function check(row, on) {
  const box = row.querySelector('input[type="checkbox"]');
  if (!box || box.checked === on) return;
  box.checked = on;
  box.dispatchEvent(new Event("change", { bubbles: true }));
}

const isTyping = (target) => target instanceof Element && target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  x: () => select(current(), false),
  X: () => select(current(), true),
  n: () => document.querySelector('a[rel="next"]')?.click(),
  p: () => document.querySelector('a[rel="prev"]')?.click(),
  "/": () => { const box = document.getElementById("search"); box?.focus(); box?.select(); },
  "?": () => { const help = document.getElementById("keys"); if (help && !help.open) help.showModal(); },
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing) return;
  if (isTyping(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (document.querySelector("dialog[open]")) return;
  if (going) {
    going = false;
    if (GO[event.key] && document.querySelector(`.side a[href="${GO[event.key]}"]`)) {
      event.preventDefault();
      window.location.assign(GO[event.key]);
      return;
    }
  }
  if (event.key === "g") {
    going = true;
    setTimeout(() => { going = false; }, 1200);
  } else if (event.key === "Enter" && event.target.matches?.(ROWS)) {
    event.preventDefault();
    open(event.target);
  } else if (KEYS[event.key]) {
    event.preventDefault();
    KEYS[event.key]();
  } else {
    const button = buttonOf(event.key);
    if (button) {
      event.preventDefault();
      button.click();
    }
  }
});

// A click anywhere in a row opens it, but not where it has something of its own to press, and not after marking text.
document.addEventListener("click", (event) => {
  const row = event.target.closest?.("tr[data-href], [data-rows] > [data-href]");
  if (!row || event.target.closest("a, button, input, label, select, summary, textarea")) return;
  if (String(window.getSelection())) return;
  place(row, false);
  open(row, event.ctrlKey || event.metaKey);
});

document.addEventListener("change", (event) => {
  const box = event.target;
  if (!box.matches?.('table.queue input[type="checkbox"]')) return;
  if (box.matches("[data-all]")) {
    for (const row of box.closest("table").querySelectorAll("tbody > tr")) check(row, box.checked);
  }
  const row = box.closest("tbody > tr");
  if (row) row.setAttribute("aria-selected", String(box.checked));
  const chosen = box.closest("table").querySelectorAll('tbody input[type="checkbox"]:checked').length;
  for (const place of document.querySelectorAll("[data-chosen]")) place.textContent = chosen;
  for (const bar of document.querySelectorAll("[data-if-chosen]")) bar.hidden = chosen === 0;
});

// A list that came with one of its rows open begins there.
place(rows().find((row) => row.hasAttribute("aria-current")), false);

document.addEventListener("htmx:afterSettle", () => {
  if (cursor && !current()) place(rows().find((row) => nameOf(row) === cursor), false);
});
