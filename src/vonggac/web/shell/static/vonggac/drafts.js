// Nothing is lost on a fault or a lost session: what was typed into a form that writes is kept in this window's storage until the
// server took it, and offered again when the form is empty once more. Passwords, files and hidden fields are never kept.
//
// A form is kept when it has method="post" and the class "form" (or data-draft), and not with data-no-draft.

const FORMS = 'form.form[method="post" i]:not([data-no-draft]), form[data-draft]';
const SECRET = 'input[type="password"], input[type="file"], input[type="hidden"], input[autocomplete*="one-time-code"], [data-secret]';
const LIFE = 12 * 3600 * 1000;

const owner = () => document.body.dataset.user || "";
const keyOf = (form) => `draft:${owner()}:${form.id || form.getAttribute("action") || ""}:${location.pathname}`;

function fieldsOf(form) {
  return [...form.elements].filter((field) => field.name && field.matches("input, select, textarea") && !field.matches(SECRET));
}

const valueOf = (field) => (field.matches('[type="checkbox"], [type="radio"]') ? field.checked : field.value);
const nameIn = (field) => (field.matches('[type="checkbox"], [type="radio"]') ? `${field.name}=${field.value}` : field.name);

function snapshot(form) {
  return Object.fromEntries(fieldsOf(form).map((field) => [nameIn(field), valueOf(field)]));
}

function differs(form, values) {
  return fieldsOf(form).some((field) => nameIn(field) in values && values[nameIn(field)] !== valueOf(field));
}

function fill(form, values) {
  // Who draws rows as they are needed makes room for what was typed (work/rows.js).
  form.dispatchEvent(new CustomEvent("drafts:take", { detail: values }));
  for (const field of fieldsOf(form)) {
    const value = values[nameIn(field)];
    if (value === undefined) continue;
    if (field.matches('[type="checkbox"], [type="radio"]')) field.checked = value;
    else field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

function offer(form, kept) {
  const model = document.getElementById("draft-model");
  if (!model) return;
  const bar = model.content.firstElementChild.cloneNode(true);
  bar.querySelector("[data-take]").addEventListener("click", () => {
    // A form whose rows come and go brings them back itself: it takes the event.
    if (form.dispatchEvent(new CustomEvent("draft:take", { bubbles: true, cancelable: true, detail: kept.values }))) fill(form, kept.values);
    bar.remove();
  });
  bar.querySelector("[data-leave]").addEventListener("click", () => { sessionStorage.removeItem(keyOf(form)); bar.remove(); });
  form.prepend(bar);
}

const began = new WeakMap();
const sent = new WeakSet();

function begin(form) {
  if (began.has(form)) return;
  began.set(form, snapshot(form));
  let kept = null;
  try {
    kept = JSON.parse(sessionStorage.getItem(keyOf(form)) || "null");
  } catch {
    sessionStorage.removeItem(keyOf(form));
  }
  if (kept && Date.now() - kept.at < LIFE && differs(form, kept.values)) offer(form, kept);
}

function keep(form) {
  const values = snapshot(form);
  if (JSON.stringify(values) === JSON.stringify(began.get(form))) sessionStorage.removeItem(keyOf(form));
  else sessionStorage.setItem(keyOf(form), JSON.stringify({ at: Date.now(), values }));
}

function scan() {
  for (const form of document.querySelectorAll(FORMS)) begin(form);
}

// A page that came after a success (it says so by a toast) closes the drafts that were sent.
function settle() {
  const pending = JSON.parse(sessionStorage.getItem("drafts-sent") || "[]");
  sessionStorage.removeItem("drafts-sent");
  if (document.querySelector(".toast.success")) for (const key of pending) sessionStorage.removeItem(key);
}

try {
  settle();
  scan();
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form && began.has(form)) keep(form);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!began.has(form)) return;
    sent.add(form);
    keep(form);
    const pending = JSON.parse(sessionStorage.getItem("drafts-sent") || "[]");
    sessionStorage.setItem("drafts-sent", JSON.stringify([...new Set([...pending, keyOf(form)])]));
  });
  document.addEventListener("htmx:afterSettle", scan);
  window.addEventListener("beforeunload", (event) => {
    const open = [...document.querySelectorAll(FORMS)].some((form) => began.has(form) && !sent.has(form) && differs(form, began.get(form)));
    if (open) event.preventDefault();
  });
} catch (fault) {
  console.warn("Drafts are not kept in this browser:", fault);
}
