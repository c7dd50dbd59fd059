// The input field: text, or a command with its options.  Enter sends; the popup lists what can be typed.

import { createCommandLine } from "./command.js";
import { byId } from "./dom.js";
import { beginsWith, described, isNamed, named } from "./localize.js";
import { createPopup } from "./popup.js";

/** to: {use(command, options), complete(command, options), say(content)}, all promises.  Returns {setCommands, pickFirst, focus, complain}. */
export function createComposer(to) {
  const text = byId("text");
  const complaint = byId("complaint");
  const popup = createPopup(byId("popup"));
  const line = createCommandLine(byId("command"), popup, { leave, send, complain, complete: to.complete });
  let commands = null; // null until they are loaded

  /** Open the command that the text names, or suggest commands. */
  function understand() {
    const [, name, rest] = /^\/(\S+)\s([^]*)$/.exec(text.value) ?? [];
    const command = name && commands?.find((one) => isNamed(one, name));
    if (command) return pick(command, rest);
    grow();
    suggest();
  }

  function suggest() {
    complain(null);
    const typed = /^\/(\S*)$/.exec(text.value)?.[1]?.toLowerCase();
    const found = typed === undefined ? [] : (commands ?? []).filter((command) => beginsWith(command, typed));
    if (!found.length) return popup.hide();
    popup.show(
      text,
      "Commands",
      found.map((command) => ({
        label: `/${named(command)}`,
        picture: "/favicon.svg",
        hints: command.options.map(named),
        detail: described(command),
        choose: () => pick(command),
      })),
    );
  }

  /** Open a command; rest is the text after its name. */
  function pick(command, rest = "") {
    complain(null);
    text.value = "";
    text.hidden = true;
    line.open(command, rest);
  }

  /** Go back from a command to plain text. */
  function leave(words) {
    text.hidden = false;
    text.value = words;
    text.focus();
    grow();
    suggest();
  }

  async function send() {
    if (!line.isOpen()) return say();
    const command = line.command();
    const options = line.read();
    if (options === null) return;
    line.close();
    text.hidden = false;
    text.focus();
    await to.use(command, options).catch((error) => complain(error.message));
  }

  async function say() {
    const content = text.value.trim();
    const mayBeCommand = commands === null && content.startsWith("/");
    if (!content || mayBeCommand) return;
    text.value = "";
    grow();
    popup.hide();
    await to.say(content).catch((error) => {
      complain(error.message);
      text.value ||= content;
    });
  }

  function complain(words) {
    complaint.hidden = !words;
    complaint.textContent = words ?? "";
  }

  function grow() {
    text.style.height = "auto";
    text.style.height = `${text.scrollHeight}px`;
  }

  text.addEventListener("input", understand);
  text.addEventListener("keydown", (event) => {
    if (event.isComposing || popup.handle(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      say();
    }
  });
  text.addEventListener("blur", () => popup.hide());
  text.addEventListener("focus", suggest);
  byId("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });

  return {
    pickFirst: () => commands?.length && pick(commands[0]),
    complain,
    focus: () => (line.isOpen() ? line.focus() : text.focus()),
    setCommands(registered) {
      commands = registered;
      const isGone = line.isOpen() && !registered.some((command) => command.id === line.command().id);
      if (isGone) {
        line.close();
        leave("");
      }
      if (text.value && document.activeElement === text) understand();
    },
  };
}
