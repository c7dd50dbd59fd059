// Asks for the state once a second and shows it; every button is one request.

const byId = (id) => document.getElementById(id);

const KINDS = {
  SUCCEEDED: "good",
  RUNNING: "good",
  STATE_SUCCEEDED: "good",
  ACTIVE: "busy",
  QUEUED: "busy",
  PAUSED: "busy",
  STATE_IN_PROGRESS: "busy",
  FAILED: "bad",
  CANCELLED: "bad",
  DISABLED: "bad",
  STATE_FAILED: "bad",
  STATE_CANCELLED: "bad",
};

const TARGETS = Object.fromEntries([...byId("break").elements.target.options].map((option) => [option.value, option.text]));

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  Object.assign(made, attributes);
  return made;
}

function stateOf(word) {
  const made = element("span", word.replace("STATE_", "").replace("_", " ").toLowerCase(), { className: "state" });
  made.dataset.kind = KINDS[word] ?? "";
  return made;
}

function row(...cells) {
  const made = document.createElement("tr");
  made.append(
    ...cells.map((cell) => {
      const data = document.createElement("td");
      data.append(cell);
      return data;
    }),
  );
  return made;
}

function fileItem(file) {
  const item = element("li", "");
  const word = stateOf(file.problem ? "FAILED" : "RUNNING");
  word.textContent = file.inForce;
  item.append(word);
  if (file.problem) {
    item.append(element("pre", `${file.problem}\n\n${file.inForce} stays deployed`));
  }
  return item;
}

function faultItem(fault) {
  const times = fault.count === null ? "until removed" : `${fault.count} more`;
  const what = fault.after ? `does the work, then ${fault.kind}` : fault.kind;
  return element("li", `${TARGETS[fault.target]}: ${what}, ${times}`);
}

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

function executionRow(execution) {
  const id = execution.name.split("/").at(-1);
  const took = execution.duration ? `${Number.parseFloat(execution.duration).toFixed(1)} s` : "…";
  const started = execution.startTime ? clock.format(new Date(execution.startTime)) : "waits";
  const waits = execution.waits;
  const step = waits
    ? `waits in ${waits.queue} until ${clock.format(new Date(waits.until))}`
    : (execution.status?.currentSteps?.at(-1)?.step ?? "");
  const wrong = execution.error?.context?.split("\n")[0] ?? "";
  const actions = document.createElement("span");
  actions.append(
    element("button", "Steps", { type: "button", className: "quiet", onclick: () => showSteps(execution.name) }),
    " ",
    element("button", "Replay", { type: "button", className: "quiet", onclick: () => post(`/ops/replay/${id}`) }),
  );
  const made = row(stateOf(execution.state), started, took, step, wrong, actions);
  made.children[4].className = "wrong";
  return made;
}

async function showSteps(name) {
  const answer = await fetch(`/v1/${name}/stepEntries`);
  const { stepEntries = [] } = await answer.json();
  byId("entries").replaceChildren(
    ...stepEntries.map((entry) => {
      const item = document.createElement("li");
      const took = (new Date(entry.updateTime) - new Date(entry.createTime)) / 1000;
      item.append(stateOf(entry.state), element("span", `${entry.routine}.${entry.step}`));
      item.append(element("small", `${entry.stepType.replace("STEP_", "").replaceAll("_", " ").toLowerCase()}, ${took} s`));
      return item;
    }),
  );
  byId("steps").showModal();
}

function show(state) {
  byId("files").replaceChildren(...state.files.map(fileItem));
  byId("form").textContent = state.form;
  byId("queues").replaceChildren(
    ...state.queues.map((queue) =>
      row(queue.name, stateOf(queue.state), `${queue.perSecond}/s`, String(queue.burst), String(queue.waiting)),
    ),
  );
  byId("faults").replaceChildren(...state.faults.map(faultItem));
  byId("remove-faults").hidden = state.faults.length === 0;
  const counts = Object.entries(state.counts).map(([word, count]) => `${count} ${word.toLowerCase()}`);
  byId("counts").textContent = counts.join(", ");
  byId("executions").replaceChildren(...state.latest.map(executionRow));
  byId("none").hidden = state.latest.length > 0;
}

async function refresh() {
  try {
    const answer = await fetch("/ops/state");
    show(await answer.json());
    byId("connection").hidden = true;
  } catch {
    byId("connection").hidden = false;
  }
}

async function post(path, body, method = "POST") {
  const headers = { "Content-Type": "application/json" };
  await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  await refresh();
}

byId("break-discord").addEventListener("click", () => post("/faults", { target: "discord", kind: "503", count: 4 }));
byId("remove-faults").addEventListener("click", () => post("/faults", undefined, "DELETE"));
byId("break").addEventListener("submit", (event) => {
  event.preventDefault();
  const { target, kind, count, after } = event.target.elements;
  post("/faults", { target: target.value, kind: kind.value, count: Number(count.value) || 1, after: after.checked });
});

await refresh();
setInterval(() => document.hidden || refresh(), 1000);
