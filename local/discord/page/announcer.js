// Says each new message once to those who listen to the page.

import { make } from "./dom.js";
import { nameOf, stateOf } from "./message.js";

const MOST_CHARACTERS = 300;

/** Returns {tell(message), skip(messages)}: skipped messages were there before. */
export function createAnnouncer(element) {
  const told = new Set(); // ids
  // Not among the page's own elements: whoever looks for the words of a message finds them once.
  const region = element.attachShadow({ mode: "closed" });

  function tell(message) {
    if (stateOf(message) === "thinking" || told.has(message.id)) return;
    told.add(message.id);
    // A new element each time: the same words twice are said twice.
    region.replaceChildren(make("p", {}, `${nameOf(message.author)}: ${wordsOf(message)}`.slice(0, MOST_CHARACTERS)));
  }

  function skip(messages) {
    for (const message of messages) if (stateOf(message) !== "thinking") told.add(message.id);
  }

  return { tell, skip };
}

function wordsOf(message) {
  if (message.state === "failed") return "The application did not respond";
  if (message.state === "unshown") return message.note;
  const embeds = message.embeds.flatMap(({ title, description, image }) => [title, description ?? image?.description]);
  const files = message.attachments.map((file) => file.description ?? file.filename);
  return [message.content, ...embeds, ...files].filter(Boolean).join(". ") || "buttons";
}
