// Buttons without a new page: a form is sent and its answer shown in place; what asks first asks in a dialog; copying;
// the line of YAML of the bar that is pointed at.

import { show } from "/ops/live.js";

const byId = (id) => document.getElementById(id);
const ask = byId("ask");

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  event.preventDefault();
  const button = event.submitter;
  if (button) button.disabled = true;
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { Accept: "text/html" },
    });
    const text = await answer.text();
    if (!answer.ok) return tell(wordsOf(text));
    ask.close();
    form.classList.remove("touched");
    if (new URL(answer.url).pathname === location.pathname) show(text);
    else location.assign(answer.url);
  } catch {
    tell("This machine does not answer.");
  } finally {
    if (button) button.disabled = false;
  }
});

const parsed = (text) => new DOMParser().parseFromString(text, "text/html");
const wordsOf = (text) => parsed(text).getElementById("problem")?.textContent ?? "That did not work.";

function tell(words) {
  const title = document.createElement("h2");
  title.id = "ask-title";
  title.textContent = words;
  const form = document.createElement("form");
  form.method = "dialog";
  const close = document.createElement("button");
  close.textContent = "Close";
  form.append(close);
  ask.replaceChildren(title, form);
  if (!ask.open) ask.showModal();
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-asks]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
  const text = await answer.text();
  if (!answer.ok) return tell(wordsOf(text));
  ask.replaceChildren(...parsed(text).getElementById("question").children);
  ask.showModal();
});

ask.addEventListener("click", (event) => {
  if (event.target.closest("[data-closes]")) {
    event.preventDefault();
    ask.close();
  }
});

// Copying

function offerCopies() {
  for (const button of document.querySelectorAll("button[data-copies]")) button.hidden = !navigator.clipboard;
}
offerCopies();
document.addEventListener("shown", offerCopies);
document.addEventListener("click", async ({ target }) => {
  const button = target.closest("button[data-copies]");
  if (!button) return;
  await navigator.clipboard.writeText(byId(button.dataset.copies).textContent);
  const words = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = words), 1500);
});

// Bars and their lines

function light(bar) {
  const line = bar?.dataset.line && byId(bar.dataset.line);
  if (!line) return;
  for (const one of document.querySelectorAll(".texts .lit")) one.classList.remove("lit");
  line.classList.add("lit");
  line.closest("details").open = true;
  const box = line.parentElement;
  box.scrollTop = line.offsetTop - box.clientHeight / 2;
}

const barOf = (target) => {
  const inLane = target.closest("[data-bar]");
  return inLane ? byId(`bar-${inLane.dataset.bar}`) : target.closest(".steps > li");
};
for (const kind of ["pointerover", "focusin"]) {
  document.addEventListener(kind, ({ target }) => target.closest && light(barOf(target)));
}
document.addEventListener("click", (event) => {
  const place = event.target.closest("a.place");
  if (!place) return;
  event.preventDefault();
  light(place.closest("li"));
  byId(place.closest("li").dataset.line)?.scrollIntoView({ block: "nearest" });
});
