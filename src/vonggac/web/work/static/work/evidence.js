// Files go up as soon as they are chosen, one after the other, with their progress. Without this script the form's button sends one.

const FORM = "form[data-evidence]";

function ready(root) {
  for (const form of root.querySelectorAll(FORM)) {
    form.querySelector('input[type="file"]').multiple = true;
    form.querySelector("[data-without-script]").hidden = true;
  }
}

document.addEventListener("change", (event) => {
  if (!event.target.matches?.(`${FORM} input[type="file"]`)) return;
  const files = [...event.target.files];
  if (files.length) void sendAll(event.target.form, files);
});
document.addEventListener("submit", (event) => {
  if (event.target.matches(FORM) && event.target.dataset.busy) event.preventDefault();
});
document.addEventListener("htmx:load", (event) => ready(event.target));
ready(document);

// A report that stands on the same page takes what was added meanwhile along.
document.addEventListener("evidence", (event) => {
  const report = document.querySelector("form.report");
  if (!report) return;
  for (const file of event.target.querySelectorAll("li[data-new]")) {
    if (report.querySelector(`input[name="evidence_ids"][value="${file.dataset.new}"]`)) continue;
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = "evidence_ids";
    field.value = file.dataset.new;
    report.append(field);
  }
});

async function sendAll(form, files) {
  form.dataset.busy = "1";
  const target = form.action;
  const faults = [];
  let panel = null;
  for (const [place, file] of files.entries()) {
    const chosen = form.querySelector(".chosen");
    chosen.textContent = files.length > 1 ? `${place + 1}/${files.length} · ${file.name}` : file.name;
    const answer = await send(form, target, file);
    panel = answer.panel || panel;
    if (answer.fault) faults.push(`${file.name}: ${answer.fault}`);
  }
  const old = form.closest(".evidence");
  if (panel) {
    panel.querySelector(".notice.error")?.remove();
    old.replaceWith(panel);
    ready(panel);
  } else {
    delete form.dataset.busy;
    form.querySelector("progress").hidden = true;
    form.querySelector('input[type="file"]').value = "";
  }
  const shown = panel || old;
  tell(shown, faults);
  shown.dispatchEvent(new CustomEvent("evidence", { bubbles: true }));
}

function send(form, target, file) {
  const data = new FormData();
  for (const field of form.querySelectorAll('input[type="hidden"]')) data.append(field.name, field.value);
  data.append("file", file, file.name);
  const bar = form.querySelector("progress");
  bar.hidden = false;
  bar.value = 0;
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total; });
    request.addEventListener("error", () => done({ fault: form.dataset.failed }));
    request.addEventListener("load", () => {
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      const panel = page.querySelector(".evidence");
      const fault = panel?.querySelector(".notice.error p")?.textContent || (panel ? "" : form.dataset.failed);
      done({ panel: panel && document.importNode(panel, true), fault });
    });
    request.open("POST", target);
    request.setRequestHeader("HX-Request", "true");
    request.send(data);
  });
}

function tell(panel, faults) {
  panel.querySelector(".notice.error")?.remove();
  if (!faults.length) return;
  const notice = document.createElement("div");
  notice.className = "notice error";
  notice.setAttribute("role", "alert");
  for (const text of faults) {
    const line = document.createElement("p");
    line.textContent = text;
    notice.append(line);
  }
  panel.querySelector("h3").after(notice);
}
