// The channel: its messages in order, their changes, and the scroll position.

import { createAnnouncer } from "./announcer.js";
import { createApps } from "./apps.js";
import { call } from "./calls.js";
import { createComposer } from "./composer.js";
import { byId, make } from "./dom.js";
import { isEphemeral, messageElement, nameOf, stateOf } from "./message.js";
import { createModals } from "./modal.js";
import { day, refreshTimes } from "./moment.js";
import { createSending } from "./sending.js";
import { createView } from "./view.js";
import { openPicture } from "./viewer.js";

const MOST_SHOWN = 150; // older ones are loaded again when the member scrolls up
const PAGE = 50; // the server's page size
const GROUP_MS = 7 * 60_000;
const COMMANDS = [20, 23]; // types of messages: the first answer to a slash command, or to one of a context menu

const scroller = byId("scroller");
const list = byId("messages");
const shown = new Map(); // id → message, in the order of their ids
const drawn = new WeakMap(); // message → its element, and the state for which it was drawn
const announcer = createAnnouncer(byId("announcer"));
let channel = null;
let oldestId = "0"; // the oldest message that was loaded, shown or not
let hasOlder = false;
let isLoading = false;

const view = createView(scroller, list, byId("jump"), loadOlder);
const sending = createSending({
  channel: () => channel,
  isShown: (id) => [...shown.values()].some((message) => message.interaction_metadata?.id === id),
  append: (element) => {
    list.append(element);
    settle();
    view.toNewest();
  },
  changed: (id) => {
    if (shown.has(id)) redrawOne(shown.get(id));
    settle();
  },
  complain: (words) => composer.complain(words),
  openModal: (outcome) => modals.open(outcome),
});
const modals = createModals(sending.submit, () => channel.application);
const apps = createApps(byId("apps"), {
  use: (command, target) => sending.use(command, { target_id: target }).catch((error) => composer.complain(error.message)),
  message: (id) => shown.get(id),
  focus: () => composer.focus(),
});
const actions = {
  openPicture,
  dismiss,
  press: sending.press,
  pressOf: sending.pressOf,
  messageOf: (id) => shown.get(id),
  hasApps: () => apps.has(),
  mentionable: () => [
    [channel.channel.id, `#${channel.channel.name}`],
    ...[channel.application, channel.member].map((user) => [user.id, `@${nameOf(user)}`]),
  ],
};

async function begin() {
  channel = await call("GET", "/api/client/channel");
  for (const name of document.querySelectorAll(".channel-name")) name.textContent = channel.channel.name;
  byId("guild").textContent = channel.guild.name;
  byId("topic").textContent = channel.channel.topic;
  byId("application-name").textContent = nameOf(channel.application);
  byId("my-name").textContent = byId("member-name").textContent = nameOf(channel.member);
  byId("application").dataset.userId = channel.application.id;
  byId("member").dataset.userId = channel.member.id;
  apps.setCommands(channel);
  // What only the member sees ends with the page: one that was here before a reconnection stays.
  const kept = channel.messages.filter((message) => !isEphemeral(message) || shown.has(message.id));
  shown.clear();
  hasOlder = channel.messages.length === PAGE;
  oldestId = channel.messages[0]?.id ?? "0";
  for (const message of kept) shown.set(message.id, message);
  announcer.skip(kept);
  redraw();
  if (shown.size < PAGE / 2) loadOlder();
  // /#message-ID, from a request's page
  if (location.hash) byId(location.hash.slice(1))?.scrollIntoView({ block: "center" });
  composer.setCommands(channel.commands.filter((command) => command.type === 1));
  follow(channel.revision);
}

/** Listen to changes.  After a lost connection the browser reconnects and sends the id of its last event. */
function follow(revision) {
  const events = new EventSource(`/api/client/events?after=${revision}`);
  const parsed = (handle) => (event) => handle(JSON.parse(event.data));
  events.addEventListener("MESSAGE_CREATE", parsed(show));
  events.addEventListener("MESSAGE_UPDATE", parsed((message) => isOfAnotherPage(message) || show(message)));
  events.addEventListener("MESSAGE_DELETE", parsed(({ id }) => remove(id)));
  events.addEventListener("RESET", () => {
    events.close();
    start();
  });
  events.addEventListener("open", connected);
  events.addEventListener("error", () => {
    byId("connection").hidden = false;
    if (events.readyState === EventSource.CLOSED) setTimeout(start, 2000);
  });
}

async function start() {
  try {
    await begin();
    connected();
  } catch {
    byId("connection").hidden = false;
    setTimeout(start, 2000);
  }
}

function connected() {
  byId("connection").hidden = true;
  sending.resume();
}

/** An ephemeral message that an earlier page showed. */
const isOfAnotherPage = (message) => isEphemeral(message) && !shown.has(message.id);

function show(message) {
  const isNew = !shown.has(message.id);
  if (isNew && isBefore(message.id, oldestId)) return; // older than what is loaded
  shown.set(message.id, message);
  announcer.tell(message);
  if (!isNew) {
    redrawOne(message);
    for (const other of shown.values()) if (other.message_reference?.message_id === message.id) redrawOne(other);
  } else if (isBefore(lastIdBut(message.id), message.id)) {
    if (COMMANDS.includes(message.type)) sending.settle(message.interaction_metadata.id);
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

/** Replace the element of a message; what had the focus in it keeps it. */
function redrawOne(message) {
  const before = byId(`message-${message.id}`);
  const focused = before.contains(document.activeElement) ? document.activeElement.dataset.keep : undefined;
  drawn.delete(message);
  const after = elementOf(message, previousOf(message));
  before.replaceWith(after);
  if (focused !== undefined) after.querySelector(`[data-keep="${CSS.escape(focused)}"]`)?.focus();
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
  list.append(...sending.elements());
  settle();
}

function append(message) {
  const above = previousOf(message);
  const last = sending.elements()[0] ?? null;
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
  oldestId = firstId();
  hasOlder = true;
  redraw();
}

async function loadOlder() {
  if (isLoading || !hasOlder) return;
  isLoading = true;
  try {
    const older = await call("GET", `/api/client/messages?before=${oldestId}`);
    hasOlder = older.length === PAGE;
    oldestId = older[0]?.id ?? oldestId;
    for (const message of older) if (!isEphemeral(message)) shown.set(message.id, message);
    announcer.skip(older);
    const fromBottom = scroller.scrollHeight - scroller.scrollTop;
    redraw();
    scroller.scrollTop = scroller.scrollHeight - fromBottom;
  } finally {
    isLoading = false;
  }
}

function settle() {
  const isEmpty = ![...shown.values()].some((message) => message.interaction_metadata) && !sending.elements().length;
  byId("welcome").hidden = hasOlder;
  byId("hint").hidden = !isEmpty;
  view.stick();
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
byId("try").addEventListener("click", () => composer.pickFirst());
document.addEventListener("keydown", (event) => {
  const isTyping = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
  if (event.target.closest("input, textarea, dialog, [role=listbox], [role=menu]")) return;
  const isPressing = event.key === " " && event.target.closest("button, a");
  if (isTyping && !isPressing) composer.focus();
  if (event.key === "Escape") view.toNewest();
});

setInterval(() => refreshTimes(list), 1000);
setInterval(() => {
  for (const message of shown.values()) {
    if (byId(`message-${message.id}`).dataset.state !== stateOf(message)) redrawOne(message);
  }
}, 20_000);

// Ids grow with time, and with their length.
const isBefore = (one, other) =>
  one === undefined || one.length < other.length || (one.length === other.length && one < other);
const firstId = () => shown.keys().next().value;
const lastIdBut = (id) => [...shown.keys()].findLast((each) => each !== id);
const previousOf = (message) => shown.get([...shown.keys()].findLast((id) => isBefore(id, message.id)));

const composer = createComposer({
  use: (command, options) => sending.use(command, { options }),
  complete: sending.complete,
  say,
});
start();
composer.focus();
