// Keeps the page as the server has it: asks once a second for the same address, and changes only what is different.
// Focus, selection, scrolling and what is typed stay.  Times are counted here, so that a page on which nothing happens
// is answered with 304.

const EVERY_MS = 1000;
const SAID_EVERY_MS = 3000;

const byId = (id) => document.getElementById(id);
const main = byId("main");

let tag = null;
let isAsking = false;

/** Replace the content of the page by that of another text of it. */
export function show(text) {
  const next = new DOMParser().parseFromString(text, "text/html").getElementById("main");
  const before = states();
  Idiomorph.morph(main, next, {
    ignoreActiveValue: true,
    callbacks: { beforeAttributeUpdated: isOurs, beforeNodeMorphed: keepsTyped },
  });
  tellChanges(before, states());
  count();
  document.dispatchEvent(new CustomEvent("shown"));
}

// The server does not know what was opened, chosen or typed here.
function isOurs(name, node) {
  if (node.localName === "details" && name === "open") return false;
  if (node.classList.contains("lit") && name === "class" && node.closest(".texts")) return false;
  if (node.localName === "button" && name === "hidden") return false;
  return true;
}

function keepsTyped(node) {
  return !(node.localName === "form" && node.classList.contains("touched"));  // a text node has no localName
}

export async function refresh() {
  if (isAsking) return;
  isAsking = true;
  try {
    const headers = { Accept: "text/html" };
    if (tag) headers["If-None-Match"] = tag;
    const answer = await fetch(location.href, { headers, cache: "no-store" });
    if (answer.status === 200) {
      show(await answer.text());
      tag = answer.headers.get("ETag");
    }
    byId("connection").textContent = "";
  } catch {
    byId("connection").textContent = "This machine does not answer; trying again…";
  }
  isAsking = false;
}

// Times

function inWords(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 120) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes >= 120) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return whole % 60 ? `${minutes} min ${whole % 60} s` : `${minutes} min`;
}

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

function count() {
  const now = Date.now() + 1000 * main.dataset.offsetS; // by the clock of queue and workflow, which may be set wrong
  for (const time of document.querySelectorAll("time[data-ticks]")) {
    const at = Date.parse(time.dateTime);
    const { ticks } = time.dataset;
    const left = ticks === "left" ? at - now : now - at;
    const words = ticks === "clock" ? clock.format(at) : inWords(left / 1000);
    if (time.textContent !== words) time.textContent = words;
  }
}

// What a screen reader hears: which states have changed, and nothing else

let toSay = new Map();

function states() {
  return new Map([...main.querySelectorAll("[data-said]")].map((one) => [one.id, one.dataset.said]));
}

function tellChanges(before, after) {
  for (const [id, said] of after) if (before.has(id) && before.get(id) !== said) toSay.set(id, said);
}

function say() {
  if (toSay.size === 0) return;
  const said = [...toSay.values()];
  byId("said").textContent = said.length > 3 ? `${said.length} states have changed` : said.join(". ");
  toSay = new Map();
}

// Start

document.documentElement.classList.add("scripted");
byId("refresh").hidden = false;
byId("live").checked = true;
byId("live").addEventListener("change", ({ target }) => target.checked && refresh());
document.addEventListener("visibilitychange", () => isLive() && refresh());
main.addEventListener("input", ({ target }) => target.form?.classList.add("touched"));

const isLive = () => byId("live").checked && document.visibilityState === "visible";

setInterval(() => {
  count();
  if (isLive()) refresh();
}, EVERY_MS);
setInterval(say, SAID_EVERY_MS);
count();
