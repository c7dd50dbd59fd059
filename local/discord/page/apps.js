// The context menu of a message or a person: the application's commands for it.

import { icon, make } from "./dom.js";
import { named } from "./localize.js";
import { nameOf } from "./message.js";

const OF_USER = 2;
const OF_MESSAGE = 3;
const HOLD_MS = 500;
const MOVED_PX = 10;

/** to: {use(command, targetId), message(id), focus()}.  Returns {setCommands(channel), has(): whether there are any}. */
export function createApps(element, to) {
  let commands = { [OF_USER]: [], [OF_MESSAGE]: [] };
  let people = new Map(); // id → user
  let owner = null; // what gets the focus back
  let hold = null; // the timer of a finger that rests

  function setCommands(channel) {
    const of = (kind) => channel.commands.filter(({ type }) => type === kind);
    commands = { [OF_USER]: of(OF_USER), [OF_MESSAGE]: of(OF_MESSAGE) };
    people = new Map([channel.application, channel.member].map((user) => [user.id, user]));
    for (const person of document.querySelectorAll(".person")) person.disabled = !commands[OF_USER].length;
  }

  const has = () => commands[OF_MESSAGE].length + commands[OF_USER].length > 0;

  /** The groups for a place on the page: [title, commands, target]. */
  function groupsAt(target) {
    const user = people.get(target.closest("[data-user-id]")?.dataset.userId);
    const message = to.message(target.closest("[data-message-id]")?.dataset.messageId);
    const author = people.get(message?.author.id);
    return [
      user ? [`Apps · ${nameOf(user)}`, commands[OF_USER], user.id] : null,
      message && !user ? ["Apps", commands[OF_MESSAGE], message.id] : null,
      message && author && !user ? [`Apps · ${nameOf(author)}`, commands[OF_USER], author.id] : null,
    ].filter((group) => group?.[1].length);
  }

  /** Whether there is something to open. */
  function open(target, x, y) {
    const groups = groupsAt(target);
    if (!groups.length) return false;
    owner = target.closest("button, a") ?? target.closest("[data-message-id]")?.querySelector(".message-apps");
    element.replaceChildren(...groups.flatMap(([title, listed, id]) => [heading(title), ...listed.map(item(id))]));
    element.hidden = false;
    const { width, height } = element.getBoundingClientRect();
    element.style.left = `${Math.max(8, Math.min(x, innerWidth - width - 8))}px`;
    element.style.top = `${Math.max(8, Math.min(y, innerHeight - height - 8))}px`;
    items()[0].focus();
    return true;
  }

  function close() {
    if (element.hidden) return;
    const hadFocus = element.contains(document.activeElement);
    element.hidden = true;
    if (!hadFocus) return;
    if (owner?.isConnected) owner.focus();
    else to.focus();
  }

  const items = () => [...element.querySelectorAll("[role=menuitem]")];
  const heading = (title) => make("p", { class: "popup-title", role: "presentation" }, title);

  const item = (targetId) => (command) => {
    const choose = () => {
      close();
      to.use(command, targetId);
    };
    const mark = ({ currentTarget }) => currentTarget.focus();
    const attributes = { type: "button", role: "menuitem", tabindex: "-1", click: choose, mousemove: mark };
    return make("button", attributes, icon("apps-icon"), named(command));
  };

  element.addEventListener("keydown", (event) => {
    const all = items();
    const at = all.indexOf(document.activeElement);
    if (event.key === "ArrowDown") all[(at + 1) % all.length].focus();
    else if (event.key === "ArrowUp") all[(at + all.length - 1) % all.length].focus();
    else if (event.key === "Home") all[0].focus();
    else if (event.key === "End") all.at(-1).focus();
    else if (event.key === "Escape" || event.key === "Tab") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  element.addEventListener("focusout", ({ relatedTarget }) => element.contains(relatedTarget) || close());

  document.addEventListener("contextmenu", (event) => {
    if (event.target.closest("a[href], img, input, textarea, [role=menu]")) return;
    const box = event.target.getBoundingClientRect();
    const byKey = event.clientX === 0 && event.clientY === 0; // the Menu key says no place in some browsers
    if (open(event.target, byKey ? box.left : event.clientX, byKey ? box.bottom : event.clientY)) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-apps-of], .person");
    if (!button) return;
    const box = button.getBoundingClientRect();
    open(button, box.left, box.bottom + 4);
  });
  document.addEventListener("pointerdown", (event) => {
    if (!element.contains(event.target)) close();
    if (event.pointerType !== "touch" || event.target.closest("button, a[href], img, .menu")) return;
    const { target, clientX, clientY } = event;
    const end = new AbortController();
    const stop = () => {
      clearTimeout(hold);
      end.abort();
    };
    clearTimeout(hold);
    hold = setTimeout(() => {
      end.abort();
      if (open(target, clientX, clientY)) swallowTouch();
    }, HOLD_MS);
    for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, stop, { signal: end.signal });
    const moved = (move) => Math.hypot(move.clientX - clientX, move.clientY - clientY) > MOVED_PX && stop();
    document.addEventListener("pointermove", moved, { signal: end.signal });
  });

  return { setCommands, has };
}

/** The finger that opened the menu is lifted without a click: that would take the focus, and so close the menu. */
function swallowTouch() {
  const over = new AbortController();
  const end = (event) => {
    if (event.type === "touchend") event.preventDefault();
    over.abort();
  };
  for (const name of ["touchend", "touchcancel"]) {
    document.addEventListener(name, end, { passive: false, signal: over.signal });
  }
}
