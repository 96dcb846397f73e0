// Conveniences only: every page works without this file.
"use strict";

// A label that says "Copied" for a moment.
function say(button, text) {
  const label = button.querySelector("span");
  const before = label.dataset.before ?? label.textContent;
  label.dataset.before = before;
  label.textContent = text;
  clearTimeout(button.timer);
  button.timer = setTimeout(() => { label.textContent = before; }, 1600);
}

async function copy(button) {
  const code = button.closest(".copyable").querySelector("code");
  try {
    await navigator.clipboard.writeText(code.textContent);
    say(button, "Copied");
  } catch {
    // Without https there is no clipboard: select the text, so that one key copies it.
    getSelection().selectAllChildren(code);
    say(button, document.execCommand("copy") ? "Copied" : "Press Ctrl+C");
  }
}

function addRow(button) {
  const field = button.closest("fieldset");
  const rows = field.querySelector("[data-rows]");
  const numbers = [...rows.querySelectorAll("[data-remove-row]")].map((remove) => Number(remove.value.split(".").pop()));
  const number = Math.max(-1, ...numbers) + 1;
  const row = field.querySelector("template").content.firstElementChild.cloneNode(true);
  for (const element of [row, ...row.querySelectorAll("*")]) {
    for (const attribute of ["id", "name", "value", "for", "aria-describedby"]) {
      const text = element.getAttribute(attribute);
      if (text?.includes("NUMBER")) element.setAttribute(attribute, text.replace("NUMBER", number));
    }
  }
  rows.append(row);
  row.querySelector("input").focus();
}

function removeRow(button) {
  const field = button.closest("fieldset");
  button.closest("[data-row]").remove();
  field.querySelector("[data-add-row]").focus();
}

// Hides what does not hold the typed words, and groups in which nothing is left.
function filter(input) {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  const scope = input.closest("form.definition") ?? document.querySelector("main");
  const groups = [...scope.querySelectorAll("[data-filter-group]")];
  let found = 0;
  for (const group of groups) {
    let left = 0;
    for (const item of group.querySelectorAll(input.dataset.filter)) {
      const text = item.dataset.filterText.toLowerCase();
      item.hidden = !words.every((word) => text.includes(word));
      if (!item.hidden) left += 1;
    }
    group.hidden = left === 0;
    if (group.tagName === "DETAILS") {
      group.dataset.open ??= String(group.open);
      group.open = words.length ? left > 0 : group.dataset.open === "true";
      if (!words.length) delete group.dataset.open;
    }
    found += left;
  }
  scope.querySelector("[data-filter-none]")?.toggleAttribute("hidden", found > 0);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.matches("[data-copy]")) copy(button);
  else if (button.matches("[data-add-row]")) { event.preventDefault(); addRow(button); }
  else if (button.matches("[data-remove-row]")) { event.preventDefault(); removeRow(button); }
});

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-filter]")) filter(event.target);
});

// Enter in the settings filter must not save the form.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches(".definition [data-filter]")) event.preventDefault();
});

// A link in the summary of problems opens the group its field is in.
function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  target?.closest("details")?.setAttribute("open", "");
}
addEventListener("hashchange", openTarget);
openTarget();

// What has changed on this page since it was loaded, part by part: never one that somebody is in.
async function renew() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const now = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
    if (now && now.innerHTML !== part.innerHTML && !part.contains(document.activeElement)) part.replaceWith(now);
  }
}

// Ten thousand events at once are one look.
let renewal;
if (document.body.dataset.events && document.querySelector("[data-live]")) {
  new EventSource(document.body.dataset.events).addEventListener("message", () => {
    renewal ??= setTimeout(() => { renewal = undefined; renew(); }, 500);
  });
}

for (const element of document.querySelectorAll("[data-copy], [data-needs-js]")) element.hidden = false;
