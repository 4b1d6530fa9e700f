// What happens between page and server: a line while something loads, words when it fails, "12 new" when it changed elsewhere.

const words = () => document.getElementById("shell-words")?.dataset ?? {};
const say = (text, level) => window.dispatchEvent(new CustomEvent("vonggac:toast", { detail: { text, level } }));

const line = document.createElement("div");
line.className = "progress";
line.setAttribute("aria-hidden", "true");
document.body.append(line);
let waiting = 0;
let timer = 0;

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.matches("input[type=search]")) return;
  waiting += 1;
  timer ||= setTimeout(() => line.classList.add("is-busy"), 250);
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.target.matches("input[type=search]")) return;
  waiting = Math.max(0, waiting - 1);
  if (waiting) return;
  clearTimeout(timer);
  timer = 0;
  line.classList.remove("is-busy");
});

document.addEventListener("htmx:responseError", (event) => {
  const page = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
  const parts = [page.querySelector("h1"), page.querySelector(".notice")].filter(Boolean);
  say(parts.map((part) => part.textContent.trim()).join(". ") || words().failed, "error");
});
document.addEventListener("htmx:sendError", () => say(words().offline, "error"));
document.addEventListener("htmx:timeout", () => say(words().offline, "error"));

function offline() {
  const bar = document.getElementById("offline");
  if (bar) bar.hidden = navigator.onLine;
}
window.addEventListener("online", offline);
window.addEventListener("offline", offline);
offline();

// A list names what it shows: <section data-live="organisations networks" id="list">. When the live stream says that one of these
// changed, a pill counts it; pressing it loads the list in place, and neither the cursor nor the page jumps.
const news = new Map();

function pillOf(list) {
  let pill = document.getElementById(`${list.id}-new`);
  if (!pill) {
    pill = document.createElement("button");
    pill.type = "button";
    pill.id = `${list.id}-new`;
    pill.className = "pill";
    pill.addEventListener("click", () => reload(list.id));
    list.before(pill);
  }
  return pill;
}

function reload(id) {
  news.delete(id);
  document.getElementById(`${id}-new`)?.remove();
  const list = document.getElementById(id);
  const scroll = list?.querySelector(".table-wrap")?.scrollTop ?? 0;
  window.htmx
    .ajax("GET", window.location.href, { target: `#${id}`, select: `#${id}`, swap: "outerHTML show:none" })
    .then(() => {
      const wrap = document.getElementById(id)?.querySelector(".table-wrap");
      if (wrap) wrap.scrollTop = scroll;
    });
}

function changed(event) {
  const detail = event.detail ?? {};
  const nouns = [].concat(detail.nouns ?? detail.noun ?? []);
  const count = Number(detail.count ?? 1);
  for (const list of document.querySelectorAll("[data-live][id]")) {
    const own = list.dataset.live.split(/\s+/);
    if (nouns.length && !nouns.some((noun) => own.includes(noun))) continue;
    const n = (news.get(list.id) ?? 0) + count;
    news.set(list.id, n);
    pillOf(list).textContent = (words().new ?? "{n}").replace("{n}", new Intl.NumberFormat(document.documentElement.lang).format(n));
  }
}
document.addEventListener("vonggac:changed", changed);
document.addEventListener("vonggac:ended", () => say(words().ended, "warning"));
