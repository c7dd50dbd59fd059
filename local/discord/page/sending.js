// What the member does with the application: commands, buttons and menus, options that are being typed, modals.

import { call, Offline } from "./calls.js";
import { make } from "./dom.js";
import { locale, named } from "./localize.js";
import { pendingElement } from "./message.js";

const EVENTS_WITHIN_MS = 2000;
const AGAIN_MS = 2000; // between two tries of a command that is kept
const COMMAND = 2;
const COMPONENT = 3;
const AUTOCOMPLETE = 4;
const SUBMISSION = 5;

/** page: {channel(), isShown(interactionId), append(element), changed(messageId?), complain(words), openModal(outcome)}. */
export function createSending(page) {
  const pending = []; // commands that are being sent: {element, body, name, id: of the interaction, once it is known}
  const presses = new Map(); // message id → {customId, values, state: "busy", "done" or "failed", words?}

  function send(type, data, more = {}) {
    const { application, guild, channel } = page.channel();
    const body = { type, application_id: application.id, guild_id: guild.id, channel_id: channel.id, ...more, data };
    return call("POST", "/api/v10/interactions", body, { "X-Discord-Locale": locale });
  }

  const dataOf = (command, more) => ({ id: command.id, name: command.name, type: command.type, ...more });

  /** more: {options} of a slash command, {target_id} of a user or message command. */
  async function use(command, more) {
    const entry = { data: dataOf(command, more), name: named(command), id: null, isWaiting: false };
    entry.element = elementOf(entry, "Sending command…");
    pending.push(entry);
    page.append(entry.element);
    if (pending.some((other) => other !== entry && other.isWaiting)) return wait(entry);
    await deliver(entry);
  }

  const elementOf = ({ name, data }, words) => pendingElement(page.channel().member, name, data.type === 1, words);

  async function deliver(entry) {
    try {
      const outcome = await send(COMMAND, entry.data);
      // The answer may be older than the events that came meanwhile, so messages are shown from events only.
      entry.id = outcome.id;
      if (outcome.modal) page.openModal(outcome);
      if (outcome.modal || page.isShown(outcome.id)) forget(entry);
      else setTimeout(forget, EVENTS_WITHIN_MS, entry);
    } catch (error) {
      if (error instanceof Offline) return wait(entry);
      forget(entry);
      throw error;
    }
  }

  /** Keep the command until the local Discord is there again. */
  function wait(entry) {
    if (!pending.includes(entry)) return;
    entry.isWaiting = true;
    const cancel = make("button", { type: "button", class: "link", click: () => forget(entry) }, "Cancel");
    const words = make("span", {}, "Sent as soon as the local Discord is there again · ", cancel);
    show(entry, words);
    setTimeout(resume, AGAIN_MS);
  }

  function show(entry, words) {
    const element = elementOf(entry, words);
    entry.element.replaceWith(element);
    entry.element = element;
    page.changed();
  }

  /** Send what was kept, in order. */
  async function resume() {
    if (pending.some((each) => each.isRetried)) return;
    for (const entry of pending.filter((each) => each.isWaiting)) {
      entry.isWaiting = false;
      entry.isRetried = true;
      await deliver(entry).catch((error) => page.complain(error.message));
      entry.isRetried = false;
      if (entry.isWaiting) return;
    }
  }

  /** The message of an interaction has come.  If no answer has named its id yet, it is the oldest without an id. */
  function settle(id) {
    const isSent = (each) => each.id === null && !each.isWaiting;
    const entry = pending.find((each) => each.id === id) ?? pending.find(isSent);
    if (entry) forget(entry);
  }

  function forget(entry) {
    const index = pending.indexOf(entry);
    if (index < 0) return;
    pending.splice(index, 1);
    entry.element.remove();
    page.changed();
  }

  async function press(message, component, values) {
    const note = (state, words) => {
      presses.set(message.id, { customId: component.custom_id, values, state, words });
      page.changed(message.id);
    };
    note("busy");
    try {
      const data = { component_type: component.type, custom_id: component.custom_id, values };
      const outcome = await send(COMPONENT, data, { message_id: message.id, message_flags: message.flags });
      note(outcome.state === "failed" ? "failed" : "done");
      if (outcome.modal) page.openModal(outcome);
    } catch (error) {
      note("failed", error.message);
    }
  }

  /** The application's choices for the focused option.  Throws an Error where it gives none. */
  async function complete(command, options) {
    const outcome = await send(AUTOCOMPLETE, dataOf(command, { options }));
    if (!outcome.choices) throw new Error("Loading options failed");
    return outcome.choices;
  }

  /** values: custom_id → text, or a menu's values.  Whether the application has answered. */
  async function submit(outcome, values) {
    const data = { id: outcome.id, custom_id: outcome.modal.custom_id, components: values };
    return (await send(SUBMISSION, data)).state !== "failed";
  }

  return {
    use,
    resume,
    settle,
    press,
    complete,
    submit,
    pressOf: (message) => presses.get(message.id),
    elements: () => pending.map(({ element }) => element),
  };
}
