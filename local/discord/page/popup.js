// The list above the composer: commands, options or choices, chosen with the keyboard or the pointer.

import { make } from "./dom.js";

/** Returns {show, hide, handle}. */
export function createPopup(element) {
  let items = [];
  let active = 0;
  let isMoved = false; // the arrow keys were used: then Enter always chooses
  let owner = null; // the field that it belongs to

  /** items: {label, picture?, detail?, hints?, onlyByTab?, choose()}; field gets the keys and keeps the focus; note: in place of items. */
  function show(field, title, shown, note = null) {
    hide();
    owner = field;
    items = shown;
    isMoved = false;
    element.replaceChildren(
      make(
        "p",
        { class: "popup-title", role: "presentation" },
        make("span", {}, title),
        shown.some((item) => item.onlyByTab) ? make("span", { class: "by-key" }, "Tab to add · Enter to send") : null,
      ),
      ...shown.map((item, index) => row(item, index)),
      note ? make("p", { id: "popup-note", class: "popup-note", role: "option", "aria-disabled": "true" }, note) : "",
    );
    element.setAttribute("aria-label", title);
    element.hidden = false;
    owner.setAttribute("aria-expanded", "true");
    if (items.length) mark(0);
    else if (note) owner.setAttribute("aria-activedescendant", "popup-note");
  }

  function hide() {
    element.hidden = true;
    element.replaceChildren();
    owner?.setAttribute("aria-expanded", "false");
    owner?.removeAttribute("aria-activedescendant");
    owner = null;
    items = [];
  }

  /** Whether the key was for the popup. */
  function handle(event) {
    if (element.hidden || event.ctrlKey || event.metaKey || event.altKey) return false;
    if (!items.length && event.key !== "Escape") return false;
    switch (event.key) {
      case "ArrowDown":
        isMoved = true;
        mark((active + 1) % items.length);
        break;
      case "ArrowUp":
        isMoved = true;
        mark((active + items.length - 1) % items.length);
        break;
      case "Tab":
        if (event.shiftKey) return false;
        items[active].choose();
        break;
      case "Enter":
        if (event.shiftKey || (items[active].onlyByTab && !isMoved)) return false;
        items[active].choose();
        break;
      case "Escape":
        hide();
        break;
      default:
        return false;
    }
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  function mark(index) {
    active = index;
    for (const [at, option] of element.querySelectorAll("[role=option]").entries()) {
      option.setAttribute("aria-selected", at === index);
      if (at === index) option.scrollIntoView({ block: "nearest" });
    }
    owner.setAttribute("aria-activedescendant", `choice-${index}`);
  }

  function row(item, index) {
    return make(
      "div",
      {
        id: `choice-${index}`,
        role: "option",
        "aria-selected": "false",
        mousemove: () => index !== active && mark(index),
        // The field keeps the focus.
        mousedown: (event) => event.preventDefault(),
        click: () => item.choose(),
      },
      item.picture ? make("img", { src: item.picture, alt: "", width: 24, height: 24 }) : null,
      make(
        "span",
        { class: "popup-name" },
        item.label,
        ...(item.hints ?? []).map((hint) => make("span", { class: "popup-hint" }, hint)),
      ),
      item.detail ? make("span", { class: "popup-detail" }, item.detail) : null,
    );
  }

  return { show, hide, handle };
}
