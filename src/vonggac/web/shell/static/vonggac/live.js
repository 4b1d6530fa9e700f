// The live stream: what changed elsewhere becomes "vonggac:changed" events of this page; network.js shows them as "12 new".
//
// The page says where: <meta name="vonggac-live" content="https://host:8481/live">, and optionally the entry that it was made at:
// <meta name="vonggac-live-after" content="5400">. Detail of "vonggac:changed": {noun, nouns, count, changes}; without nouns anything
// may have changed. "vonggac:ended" tells that the session is over.

const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";
const address = meta("vonggac-live");
const GATHER = 300; // ms in which changes are told together
const HIDDEN = 60_000; // ms after which a page that nobody sees lets go of its stream
const LONGEST = 300_000; // ms between tries while the stream is refused

let source = null;
let after = meta("vonggac-live-after");
let pause = 5000;
let retry = 0;
let asleep = 0;
let isOver = false;
let gathered = new Map();
let gathering = 0;

const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

function release() {
  gathering = 0;
  const all = gathered;
  gathered = new Map();
  for (const [noun, changes] of all) tell("vonggac:changed", { noun, nouns: [noun], count: changes.length, changes });
}

function changed(event) {
  after = event.lastEventId || after;
  const change = JSON.parse(event.data);
  gathered.set(change.noun, [...(gathered.get(change.noun) ?? []), change]);
  gathering ||= setTimeout(release, GATHER);
}

function reset(event) {
  after = event.lastEventId || after;
  tell("vonggac:changed", { nouns: [], count: 1, changes: [], reset: true });
}

function end() {
  isOver = true;
  close();
  tell("vonggac:ended", {});
}

function close() {
  clearTimeout(retry);
  source?.close();
  source = null;
}

function open() {
  if (source || isOver || !address) return;
  clearTimeout(retry);
  const url = new URL(address);
  if (after) url.searchParams.set("after", after);
  source = new EventSource(url, { withCredentials: true });
  source.addEventListener("ready", (event) => {
    after = event.lastEventId || after;
    pause = 5000;
  });
  source.addEventListener("changed", changed);
  source.addEventListener("reset", reset);
  source.addEventListener("end", end);
  source.addEventListener("error", () => {
    if (source?.readyState !== EventSource.CLOSED) return; // it comes back by itself
    close();
    retry = setTimeout(open, pause);
    pause = Math.min(pause * 2, LONGEST);
  });
}

function look() {
  clearTimeout(asleep);
  if (document.visibilityState === "hidden") asleep = setTimeout(close, HIDDEN);
  else open();
}

document.addEventListener("visibilitychange", look);
window.addEventListener("pagehide", close);
window.addEventListener("pageshow", look);
