// A chosen command with its options as pills.  After the pills there is a field for the name of the next option.

import { make } from "./dom.js";

const STRING = 3;
const INTEGER = 4;
const BOOLEAN = 5;

/** to: {leave(words), send(), complain(words)}.  Returns {open, close, read, command, isOpen, focus}. */
export function createCommandLine(element, popup, to) {
  let command = null;
  let pills = []; // {option, input, pill}, in the order on the page
  let tail = null;

  /** rest is text like "words: my cat palette: lotus"; text before the first option stays in the tail. */
  function open(chosen, rest) {
    close();
    command = chosen;
    tail = field(`More options of /${command.name}`, { placeholder: "" });
    tail.className = "tail";
    tail.addEventListener("input", onTail);
    tail.addEventListener("keydown", onTailKey);
    tail.addEventListener("focus", suggestOptions);
    element.append(make("span", { class: "command-name" }, `/${command.name}`), tail);
    element.setAttribute("aria-label", `/${command.name}: ${command.description}`);
    element.hidden = false;
    for (const option of command.options.filter((each) => each.required)) add(option);
    (pills[0]?.input ?? tail).focus();
    const names = command.options.map((option) => option.name).join("|");
    const [before, ...given] = rest.split(new RegExp(`(?:^|\\s)(${names}):\\s*`, "iu"));
    for (let index = 0; index < given.length; index += 2) give(given[index].toLowerCase(), given[index + 1]);
    if (before.trim()) {
      tail.value = before.trim();
      suggestOptions();
    }
  }

  function close() {
    popup.hide();
    command = tail = null;
    pills = [];
    element.replaceChildren();
    element.hidden = true;
  }

  /** The options as Discord expects them, or null after a complaint. */
  function read() {
    const options = [];
    for (const { option, input, pill } of pills) {
      const value = valueOf(option, input.value.trim());
      pill.classList.toggle("wrong", value === undefined);
      if (value === undefined) {
        input.focus();
        popup.hide();
        to.complain(expected(option));
        return null;
      }
      options.push({ name: option.name, type: option.type, value });
    }
    return options;
  }

  function add(option) {
    if (pills.some((pill) => pill.option === option)) return;
    tail.value = "";
    const input = field(`${option.name}: ${option.description}`, { maxlength: option.max_length });
    const pill = make("label", { class: "pill" }, make("span", { class: "pill-name" }, option.name), input);
    const entry = { option, input, pill };
    pills.push(entry);
    fit(input);
    input.addEventListener("input", () => {
      pill.classList.remove("wrong");
      to.complain(null);
      fit(input);
      suggestChoices(entry);
    });
    input.addEventListener("focus", () => suggestChoices(entry));
    input.addEventListener("keydown", (event) => onPillKey(event, entry));
    tail.before(pill);
    input.focus();
  }

  function give(name, text) {
    add(command.options.find((option) => option.name === name));
    const entry = pills.find((pill) => pill.option.name === name);
    entry.input.value = text.trim();
    fit(entry.input);
    suggestChoices(entry);
  }

  function drop(entry) {
    const index = pills.indexOf(entry);
    pills.splice(index, 1);
    entry.pill.remove();
    to.complain(null);
    (pills[index - 1]?.input ?? tail).focus();
  }

  function suggestOptions() {
    const typed = tail.value.trim().toLowerCase();
    const left = command.options.filter(
      (option) => option.name.startsWith(typed) && !pills.some((pill) => pill.option === option),
    );
    if (!left.length) return popup.hide();
    popup.show(
      tail,
      pills.length ? "More options" : "Options",
      // Enter sends, unless the member has begun to type an option's name.
      left.map((option) => ({
        label: option.name,
        detail: option.description,
        choose: () => add(option),
        onlyByTab: !typed,
      })),
    );
  }

  function suggestChoices(entry) {
    const { option, input } = entry;
    const typed = input.value.trim().toLowerCase();
    const choices = choicesOf(option).filter(({ name }) => name.toLowerCase().includes(typed));
    if (choices.some(({ name }) => name.toLowerCase() === typed)) return popup.hide();
    popup.show(
      input,
      `${option.name} · ${option.description}`,
      choices.map((choice) => ({ label: choice.name, choose: () => choose(entry, choice) })),
    );
  }

  function choose({ input }, choice) {
    input.value = choice.name;
    fit(input);
    tail.focus();
  }

  function onTail() {
    to.complain(null);
    const named = /^(\S+?)[:\s]$/.exec(tail.value)?.[1]?.toLowerCase();
    const option = command.options.find((each) => each.name === named);
    if (option) return add(option);
    suggestOptions();
  }

  function onTailKey(event) {
    if (event.isComposing || popup.handle(event)) return;
    if (event.key === "Enter") {
      event.preventDefault();
      if (tail.value.trim()) to.complain(`/${command.name} has no option "${tail.value.trim()}"`);
      else to.send();
    } else if ((event.key === "Backspace" || event.key === "ArrowLeft") && !tail.value) {
      event.preventDefault();
      const last = pills.at(-1);
      if (last) last.input.focus();
      else if (event.key === "Backspace") leave();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      leave("");
    }
  }

  function onPillKey(event, entry) {
    if (event.isComposing || popup.handle(event)) return;
    const { input } = entry;
    const index = pills.indexOf(entry);
    const atStart = input.selectionStart === 0 && input.selectionEnd === 0;
    const atEnd = input.selectionStart === input.value.length;
    if (event.key === "Enter") {
      event.preventDefault();
      to.send();
    } else if (event.key === "Backspace" && !input.value) {
      event.preventDefault();
      drop(entry);
    } else if (event.key === "ArrowLeft" && atStart && index > 0) {
      event.preventDefault();
      pills[index - 1].input.focus();
    } else if ((event.key === "ArrowRight" && atEnd) || (event.key === "Tab" && !event.shiftKey)) {
      event.preventDefault();
      (pills[index + 1]?.input ?? tail).focus();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      leave("");
    }
  }

  function leave(words = `/${command.name}`) {
    close();
    to.leave(words);
  }

  element.addEventListener("focusout", () => popup.hide());

  return {
    open,
    close,
    read,
    command: () => command,
    isOpen: () => command !== null,
    focus: () => tail.focus(),
  };
}

function field(label, attributes) {
  return make("input", {
    type: "text",
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": "popup",
    "aria-label": label,
    spellcheck: "false",
    enterkeyhint: "send",
    ...attributes,
  });
}

/** Fit the width to the value. */
function fit(input) {
  input.style.width = `${Math.min(Math.max(input.value.length + 1, 3), 40)}ch`;
}

const choicesOf = (option) =>
  option.choices ??
  (option.type === BOOLEAN
    ? [
        { name: "True", value: true },
        { name: "False", value: false },
      ]
    : []);

/** undefined if the text is not a valid value of the option. */
function valueOf(option, text) {
  const choices = choicesOf(option);
  if (choices.length) return choices.find(({ name }) => name.toLowerCase() === text.toLowerCase())?.value;
  if (option.type === STRING) return text.length >= Math.max(option.min_length ?? 0, 1) ? text : undefined;
  const number = text === "" ? NaN : Number(text);
  const isWhole = option.type !== INTEGER || Number.isSafeInteger(number);
  const isWithin = number >= (option.min_value ?? -Infinity) && number <= (option.max_value ?? Infinity);
  return isWhole && isWithin ? number : undefined;
}

function expected(option) {
  const choices = choicesOf(option);
  if (choices.length) return `${option.name}: choose one of ${choices.map(({ name }) => name).join(", ")}`;
  if (option.type === STRING) return `${option.name}: type a text, or remove the option with Backspace`;
  const from = option.min_value === undefined ? "" : ` from ${option.min_value}`;
  const to = option.max_value === undefined ? "" : ` to ${option.max_value}`;
  return `${option.name}: type a ${option.type === INTEGER ? "whole " : ""}number${from}${to}`;
}
