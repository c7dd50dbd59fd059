// A form that the application opens, in a dialog.

import { byId, make } from "./dom.js";
import { blocks } from "./markdown.js";
import { menuElement } from "./select.js";
import { nameOf } from "./message.js";

const ROW = 1;
const MENU = 3;
const TEXT = 10;
const PARAGRAPH = 2;

/** submit(outcome, values): whether the application has answered.  Returns {open(outcome)}. */
export function createModals(submit, application) {
  const dialog = byId("modal");

  function open(outcome) {
    const { title, components } = outcome.modal;
    const values = {};
    const problem = make("p", { class: "failure", role: "alert", hidden: true });
    const send = make("button", { type: "submit", class: "button style-1" }, "Submit");
    const form = make(
      "form",
      {
        submit: async (event) => {
          event.preventDefault();
          send.setAttribute("aria-busy", "true");
          problem.hidden = true;
          const isDone = await submit(outcome, { ...values, ...written(form) }).catch(() => false);
          send.removeAttribute("aria-busy");
          if (isDone) return dialog.close();
          problem.textContent = "Something went wrong. Try again.";
          problem.hidden = false;
        },
      },
      make("h2", { id: "modal-title" }, title),
      make("p", { class: "modal-note" }, `This form is for ${nameOf(application())}. Do not share passwords.`),
      ...components.map((component) => element(component, values)),
      problem,
      make(
        "div",
        { class: "modal-buttons" },
        make("button", { type: "button", class: "button style-2", click: () => dialog.close() }, "Cancel"),
        send,
      ),
    );
    dialog.replaceChildren(form);
    dialog.showModal();
    form.querySelector("input, textarea")?.focus();
  }

  return { open };
}

function written(form) {
  return Object.fromEntries([...form.querySelectorAll("[data-custom-id]")].map((one) => [one.dataset.customId, one.value]));
}

function element(component, values) {
  if (component.type === TEXT) return make("div", { class: "markup" }, ...blocks(component.content));
  const inner = component.type === ROW ? component.components[0] : component.component;
  const label = component.label ?? inner.label;
  const words = [
    make("span", { class: "modal-label" }, label, inner.required ? make("span", { class: "required" }, " *") : null),
    component.description ? make("small", {}, component.description) : null,
  ];
  if (inner.type === MENU) {
    const menu = { ...inner, placeholder: inner.placeholder ?? label };
    values[inner.custom_id] = inner.options.filter((option) => option.default).map((option) => option.value);
    return make("div", { class: "modal-field" }, ...words, menuElement(menu, null, false, (chosen) => (values[inner.custom_id] = chosen)));
  }
  return make("label", { class: "modal-field" }, ...words, textField(inner));
}

function textField(input) {
  const attributes = {
    "data-custom-id": input.custom_id,
    required: input.required,
    minlength: input.min_length || null,
    maxlength: input.max_length ?? 4000,
    placeholder: input.placeholder,
  };
  const field =
    input.style === PARAGRAPH ? make("textarea", { rows: 4, ...attributes }) : make("input", { type: "text", ...attributes });
  field.value = input.value ?? "";
  return field;
}
