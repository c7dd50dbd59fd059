// A message → its element in the channel: who used which command, text, embeds, files, and who can see it.

import { componentElements, dots, failure } from "./components.js";
import { icon, make } from "./dom.js";
import { blocks, inline } from "./markdown.js";
import { inFull, timeElement } from "./moment.js";

const EPHEMERAL = 1 << 6;
const SLASH = 20; // type of a message: the first answer to a slash command
const TOKEN_LIFE_MS = 15 * 60_000; // after that a bot that still "thinks" cannot reply

/**
 * The element of a message.  follows: drawn without a header, below one of the same author.
 * actions: {openPicture(media), dismiss(message), press(message, component, values), pressOf(message), messageOf(id), hasApps(), mentionable()}
 */
export function messageElement(message, follows, actions) {
  const byApplication = Boolean(message.author.bot);
  const moment = new Date(message.timestamp);
  const header = make(
    "h3",
    { class: "message-header", id: `by-${message.id}` },
    make("span", { class: "author", "data-user-id": message.author.id }, nameOf(message.author)),
    byApplication ? tag() : null,
    timeElement(moment),
  );
  const used = message.interaction
    ? usedLine(message.interaction_metadata.user, message.interaction.name, message.type === SLASH)
    : replyLine(message, actions);
  return make(
    "li",
    {
      id: `message-${message.id}`,
      class: classes("message", {
        follows: follows && !used,
        ephemeral: isEphemeral(message),
        mentions: message.mentions.length,
      }),
      "data-state": stateOf(message),
      "data-message-id": message.id,
      "aria-labelledby": `by-${message.id}`,
    },
    used,
    avatar(byApplication, message.author),
    header,
    make("div", { class: "message-body" }, ...body(message, actions)),
    isEphemeral(message) ? onlyYou(message, actions) : null,
    actions.hasApps() ? appsButton(message) : null,
  );
}

/** What stands there from Enter until the application has acknowledged. */
export function pendingElement(member, command, isSlash, words) {
  return make(
    "li",
    { class: "message pending" },
    usedLine(member, command, isSlash),
    avatar(true),
    make("div", { class: "message-body" }, thinking(words)),
  );
}

/** A bot that has not replied within its token's life looks like one that did not respond. */
export function stateOf(message) {
  const isOver = message.state === "thinking" && Date.now() - new Date(message.timestamp) > TOKEN_LIFE_MS;
  return isOver ? "failed" : message.state;
}

export const isEphemeral = (message) => Boolean(message.flags & EPHEMERAL);

export const nameOf = (user) => user.global_name ?? user.username;

function* body(message, actions) {
  const state = stateOf(message);
  if (state === "thinking") {
    yield thinking(make("span", {}, make("strong", {}, nameOf(message.author)), " is thinking…"));
    return;
  }
  if (state === "failed") {
    yield failure("The application did not respond");
    return;
  }
  if (state === "unshown") {
    yield make("p", { class: "unshown" }, icon("warning"), `The bot has answered. ${message.note}`);
    return;
  }
  if (message.content) {
    const edited = message.edited_timestamp
      ? make("small", { class: "edited", title: inFull(new Date(message.edited_timestamp)) }, " (edited)")
      : null;
    yield make("div", { class: "content markup" }, ...blocks(message.content, peopleOf(message, actions)), edited);
  }
  for (const embed of message.embeds) yield embedElement(embed, actions, peopleOf(message, actions));
  for (const file of message.attachments) yield fileElement(file, actions);
  yield* componentElements(message, actions.pressOf(message), actions);
}

const thinking = (words) => make("p", { class: "thinking" }, dots(), words);

/** id → how it is mentioned.  A mention that notifies nobody looks like others. */
const peopleOf = (message, actions) =>
  new Map([...actions.mentionable(), ...[message.author, ...message.mentions].map((user) => [user.id, `@${nameOf(user)}`])]);

function embedElement(embed, actions, people) {
  const element = make(
    "article",
    { class: "embed" },
    embed.author?.name ? make("p", { class: "embed-author" }, ...iconOf(embed.author), embed.author.name) : null,
    embed.title ? make("h4", { class: "embed-title" }, linked(inline(embed.title, people), embed.url)) : null,
    embed.description
      ? make("div", { class: "embed-description markup" }, ...blocks(embed.description, people))
      : null,
    embed.fields?.length
      ? make("dl", { class: "embed-fields" }, ...embed.fields.map((field) => fieldElement(field, people)))
      : null,
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

const linked = (nodes, url) => {
  const isLink = url?.startsWith("http");
  return isLink
    ? make("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, ...nodes)
    : make("span", {}, ...nodes);
};

const fieldElement = (field, people) =>
  make(
    "div",
    { class: field.inline ? "inline" : "" },
    make("dt", {}, ...inline(field.name, people)),
    make("dd", { class: "markup" }, ...blocks(field.value, people)),
  );

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

function usedLine(user, command, isSlash) {
  return make(
    "p",
    { class: "used" },
    avatar(false, null, "small"),
    make("span", { class: "author" }, nameOf(user)),
    " used ",
    make("span", { class: "used-command" }, icon(isSlash ? "slash" : "apps-icon"), make("span", {}, command)),
  );
}

/** Above an answer to a button, or a later answer: the message that it is about. */
function replyLine(message, actions) {
  const id = message.message_reference?.message_id;
  if (!id) return null;
  const about = actions.messageOf(id);
  const said = about && make("span", {}, ...inline(about.content, peopleOf(about, actions))).textContent;
  const words = said || about?.embeds[0]?.title || "Open the message";
  return make(
    "p",
    { class: "used" },
    avatar(about?.author.bot ?? true, null, "small"),
    about ? make("span", { class: "author" }, nameOf(about.author)) : null,
    make("a", { class: "reply-words", href: `#message-${id}` }, words),
  );
}

const appsButton = (message) =>
  make(
    "button",
    {
      type: "button",
      class: "icon-button message-apps",
      title: "Apps",
      "aria-haspopup": "menu",
      "data-keep": "apps",
      "data-apps-of": message.id,
    },
    icon("apps-icon"),
    make("span", { class: "unseen" }, "Apps"),
  );

function onlyYou(message, actions) {
  return make(
    "p",
    { class: "only-you" },
    icon("eye"),
    "Only you can see this · ",
    make("button", { type: "button", class: "link", click: () => actions.dismiss(message) }, "Dismiss message"),
  );
}

const avatar = (byApplication, user, size = "") =>
  make("span", {
    class: `avatar ${byApplication ? "avatar-application" : "avatar-member"} ${size}`,
    "aria-hidden": "true",
    "data-user-id": user?.id,
  });

const tag = () => make("span", { class: "tag", title: "App" }, icon("tick"), "APP");

const classes = (always, sometimes) =>
  [always, ...Object.keys(sometimes).filter((name) => sometimes[name])].join(" ");
