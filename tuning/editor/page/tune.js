// Asks what the files do with the edited numbers, whenever a field is changed, and shows what comes back line by line.

import { countText, durationText, element } from "./answer.js";
import { edited, markEdits, sayAtFields, showFields } from "./fields.js";
import { showAnswer, showEdit, showFindings, showReason } from "./result.js";

const byId = (id) => document.getElementById(id);
const form = byId("form");
const SETTINGS = ["scenario", "down", "rate", "requests", "arrivals", "model"];
const PAUSE_MS = 250; // a change soon after another one is one question

let lengths = {}; // seconds of each scenario, by its name
let version = "";
let asking = null; // the AbortController of the question that is asked
let pause = 0;

function say(text, state) {
  document.body.dataset.state = state;
  byId("said").textContent = text;
  byId("counted").textContent = "";
  byId("simulate").textContent = state === "busy" ? "Stop" : "Simulate";
}

async function ask() {
  clearTimeout(pause);
  asking?.abort();
  const mine = (asking = new AbortController());
  const setting = Object.fromEntries(SETTINGS.map((name) => [name, form.elements[name].disabled ? "" : form.elements[name].value]));
  byId("progress").value = 0;
  say("Simulating…", "busy");
  try {
    const answer = await fetch("/tune/answer", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ...setting, values: edited() }),
      signal: mine.signal,
    });
    await hear(answer, mine);
  } catch {
    if (asking === mine) {
      say(mine.signal.aborted ? "Stopped." : "This machine does not answer.", "idle");
    }
  } finally {
    if (asking === mine) {
      asking = null;
    }
  }
}

// Each line is a message.
async function hear(answer, mine) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done || asking !== mine) {
      break;
    }
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    lines.forEach((line) => take(JSON.parse(line)));
  }
  if (asking === mine && document.body.dataset.state === "busy") {
    say("Stopped.", "idle");
  }
}

function take(message) {
  switch (message.kind) {
    case "edit":
      return showEdit(message);
    case "findings":
      return showFindings(message);
    case "progress":
      byId("progress").value = message.expected ? message.ended / message.expected : 0;
      byId("counted").textContent = message.ended ? `${countText(message.ended)} of ${countText(message.expected)} requests have ended` : "";
      return undefined;
    case "wrong":
      return refuse(message.fields);
    case "problem":
      return say(message.problem, "wrong");
    case "reason":
      say("No answer.", "idle");
      return showReason(message.reason);
    case "answer":
      showAnswer(message);
      byId("progress").value = 1;
      return say(`Simulated in ${durationText(message.tookS)}.`, "idle");
  }
  return undefined;
}

function refuse(fields) {
  const said = Object.entries(fields).map(([name, text]) => [name, [{ text, level: "error" }]]);
  sayAtFields(Object.fromEntries(said));
  say(said.length === 1 ? "One field is wrong." : `${said.length} fields are wrong.`, "wrong");
}

function showSettings(state) {
  const select = (name, options) => form.elements[name].replaceChildren(...options);
  select("scenario", state.scenarios.map(({ name, title }) => element("option", { value: name }, `${name}: ${title}`)));
  select("arrivals", state.arrivals.map((name) => element("option", {}, name)));
  select("model", state.models.map((name) => element("option", { value: name }, name === "local" ? "this machine" : "the cloud")));
  lengths = Object.fromEntries(state.scenarios.map(({ name, lengthS }) => [name, lengthS]));
  SETTINGS.forEach((name) => (form.elements[name].value = state.setting[name]));
  fitDown();
}

// Only what lasts has a length.
function fitDown() {
  const length = lengths[form.elements.scenario.value];
  form.elements.down.disabled = !length;
  form.elements.down.placeholder = length ? durationText(length) : "";
}

async function refresh() {
  const answer = await fetch("/tune/state").catch(() => null);
  const state = await answer?.json();
  if (!state || state.version === version) {
    return;
  }
  if (!version) {
    showSettings(state);
  }
  version = state.version;
  byId("problem").hidden = !state.problem;
  byId("problem").textContent = state.problem;
  showFields(state.sections);
  form.inert = false;
  await ask();
}

form.addEventListener("input", markEdits);
form.addEventListener("change", () => {
  fitDown();
  markEdits();
  clearTimeout(pause);
  pause = setTimeout(ask, PAUSE_MS);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (asking && event.submitter === byId("simulate")) {
    asking.abort();
  } else {
    ask();
  }
});
addEventListener("focus", refresh);

await refresh();
