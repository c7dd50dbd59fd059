// Asks the application for choices while the member types an option.

import { isNamed, named } from "./localize.js";

const PAUSE_MS = 250; // of the member's typing

/** ask(entry): a promise of choices; choose(entry, choice).  Returns {suggest(entry, title), stop}. */
export function createAutocomplete(popup, ask, choose) {
  let latest = 0; // only the answer to the last question is shown
  let timer = null;

  function suggest(entry, title) {
    stop();
    const { input } = entry;
    const typed = input.value;
    if (entry.suggested?.some((choice) => isNamed(choice, typed))) return popup.hide();
    const mine = ++latest;
    const isCurrent = () => mine === latest && document.activeElement === input;
    popup.show(input, title, [], "Loading options…");
    const load = async () => {
      try {
        const choices = await ask(entry);
        if (!isCurrent()) return;
        entry.suggested = choices;
        const items = choices.map((choice) => ({ label: named(choice), choose: () => choose(entry, choice) }));
        popup.show(input, title, items, items.length ? null : "No options match your search.");
      } catch {
        if (isCurrent()) popup.show(input, title, [], "Loading options failed");
      }
    };
    timer = setTimeout(load, typed ? PAUSE_MS : 0);
  }

  function stop() {
    clearTimeout(timer);
    latest += 1;
  }

  return { suggest, stop };
}
