// The channel: its messages in order, their changes, and the scroll position.

import { createComposer } from "./composer.js";
import { byId, make } from "./dom.js";
import { messageElement, nameOf, pendingElement, stateOf } from "./message.js";
import { day, inWords } from "./moment.js";
import { createView } from "./view.js";

const MOST_SHOWN = 150; // older ones are loaded again when the member scrolls up
const PAGE = 50; // the server's page size
const GROUP_MS = 7 * 60_000;
const EVENTS_WITHIN_MS = 2000;

const scroller = byId("scroller");
const list = byId("messages");
const shown = new Map(); // id → message, in the order of their ids
const drawn = new WeakMap(); // message → its element, and the state for which it was drawn
const pending = []; // commands that are being sent: {element, id: of the interaction, once it is known}
let channel = null;
let hasOlder = false;
let isLoading = false;

const view = createView(scroller, list, byId("jump"), loadOlder);
const actions = { openPicture, dismiss };

async function begin() {
  channel = await call("GET", "/api/client/channel");
  for (const name of document.querySelectorAll(".channel-name")) name.textContent = channel.channel.name;
  byId("guild").textContent = channel.guild.name;
  byId("topic").textContent = channel.channel.topic;
  byId("application-name").textContent = nameOf(channel.application);
  byId("my-name").textContent = byId("member-name").textContent = nameOf(channel.member);
  shown.clear();
  hasOlder = channel.messages.length === PAGE;
  for (const message of channel.messages) shown.set(message.id, message);
  redraw();
  const linked = location.hash && byId(location.hash.slice(1)); // /#message-ID, from a request's page
  linked?.scrollIntoView({ block: "center" });
  composer.setCommands(channel.commands);
  follow(channel.revision);
}

/** Listen to changes.  After a lost connection the browser reconnects and sends the id of its last event. */
function follow(revision) {
  const events = new EventSource(`/api/client/events?after=${revision}`);
  const parsed = (handle) => (event) => handle(JSON.parse(event.data));
  events.addEventListener("MESSAGE_CREATE", parsed(show));
  events.addEventListener("MESSAGE_UPDATE", parsed(show));
  events.addEventListener("MESSAGE_DELETE", parsed(({ id }) => remove(id)));
  events.addEventListener("RESET", () => {
    events.close();
    start();
  });
  events.addEventListener("open", () => (byId("connection").hidden = true));
  events.addEventListener("error", () => {
    byId("connection").hidden = false;
    if (events.readyState === EventSource.CLOSED) setTimeout(start, 2000);
  });
}

async function start() {
  try {
    await begin();
    byId("connection").hidden = true;
  } catch {
    byId("connection").hidden = false;
    setTimeout(start, 2000);
  }
}

function show(message) {
  const isNew = !shown.has(message.id);
  if (isNew && shown.size && isBefore(message.id, firstId())) return; // older than what is loaded
  shown.set(message.id, message);
  if (!isNew) {
    byId(`message-${message.id}`).replaceWith(elementOf(message, previousOf(message)));
  } else if (isBefore(lastIdBut(message.id), message.id)) {
    settlePending(message.interaction_metadata?.id);
    append(message);
    if (!view.isStuck()) byId("jump").hidden = false;
    else forgetOldest();
  } else {
    redraw();
  }
  settle();
}

function remove(id) {
  if (shown.delete(id)) redraw();
}

/** Build the list again; elements of unchanged messages are reused. */
function redraw() {
  const sorted = [...shown.values()].sort((one, other) => (isBefore(one.id, other.id) ? -1 : 1));
  shown.clear();
  list.replaceChildren();
  for (const message of sorted) {
    shown.set(message.id, message);
    append(message);
  }
  list.append(...pending.map(({ element }) => element));
  settle();
}

function append(message) {
  const above = previousOf(message);
  const last = pending[0]?.element ?? null;
  if (!above || day(new Date(above.timestamp)) !== day(new Date(message.timestamp))) {
    list.insertBefore(make("li", { class: "day", role: "separator" }, day(new Date(message.timestamp))), last);
  }
  list.insertBefore(elementOf(message, above), last);
}

function elementOf(message, above) {
  const follows =
    above?.author.id === message.author.id && new Date(message.timestamp) - new Date(above.timestamp) < GROUP_MS;
  const earlier = drawn.get(message);
  if (earlier?.follows === follows && earlier.state === stateOf(message)) return earlier.element;
  const element = messageElement(message, follows, actions);
  drawn.set(message, { follows, state: stateOf(message), element });
  return element;
}

function forgetOldest() {
  if (shown.size < MOST_SHOWN + PAGE) return;
  for (const id of [...shown.keys()].slice(0, shown.size - MOST_SHOWN)) shown.delete(id);
  hasOlder = true;
  redraw();
}

async function loadOlder() {
  if (isLoading || !hasOlder || !shown.size) return;
  isLoading = true;
  try {
    const older = await call("GET", `/api/client/messages?before=${firstId()}`);
    hasOlder = older.length === PAGE;
    for (const message of older) shown.set(message.id, message);
    const fromBottom = scroller.scrollHeight - scroller.scrollTop;
    redraw();
    scroller.scrollTop = scroller.scrollHeight - fromBottom;
  } finally {
    isLoading = false;
  }
}

function settle() {
  const isEmpty = ![...shown.values()].some((message) => message.interaction_metadata) && !pending.length;
  byId("welcome").hidden = hasOlder;
  byId("hint").hidden = !isEmpty;
  view.stick();
}

async function use(command, options) {
  const entry = { element: pendingElement(channel.member, command.name), id: null };
  pending.push(entry);
  list.append(entry.element);
  settle();
  view.toNewest();
  try {
    const outcome = await call("POST", "/api/v10/interactions", {
      type: 2,
      application_id: channel.application.id,
      guild_id: channel.guild.id,
      channel_id: channel.channel.id,
      data: { id: command.id, name: command.name, type: 1, options },
    });
    // The answer may be older than the events that came meanwhile, so messages are shown from events only.
    entry.id = outcome.id;
    const isShown = [...shown.values()].some((message) => message.interaction_metadata?.id === outcome.id);
    if (isShown) forgetPending(entry);
    else setTimeout(forgetPending, EVENTS_WITHIN_MS, entry);
  } catch (error) {
    forgetPending(entry);
    throw error;
  }
}

/** The message of an interaction has come.  If no answer has named its id yet, it is the oldest without an id. */
function settlePending(id) {
  if (!id) return;
  const entry = pending.find((each) => each.id === id) ?? pending.find((each) => each.id === null);
  if (entry) forgetPending(entry);
}

function forgetPending(entry) {
  const index = pending.indexOf(entry);
  if (index < 0) return;
  pending.splice(index, 1);
  entry.element.remove();
  settle();
}

async function say(content) {
  view.toNewest();
  await call("POST", "/api/client/messages", { content });
}

async function dismiss(message) {
  await call("DELETE", `/api/client/messages/${message.id}`);
  remove(message.id);
  composer.focus();
}

/** The answer's JSON.  Throws an Error whose message can be shown to the member. */
async function call(method, url, body) {
  const options = { method };
  if (body !== undefined) {
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(body);
  }
  const answer = await fetch(url, options).catch(() => {
    throw new Error("The local Discord is not running. Start it again with: make up");
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(JSON.parse(text || "{}").message ?? `The local Discord answered ${answer.status}`);
  return text ? JSON.parse(text) : null;
}

const viewer = byId("viewer");

function openPicture({ url, words, title }) {
  byId("viewer-picture").src = url;
  byId("viewer-picture").alt = words;
  byId("viewer-words").textContent = title ?? words;
  byId("viewer-link").href = url;
  viewer.showModal();
}

viewer.addEventListener("click", (event) => {
  if (!event.target.closest("img, figcaption")) viewer.close();
});
viewer.addEventListener("close", () => byId("viewer-picture").removeAttribute("src"));

byId("jump").addEventListener("click", () => {
  view.toNewest();
  composer.focus();
});
byId("toggle-members").addEventListener("click", ({ currentTarget }) => {
  const isShown = currentTarget.getAttribute("aria-pressed") !== "true";
  currentTarget.setAttribute("aria-pressed", isShown);
  currentTarget.title = isShown ? "Hide member list" : "Show member list";
  byId("members").hidden = !isShown;
});
byId("try").addEventListener("click", () => channel.commands.length && composer.pick(channel.commands[0]));
document.addEventListener("keydown", (event) => {
  const isTyping = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
  if (event.target.closest("input, textarea, dialog")) return;
  const isPressing = event.key === " " && event.target.closest("button, a");
  if (isTyping && !isPressing) composer.focus();
  if (event.key === "Escape") view.toNewest();
});

setInterval(() => {
  for (const time of list.querySelectorAll("time")) time.textContent = inWords(new Date(time.dateTime), new Date());
  for (const message of shown.values()) {
    const element = byId(`message-${message.id}`);
    if (element.dataset.state !== stateOf(message)) element.replaceWith(elementOf(message, previousOf(message)));
  }
}, 20_000);

// Ids grow with time, and with their length.
const isBefore = (one, other) =>
  one === undefined || one.length < other.length || (one.length === other.length && one < other);
const firstId = () => shown.keys().next().value;
const lastIdBut = (id) => [...shown.keys()].findLast((each) => each !== id);
const previousOf = (message) => shown.get([...shown.keys()].findLast((id) => isBefore(id, message.id)));

const composer = createComposer({ use, say });
start();
composer.focus();
