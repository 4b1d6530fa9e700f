// Relative times stay true while a page is open. The words come with the page (#shell-words), as the server says them.

const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];

function told(seconds, words) {
  const distance = Math.abs(seconds);
  if (distance < 60) return seconds <= 0 ? words.now : words.soon;
  const [unit, size] = UNITS.find(([, length]) => distance >= length);
  const n = Math.floor(distance / size);
  const key = unit + (seconds < 0 ? "Ago" : "Left") + (n === 1 ? "One" : "");
  return words[key].replace("{n}", n);
}

function refresh() {
  const words = document.getElementById("shell-words")?.dataset;
  if (!words) return;
  for (const time of document.querySelectorAll("time[data-relative]")) {
    const seconds = (Date.parse(time.dateTime) - Date.now()) / 1000;
    if (Math.abs(seconds) >= 7 * 86400) continue;
    const text = told(seconds, words);
    if (time.textContent !== text) time.textContent = text;
  }
}

setInterval(refresh, 30000);
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
