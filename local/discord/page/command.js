// A chosen command with its options as pills.  After the pills there is a field for the name of the next option.

import { createAutocomplete } from "./autocomplete.js";
import { make } from "./dom.js";
import { beginsWith, described, isNamed, named } from "./localize.js";
import { choicesOf, expected, valueOf } from "./options.js";

/** to: {leave(words), send(), complain(words), complete(command, options)}.  Returns {open, close, read, command, isOpen, focus}. */
export function createCommandLine(element, popup, to) {
  let command = null;
  let pills = []; // {option, input, pill, suggested?: by the application}, in the order on the page
  let tail = null;
  const autocomplete = createAutocomplete(popup, (entry) => to.complete(command, written(entry)), choose);

  /** rest is text like "words: my cat palette: lotus"; text before the first option stays in the tail. */
  function open(chosen, rest) {
    close();
    command = chosen;
    tail = field(`More options of /${named(command)}`, { placeholder: "" });
    tail.className = "tail";
    tail.addEventListener("input", onTail);
    tail.addEventListener("keydown", onTailKey);
    tail.addEventListener("focus", suggestOptions);
    element.append(make("span", { class: "command-name" }, `/${named(command)}`), tail);
    element.setAttribute("aria-label", `/${named(command)}: ${described(command)}`);
    element.hidden = false;
    for (const option of command.options.filter((each) => each.required)) add(option);
    (pills[0]?.input ?? tail).focus();
    const names = command.options.flatMap((option) => [named(option), option.name]).join("|");
    const [before, ...given] = rest.split(new RegExp(`(?:^|\\s)(${names}):\\s*`, "iu"));
    for (let index = 0; index < given.length; index += 2) give(given[index], given[index + 1]);
    if (before.trim()) {
      tail.value = before.trim();
      suggestOptions();
    }
  }

  function close() {
    autocomplete.stop();
    popup.hide();
    command = tail = null;
    pills = [];
    element.replaceChildren();
    element.hidden = true;
  }

  /** The options as Discord expects them, or null after a complaint. */
  function read() {
    const options = [];
    for (const { option, input, pill, suggested } of pills) {
      const value = valueOf(option, input.value.trim(), suggested);
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

  /** The options as they stand, for autocompletion of one of them; what is not a value yet is left out. */
  function written(focused) {
    const options = pills.map(({ option, input, suggested }) => ({
      name: option.name,
      type: option.type,
      value: option === focused.option ? input.value : valueOf(option, input.value.trim(), suggested),
      ...(option === focused.option ? { focused: true } : {}),
    }));
    return options.filter(({ value }) => value !== undefined);
  }

  function add(option) {
    if (pills.some((pill) => pill.option === option)) return;
    tail.value = "";
    const input = field(`${named(option)}: ${described(option)}`, {
      maxlength: option.max_length,
      inputmode: option.type === 4 ? "numeric" : option.type === 10 ? "decimal" : null,
    });
    const pill = make("label", { class: "pill" }, make("span", { class: "pill-name" }, named(option)), input);
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
    const option = command.options.find((each) => isNamed(each, name));
    add(option);
    const entry = pills.find((pill) => pill.option === option);
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
      (option) => beginsWith(option, typed) && !pills.some((pill) => pill.option === option),
    );
    if (!left.length) return popup.hide();
    popup.show(
      tail,
      pills.length ? "More options" : "Options",
      // Enter sends, unless the member has begun to type an option's name.
      left.map((option) => ({
        label: named(option),
        detail: described(option),
        choose: () => add(option),
        onlyByTab: !typed,
      })),
    );
  }

  function suggestChoices(entry) {
    const { option, input } = entry;
    const title = `${named(option)} · ${described(option)}`;
    if (option.autocomplete) return autocomplete.suggest(entry, title);
    const typed = input.value.trim().toLowerCase();
    const choices = choicesOf(option).filter((choice) => named(choice).toLowerCase().includes(typed));
    if (choices.some((choice) => isNamed(choice, typed))) return popup.hide();
    const isWrong = choicesOf(option).length > 0 && !choices.length;
    popup.show(
      input,
      title,
      choices.map((choice) => ({ label: named(choice), choose: () => choose(entry, choice) })),
      isWrong ? "No options match your search." : null,
    );
  }

  function choose({ input }, choice) {
    input.value = named(choice);
    fit(input);
    tail.focus();
  }

  function onTail() {
    to.complain(null);
    const typed = /^(\S+?)[:\s]$/.exec(tail.value)?.[1];
    const option = typed && command.options.find((each) => isNamed(each, typed));
    if (option) return add(option);
    suggestOptions();
  }

  function onTailKey(event) {
    if (event.isComposing || popup.handle(event)) return;
    if (event.key === "Enter") {
      event.preventDefault();
      if (tail.value.trim()) to.complain(`/${named(command)} has no option "${tail.value.trim()}"`);
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

  function leave(words = `/${named(command)}`) {
    close();
    to.leave(words);
  }

  element.addEventListener("focusout", () => {
    autocomplete.stop();
    popup.hide();
  });

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
