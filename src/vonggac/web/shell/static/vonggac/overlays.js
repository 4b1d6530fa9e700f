// Dialogs, menus, the drawer, toasts, copying: what opens and closes over a page.
//
//   <button data-dialog="id">        opens <dialog id="id">
//   <button data-close>              closes the dialog around it
//   <button data-dismiss>            takes the toast around it away
//   <button data-copy="text">        copies; data-copied is said afterwards
//   toast(text, level)               window event "vonggac:toast" {text, level}: success, info, warning, error

const words = () => document.getElementById("shell-words")?.dataset ?? {};

function say(text, level = "info") {
  const list = document.getElementById("toasts");
  if (!list || !text) return;
  const model = document.getElementById("toast-model");
  const item = model.content.firstElementChild.cloneNode(true);
  item.classList.add(level);
  item.querySelector("p").textContent = text;
  list.append(item);
  leave(item);
}

// Faults stay until somebody read them; the rest leaves by itself, later where there is more to read.
function leave(item) {
  if (item.classList.contains("error") || item.classList.contains("warning")) return;
  const wait = 4000 + 60 * item.textContent.length;
  let timer = setTimeout(() => item.remove(), wait);
  item.addEventListener("pointerenter", () => clearTimeout(timer));
  item.addEventListener("pointerleave", () => { timer = setTimeout(() => item.remove(), 2000); });
}

function drawer(open) {
  const side = document.getElementById("side");
  if (!side) return;
  side.classList.toggle("is-open", open);
  const opener = document.querySelector("[data-open-nav]");
  opener?.setAttribute("aria-expanded", String(open));
  (open ? side.querySelector("nav a") : opener)?.focus();
}

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    say(button.dataset.copied || words().copied, "success");
  } catch {
    say(words().notCopied, "warning");
  }
}

// On a phone a row of tabs is wider than the screen: the one that one is on is shown.
for (const tab of document.querySelectorAll(".tabs [aria-current]")) {  // the row of tabs moves, never the page
  const row = tab.parentElement;
  row.scrollLeft += tab.getBoundingClientRect().left - row.getBoundingClientRect().left - (row.clientWidth - tab.offsetWidth) / 2;
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-dialog], [data-close], [data-dismiss], [data-copy], [data-open-nav], [data-close-nav]");
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target) || target?.dataset.dialog) menu.open = false;
  }
  const side = document.getElementById("side");
  if (side?.classList.contains("is-open") && !side.contains(event.target) && !target?.matches("[data-open-nav]")) drawer(false);
  if (event.target instanceof HTMLDialogElement) event.target.close();
  if (!target) return;
  if (target.dataset.dialog) {
    const dialog = document.getElementById(target.dataset.dialog);
    if (dialog instanceof HTMLDialogElement && !dialog.open) {
      event.preventDefault();
      dialog.showModal();
    }
  } else if (target.matches("[data-close]")) {
    const dialog = target.closest("dialog");
    if (dialog) {
      event.preventDefault();
      dialog.close();
    }
  } else if (target.matches("[data-dismiss]")) {
    target.closest(".toast")?.remove();
  } else if (target.dataset.copy !== undefined) {
    copy(target);
  } else if (target.matches("[data-open-nav]")) {
    event.preventDefault();
    drawer(true);
  } else if (target.matches("[data-close-nav]")) {
    event.preventDefault();
    drawer(false);
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (document.getElementById("side")?.classList.contains("is-open")) {
    drawer(false);
  }
});

window.addEventListener("vonggac:toast", (event) => say(event.detail.text, event.detail.level));
for (const item of document.querySelectorAll(".toasts .toast")) leave(item);

// A dialog that came with faults in it is open at once.
for (const dialog of document.querySelectorAll("dialog[data-open]")) dialog.showModal();
