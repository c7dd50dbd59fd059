// A message → its element in the channel: who used which command, text, embeds, files, and who can see it.

import { icon, make } from "./dom.js";
import { inFull, inWords } from "./moment.js";

const EPHEMERAL = 1 << 6;
const COMMAND = 20;
const TOKEN_LIFE_MS = 15 * 60_000; // after that a bot that still "thinks" cannot reply

/** The element of a message.  actions: {openPicture(media), dismiss(message)}; follows: drawn without a header, below one of the same author. */
export function messageElement(message, follows, actions) {
  const byApplication = Boolean(message.author.bot);
  const moment = new Date(message.timestamp);
  const header = make(
    "h3",
    { class: "message-header", id: `by-${message.id}` },
    make("span", { class: "author" }, nameOf(message.author)),
    byApplication ? tag() : null,
    make("time", { datetime: message.timestamp, title: inFull(moment) }, inWords(moment, new Date())),
  );
  const used = message.type === COMMAND ? usedLine(message.interaction_metadata.user, message.interaction.name) : null;
  return make(
    "li",
    {
      id: `message-${message.id}`,
      class: classes("message", {
        follows: follows && !used,
        ephemeral: message.flags & EPHEMERAL,
        mentions: message.mentions.length,
      }),
      "data-state": stateOf(message),
      "aria-labelledby": `by-${message.id}`,
    },
    used,
    avatar(byApplication),
    header,
    make("div", { class: "message-body" }, ...body(message, actions)),
    message.flags & EPHEMERAL ? onlyYou(message, actions) : null,
  );
}

/** What stands there from Enter until the application has acknowledged. */
export function pendingElement(member, command) {
  return make(
    "li",
    { class: "message pending" },
    usedLine(member, command),
    avatar(true),
    make("div", { class: "message-body" }, thinking("Sending command…")),
  );
}

/** A bot that has not replied within its token's life looks like one that did not respond. */
export function stateOf(message) {
  const isOver = message.state === "thinking" && Date.now() - new Date(message.timestamp) > TOKEN_LIFE_MS;
  return isOver ? "failed" : message.state;
}

export const nameOf = (user) => user.global_name ?? user.username;

function* body(message, actions) {
  const state = stateOf(message);
  if (state === "thinking") {
    yield thinking(make("span", {}, make("strong", {}, nameOf(message.author)), " is thinking…"));
    return;
  }
  if (state === "failed") {
    yield make("p", { class: "failure" }, icon("warning"), "The application did not respond");
    return;
  }
  if (state === "unshown") {
    yield make("p", { class: "unshown" }, icon("warning"), `The bot has answered. ${message.note}`);
    return;
  }
  if (message.content) {
    const edited = message.edited_timestamp
      ? make("small", { title: inFull(new Date(message.edited_timestamp)) }, " (edited)")
      : null;
    yield make("p", { class: "content" }, ...withMentions(message), edited);
  }
  for (const embed of message.embeds) yield embedElement(embed, actions);
  for (const file of message.attachments) yield fileElement(file, actions);
}

function thinking(words) {
  const dots = make("span", { class: "dots", "aria-hidden": "true" }, make("i"), make("i"), make("i"));
  return make("p", { class: "thinking" }, dots, words);
}

/** The content with <@ID> as a name, marked if the mention notifies the member. */
function withMentions(message) {
  const people = new Map([message.author, ...message.mentions].map((user) => [user.id, user]));
  return message.content.split(/(<@!?\d+>)/).map((part) => {
    const mentioned = people.get(/^<@!?(\d+)>$/.exec(part)?.[1]);
    return mentioned ? make("span", { class: "mention" }, `@${nameOf(mentioned)}`) : part;
  });
}

function embedElement(embed, actions) {
  const element = make(
    "article",
    { class: "embed" },
    embed.author?.name ? make("p", { class: "embed-author" }, ...iconOf(embed.author), embed.author.name) : null,
    embed.title ? make("h4", { class: "embed-title" }, linked(embed.title, embed.url)) : null,
    embed.description ? make("p", { class: "embed-description" }, embed.description) : null,
    embed.fields?.length ? make("dl", { class: "embed-fields" }, ...embed.fields.map(fieldElement)) : null,
    embed.thumbnail ? picture(embed.thumbnail, embed.title, "embed-thumbnail", actions) : null,
    embed.image ? picture(embed.image, embed.title, "embed-picture", actions) : null,
    footer(embed),
  );
  if (embed.color !== undefined) {
    element.style.setProperty("--colour", `#${embed.color.toString(16).padStart(6, "0")}`);
  }
  return element;
}

function footer(embed) {
  const moment = embed.timestamp ? inFull(new Date(embed.timestamp)) : null;
  const words = [embed.footer?.text, moment].filter(Boolean).join(" • ");
  return words ? make("p", { class: "embed-footer" }, ...iconOf(embed.footer), words) : null;
}

/** A small picture, if it is on this machine: the page loads nothing from other machines. */
const iconOf = (part) =>
  part?.proxy_icon_url?.startsWith(`${location.origin}/`)
    ? [make("img", { class: "embed-icon", src: part.proxy_icon_url, alt: "" })]
    : [];

const linked = (text, url) =>
  url?.startsWith("http") ? make("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, text) : text;

const fieldElement = (field) =>
  make("div", { class: field.inline ? "inline" : "" }, make("dt", {}, field.name), make("dd", {}, field.value));

/** media is {proxy_url, url, width?, height?, description?}; its space is reserved until it has loaded. */
function picture(media, title, className, actions) {
  const words = media.description ?? title ?? "Picture";
  const image = make("img", {
    src: media.proxy_url,
    alt: words,
    width: media.width,
    height: media.height,
    loading: "lazy",
    decoding: "async",
  });
  const open = () => actions.openPicture({ url: media.proxy_url, words, title });
  const button = make("button", { type: "button", class: className, title: "Open picture", click: open }, image);
  image.addEventListener("load", () => button.classList.add("here"));
  image.addEventListener("error", () => button.classList.add("broken"));
  return button;
}

function fileElement(file, actions) {
  if (file.width) {
    return picture({ ...file, description: file.description ?? file.filename }, file.filename, "file-picture", actions);
  }
  const size = `${Math.ceil(file.size / 1024)} KiB`;
  return make("p", { class: "file" }, make("a", { href: file.url, download: file.filename }, file.filename), ` ${size}`);
}

function usedLine(user, command) {
  return make(
    "p",
    { class: "used" },
    make("span", { class: "avatar avatar-member small", "aria-hidden": "true" }),
    make("span", { class: "author" }, nameOf(user)),
    " used ",
    make("span", { class: "used-command" }, icon("slash"), make("span", {}, command)),
  );
}

function onlyYou(message, actions) {
  return make(
    "p",
    { class: "only-you" },
    icon("eye"),
    "Only you can see this · ",
    make("button", { type: "button", class: "link", click: () => actions.dismiss(message) }, "Dismiss message"),
  );
}

const avatar = (byApplication) =>
  make("span", { class: `avatar ${byApplication ? "avatar-application" : "avatar-member"}`, "aria-hidden": "true" });

const tag = () => make("span", { class: "tag", title: "App" }, icon("tick"), "APP");

const classes = (always, sometimes) =>
  [always, ...Object.keys(sometimes).filter((name) => sometimes[name])].join(" ");
