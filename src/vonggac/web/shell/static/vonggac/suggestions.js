// Arrow keys in what is suggested while somebody types: the search on top, and every [data-combobox].
//
//   <div class="combobox" data-combobox>
//     <input role="combobox" aria-controls="list" aria-expanded="false" hx-get="…" hx-trigger="input changed delay:200ms" hx-target="#list">
//     <input type="hidden" name="organisation">
//     <div class="suggestions" id="list" role="listbox">   options: [role=option][data-value]
//   </div>

const OPTIONS = 'a[href], [role="option"]';

const boxOf = (element) => element.closest?.(".find, [data-combobox]");
const listOf = (box) => box.querySelector(".suggestions");

function mark(list, option) {
  for (const other of list.querySelectorAll('[aria-selected="true"]')) other.removeAttribute("aria-selected");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
}

function shut(box) {
  listOf(box).replaceChildren();
  box.querySelector("[role=combobox]")?.setAttribute("aria-expanded", "false");
}

function choose(box, option) {
  if (option.matches("a[href]")) {
    window.location.assign(option.href);
    return;
  }
  const hidden = box.querySelector('input[type="hidden"]');
  if (hidden) {
    hidden.value = option.dataset.value ?? "";
    hidden.dispatchEvent(new Event("change", { bubbles: true }));
  }
  box.querySelector("[role=combobox]").value = option.dataset.label ?? option.textContent.trim();
  shut(box);
}

document.addEventListener("keydown", (event) => {
  const box = boxOf(event.target);
  if (!box || !event.target.matches("input") || event.isComposing) return;
  const list = listOf(box);
  const all = [...list.querySelectorAll(OPTIONS)];
  const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (!all.length) return;
    event.preventDefault();
    const step = event.key === "ArrowDown" ? 1 : -1;
    mark(list, all[(at + step + all.length + (at < 0 && step < 0 ? 1 : 0)) % all.length]);
  } else if (event.key === "Enter" && at >= 0) {
    event.preventDefault();
    choose(box, all[at]);
  } else if (event.key === "Escape" && all.length) {
    event.preventDefault();
    shut(box);
  }
});

document.addEventListener("click", (event) => {
  const here = boxOf(event.target);
  for (const box of document.querySelectorAll(".find, [data-combobox]")) if (box !== here && listOf(box)) shut(box);
  const option = event.target.closest?.('[data-combobox] [role="option"]');
  if (option && here) choose(here, option);
});

// Typing on takes back what had been chosen.
document.addEventListener("input", (event) => {
  const box = event.target.closest?.("[data-combobox]");
  if (!box || !event.target.matches("[role=combobox]")) return;
  const hidden = box.querySelector('input[type="hidden"]');
  if (hidden) hidden.value = "";
});

document.addEventListener("htmx:afterSwap", (event) => {
  const box = boxOf(event.target);
  box?.querySelector("[role=combobox]")?.setAttribute("aria-expanded", String(Boolean(listOf(box).querySelector(OPTIONS))));
});
