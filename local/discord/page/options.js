// The values of a command's options, as the member writes them.

import { isNamed, named } from "./localize.js";

export const STRING = 3;
const INTEGER = 4;
const BOOLEAN = 5;

export const choicesOf = (option) =>
  option.choices ??
  (option.type === BOOLEAN
    ? [
        { name: "True", value: true },
        { name: "False", value: false },
      ]
    : []);

/** undefined if the text is not a valid value of the option.  suggested: the choices that the application gave last. */
export function valueOf(option, text, suggested = []) {
  const choices = choicesOf(option);
  const choice = [...choices, ...suggested].find((each) => isNamed(each, text));
  if (choice || choices.length) return choice?.value;
  if (option.type === STRING) return text.length >= Math.max(option.min_length ?? 0, 1) ? text : undefined;
  const number = text === "" ? NaN : Number(text);
  const isWhole = option.type !== INTEGER || Number.isSafeInteger(number);
  const isWithin = number >= (option.min_value ?? -Infinity) && number <= (option.max_value ?? Infinity);
  return isWhole && isWithin ? number : undefined;
}

/** What the member should write instead. */
export function expected(option) {
  const choices = choicesOf(option);
  if (choices.length) return `${named(option)}: choose one of ${choices.map(named).join(", ")}`;
  if (option.type === STRING) return `${named(option)}: type a text, or remove the option with Backspace`;
  const from = option.min_value === undefined ? "" : ` from ${option.min_value}`;
  const to = option.max_value === undefined ? "" : ` to ${option.max_value}`;
  return `${named(option)}: type a ${option.type === INTEGER ? "whole " : ""}number${from}${to}`;
}
