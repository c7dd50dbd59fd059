// The buttons and menus of a message.

import { icon, make } from "./dom.js";
import { menuElement } from "./select.js";

const MENU = 3;
const LINK = 5;

/** The rows, and how the last press went.  press: {customId, values?, state: "busy", "failed" or "done"}, or undefined. */
export function componentElements(message, press, actions) {
  if (!message.components.length) return [];
  const rows = message.components.map((row) =>
    make("div", { class: "row" }, ...row.components.map((one) => element(one, message, press, actions))),
  );
  const failed = press?.state === "failed" ? failure(press.words ?? "This interaction failed", "alert") : null;
  return [make("div", { class: "rows" }, ...rows, failed)];
}

function element(component, message, press, actions) {
  const mine = press?.customId === component.custom_id ? press : null;
  const isBusy = mine?.state === "busy";
  if (component.type === MENU) {
    return menuElement(component, mine?.values, isBusy, (values) => actions.press(message, component, values));
  }
  const words = [emojiElement(component.emoji), component.label ? make("span", {}, component.label) : null];
  if (component.style === LINK) {
    const href = /^https?:/i.test(component.url) ? component.url : null;
    const attributes = { class: "button style-5", href, target: "_blank", rel: "noopener noreferrer" };
    return make("a", attributes, ...words, icon("out"));
  }
  return make(
    "button",
    {
      type: "button",
      class: `button style-${component.style}`,
      disabled: Boolean(component.disabled),
      "data-keep": `component ${component.custom_id}`,
      "aria-label": component.label ? null : (component.emoji?.name ?? "Button"),
      "aria-busy": isBusy ? "true" : null,
      // One that is busy keeps the focus, and is pressed once.
      click: () => isBusy || actions.press(message, component),
    },
    ...(isBusy ? [dots(), make("span", { class: "unseen" }, component.label ?? "")] : words),
  );
}

/** One in Unicode; of a server's own, which is not on this machine, its name. */
export function emojiElement(emoji) {
  if (!emoji) return null;
  return make("span", { class: "emoji" }, emoji.id ? `:${emoji.name ?? "emoji"}:` : emoji.name);
}

export const dots = () => make("span", { class: "dots", "aria-hidden": "true" }, make("i"), make("i"), make("i"));

export const failure = (words, role) => make("p", { class: "failure", role }, icon("warning"), words);
