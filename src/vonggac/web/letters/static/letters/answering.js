// The form of a letter: asks only what the chosen result needs, keeps what is typed on the server, takes files as they are chosen.
// Without this script every question stands there, "Save and go on later" keeps what was typed, and a button adds a file.

const form = document.querySelector("form[data-answer]");
const QUIET = 2500; // ms without typing after which it is kept
const LONGEST = 30_000; // ms between tries while there is no connection

document.documentElement.classList.add("has-script");

// ------------------------------------------------------------------------------------------------- what is asked

const chosenIn = (card) => card.querySelector(".ans-seg input:checked")?.value ?? "";
const cardsOf = () => [...form.querySelectorAll("[data-card]")];

function ask(card) {
  const result = chosenIn(card);
  for (const part of card.querySelectorAll(".asked")) part.hidden = !part.dataset.for.split(" ").includes(result);
  const more = card.querySelector("details.add");
  if (more && result === "in_progress") more.open = true;
  document.querySelector(`.ans-aside a[data-of="${card.dataset.card}"]`)?.classList.toggle("is-chosen", result !== "");
}

function count() {
  const cards = cardsOf();
  const place = form.querySelector("[data-count]");
  const n = cards.filter((card) => chosenIn(card)).length;
  place.textContent = place.dataset.words.replace("{n}", n).replace("{all}", cards.length);
}

function allDone() {
  for (const card of cardsOf()) {
    if (chosenIn(card)) continue;
    const choice = card.querySelector(`.ans-seg input[value="${card.querySelector(".ans-seg").dataset.all}"]`);
    if (choice) choice.checked = true;
    ask(card);
  }
  count();
  typed();
  // To the first question that is still to be answered.
  const open = [...form.querySelectorAll(".asked.needed:not([hidden]) :is(input, textarea, select)")].find((field) => field.value === "");
  (open ?? form.querySelector(".ans-bar .primary")).focus();
}

// ------------------------------------------------------------------------------------------------ what is kept

let version = "0";
let asleep = 0;
let isDirty = false;
let isBusy = false;
let isOver = false;
let pause = 3000;

const place = () => form.querySelector("[data-saved]");

function say(text, isNot = false) {
  const line = place();
  line.classList.toggle("is-not", isNot);
  const words = document.createElement("span");
  words.textContent = text;
  line.replaceChildren(words);
  return line;
}

function sends() {
  const sent = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === "string" && name !== "do" && name !== "key") sent.append(name, value);
  sent.set("draft", version);
  return sent;
}

function typed() {
  if (isOver) return;
  isDirty = true;
  say(place().dataset.typing, true);
  later(QUIET);
}

function later(time) {
  clearTimeout(asleep);
  asleep = setTimeout(() => void keep(), time);
}

async function keep(leaving = false) {
  clearTimeout(asleep);
  if (!isDirty || isBusy || isOver) return;
  isBusy = true;
  isDirty = false;
  if (!leaving) say(place().dataset.saving);
  const headers = { "X-Requested-With": "answering", Accept: "application/json" };
  try {
    const answer = await fetch(form.dataset.draftUrl, { method: "POST", body: sends(), headers, keepalive: leaving, redirect: "manual" });
    if (answer.type === "opaqueredirect" || answer.status === 403 || answer.status === 404) failed(place().dataset.over);
    else if (answer.status >= 500 || answer.status === 429) throw new Error(String(answer.status));
    else told(answer.status, await answer.json());
  } catch {
    failed(place().dataset.failed);
  } finally {
    isBusy = false;
  }
  if (isDirty && !isOver) later(pause);
}

function failed(text) {
  isDirty = true;
  say(text, true);
  later(pause);
  pause = Math.min(pause * 2, LONGEST);
}

function told(status, said) {
  pause = 3000;
  if (status === 200) {
    version = String(said.version);
    form.elements.draft.value = version;
    if (!isDirty) say(said.message);
  } else if (status === 409) {
    conflict(said);
  } else {
    say(said.message, true);
  }
}

// Somebody else goes on with the same answers: theirs stay until a person decides.
function conflict(said) {
  isOver = true;
  const line = say(said.message, true);
  if (!said.version) return;
  const mine = document.createElement("button");
  const theirs = document.createElement("button");
  for (const button of [mine, theirs]) { button.type = "button"; button.className = "button small"; }
  mine.textContent = line.dataset.mine;
  theirs.textContent = line.dataset.theirs;
  mine.addEventListener("click", () => { isOver = false; version = String(said.version); typed(); void keep(); });
  theirs.addEventListener("click", () => { isDirty = false; window.location.reload(); });
  line.append(mine, theirs);
}

// ----------------------------------------------------------------------------------------------------- files

function sendFile(input) {
  const [file] = input.files;
  if (!file) return;
  const bar = input.parentElement.querySelector("progress");
  const data = new FormData();
  data.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  data.append("file", file, file.name);
  const request = new XMLHttpRequest();
  bar.hidden = false;
  bar.value = 0;
  request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total; });
  const ended = (fault) => { bar.hidden = true; input.value = ""; if (fault) wrong(input.parentElement, fault); };
  request.addEventListener("error", () => ended(input.dataset.failed));
  request.addEventListener("load", () => ended(shown(request.responseText, input.parentElement) ? "" : input.dataset.failed));
  request.open("POST", input.dataset.upload);
  request.setRequestHeader("X-Requested-With", "answering");
  request.send(data);
}

function shown(text, beside) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const parts = [...page.querySelectorAll(".ans-files[id]")];
  for (const part of parts) document.getElementById(part.id)?.replaceWith(document.importNode(part, true));
  beside?.parentElement?.querySelector(":scope > .faults.of-upload")?.remove();
  const fault = page.querySelector("ul.faults li span");
  if (fault && beside?.isConnected) wrong(beside, fault.textContent);
  return parts.length > 0 || Boolean(fault);
}

function wrong(beside, text) {
  beside.parentElement.querySelector(":scope > .faults.of-upload")?.remove();
  const list = document.createElement("ul");
  list.className = "faults of-upload";
  list.setAttribute("role", "alert");
  const line = document.createElement("li");
  line.textContent = text;
  list.append(line);
  beside.before(list);
}

async function takeAway(button) {
  const body = new URLSearchParams({ csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value });
  button.disabled = true;
  try {
    const answer = await fetch(button.getAttribute("formaction"), { method: "POST", body, headers: { "X-Requested-With": "answering" } });
    shown(await answer.text(), null);
  } catch {
    button.disabled = false;
  }
}

// ------------------------------------------------------------------------------------------------------ begin

if (form) {
  version = form.elements.draft.value;
  for (const card of cardsOf()) ask(card);
  count();
  const all = form.querySelector("[data-all-done]");
  if (all) { all.hidden = false; all.addEventListener("click", allDone); }
  form.addEventListener("change", (event) => {
    if (event.target.matches("input[type=file]")) { sendFile(event.target); return; }
    const card = event.target.closest("[data-card]");
    if (card && event.target.closest(".ans-seg")) { ask(card); count(); }
    typed();
  });
  form.addEventListener("input", (event) => { if (!event.target.matches("input[type=file]")) typed(); });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-remove]");
    if (!button) return;
    event.preventDefault();
    void takeAway(button);
  });
  // The key for the next line sends no letter that is half answered.
  form.addEventListener("keydown", (event) => { if (event.key === "Enter" && event.target.matches("input:not([type=file])")) event.preventDefault(); });
  form.addEventListener("submit", () => { clearTimeout(asleep); isDirty = false; });
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") void keep(true); });
  window.addEventListener("pagehide", () => void keep(true));
  window.addEventListener("online", () => void keep());
  window.addEventListener("beforeunload", (event) => { if (isDirty || isOver) { void keep(true); if (isDirty) event.preventDefault(); } });
  document.getElementById("faults")?.focus();
}
