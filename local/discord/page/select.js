// A menu of texts: a button that opens a list of options below itself.

import { icon, make } from "./dom.js";
import { emojiElement } from "./components.js";

/** chosen: the values that were sent last, if any; choose(values): called when the member is done. */
export function menuElement(menu, chosen, isBusy, choose) {
  const isMultiple = menu.max_values > 1;
  const before = chosen ?? menu.options.filter((option) => option.default).map((option) => option.value);
  let picked = before;
  let active = 0;
  const list = make("div", {
    class: "menu-list",
    id: `menu-${crypto.randomUUID()}`,
    role: "listbox",
    tabindex: "-1",
    "aria-label": menu.placeholder ?? "Make a selection",
    "aria-multiselectable": isMultiple ? "true" : null,
    hidden: true,
    keydown: onKey,
    focusout: ({ relatedTarget }) => element.contains(relatedTarget) || close(),
  });
  const button = make("button", {
    type: "button",
    class: "menu-button",
    disabled: Boolean(menu.disabled),
    "data-keep": `component ${menu.custom_id}`,
    "aria-haspopup": "listbox",
    "aria-expanded": "false",
    "aria-controls": list.id,
    "aria-busy": isBusy ? "true" : null,
    click: () => (list.hidden ? open() : close()),
    keydown: (event) => {
      if (!["ArrowDown", "ArrowUp"].includes(event.key) || !list.hidden) return;
      event.preventDefault();
      open();
    },
  });
  const element = make("div", { class: "menu" }, button, list);
  label();
  return element;

  function label() {
    const names = menu.options.filter(({ value }) => picked.includes(value)).map((option) => option.label);
    const words = names.length
      ? make("span", { class: "menu-words" }, names.join(", "))
      : make("span", { class: "menu-words placeholder" }, menu.placeholder ?? "Make a selection");
    button.replaceChildren(words, icon("chevron"));
  }

  function open() {
    if (isBusy) return;
    list.replaceChildren(...menu.options.map(row));
    list.hidden = false;
    button.setAttribute("aria-expanded", "true");
    list.focus();
    mark(Math.max(menu.options.findIndex(({ value }) => picked.includes(value)), 0));
  }

  /** As Discord does: several are sent when the list closes, if they are others than before and enough. */
  function close(isCancelled = false) {
    if (list.hidden) return;
    const hadFocus = list.contains(document.activeElement);
    list.hidden = true;
    button.setAttribute("aria-expanded", "false");
    if (hadFocus) button.focus();
    if (!isMultiple) return;
    const isNew = [...picked].sort().join("\n") !== [...before].sort().join("\n");
    if (!isCancelled && isNew && picked.length >= menu.min_values) choose(picked);
    else picked = before;
    label();
  }

  function pick(option) {
    if (!isMultiple) {
      picked = [option.value];
      label();
      close();
      choose(picked);
      return;
    }
    if (picked.includes(option.value)) picked = picked.filter((value) => value !== option.value);
    else if (picked.length < menu.max_values) picked = [...picked, option.value];
    for (const [at, each] of [...list.children].entries()) {
      each.setAttribute("aria-selected", picked.includes(menu.options[at].value));
    }
    label();
  }

  function mark(index) {
    active = index;
    for (const [at, each] of [...list.children].entries()) each.classList.toggle("active", at === index);
    list.children[index].scrollIntoView({ block: "nearest" });
    list.setAttribute("aria-activedescendant", list.children[index].id);
  }

  function onKey(event) {
    const count = menu.options.length;
    if (event.key === "ArrowDown") mark((active + 1) % count);
    else if (event.key === "ArrowUp") mark((active + count - 1) % count);
    else if (event.key === "Home") mark(0);
    else if (event.key === "End") mark(count - 1);
    else if (event.key === "Enter" || event.key === " ") pick(menu.options[active]);
    else if (event.key === "Escape") close(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function row(option, index) {
    return make(
      "div",
      {
        id: `${list.id}-${index}`,
        class: "menu-option",
        role: "option",
        "aria-selected": picked.includes(option.value) ? "true" : "false",
        mousemove: () => index !== active && mark(index),
        // The list keeps the focus.
        mousedown: (event) => event.preventDefault(),
        click: () => pick(option),
      },
      emojiElement(option.emoji),
      make(
        "span",
        { class: "menu-names" },
        make("span", {}, option.label),
        option.description ? make("small", {}, option.description) : null,
      ),
      isMultiple ? make("span", { class: "tickbox", "aria-hidden": "true" }, icon("tick")) : null,
    );
  }
}
