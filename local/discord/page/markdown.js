// Discord's Markdown → elements.  Text stays text: nothing here is ever parsed as HTML.
// Source: Discord, "Message Formatting"; Discord's help, "Markdown Text 101".

import { make } from "./dom.js";
import { timeElement } from "./moment.js";

const FARTHEST_S = 8_640_000_000_000; // what a Date holds
const DEEPEST = 12; // marks within marks

// Marks within a line: [pattern at the place, function of the match, the people, and the depth].
const MARKS = [
  [/^\\([^\p{L}\p{N}\s])/u, ([, character]) => character],
  [/^(`+)([^]*?[^`])\1(?!`)/, ([, , code]) => make("code", {}, code.replace(/^ (.*) $/s, "$1"))],
  [/^<t:(-?\d{1,17})(?::([tTdDfFsSR]))?>/, ([whole, seconds, style]) => timestamp(whole, Number(seconds), style)],
  [/^<@!?(\d+)>/, ([, id], people) => mention(people.get(id) ?? "@unknown-user")],
  [/^<@&\d+>/, () => mention("@deleted-role")],
  [/^<#(\d+)>/, ([, id], people) => mention(people.get(id) ?? "#unknown")],
  [/^<\/([^:>]+):\d+>/, ([, name]) => mention(`/${name}`)],
  [/^<a?(:\w+:)\d+>/, ([, name]) => make("span", { class: "emoji" }, name)],
  [/^<(https?:\/\/[^\s>]+)>/i, ([, url]) => link(url, url)],
  [/^\[((?:\\.|[^\]\\\n])+)\]\(<?(https?:\/\/[^\s)>]+)>?\)/i, ([, words, url], people, depth) =>
    link(url, ...inline(words, people, depth + 1))],
  [/^https?:\/\/[^\s<]+[^\s<.,:;"')\]]/i, ([url]) => link(url, url)],
  [/^\|\|([^]+?)\|\|/, ([, words], people, depth) => spoiler(inline(words, people, depth + 1))],
  [/^\*\*\*(?=\S)([^]+?)\*\*\*/, (match, ...rest) => make("strong", {}, wrapped("em", match, ...rest))],
  [/^\*\*(?=\S)([^]+?)\*\*(?!\*)/, (...found) => wrapped("strong", ...found)],
  [/^__(?=\S)([^]+?)__(?!_)/, (...found) => wrapped("u", ...found)],
  [/^~~(?=\S)([^]+?)~~/, (...found) => wrapped("s", ...found)],
  [/^\*(?=[^\s*])((?:\*\*[^]+?\*\*|[^*])+?)\*(?!\*)/, (...found) => wrapped("em", ...found)],
  [/^_(?=[^\s_])((?:__[^]+?__|[^_])+?)_(?![\p{L}\p{N}_])/u, (...found) => wrapped("em", ...found)],
];
const FENCE = /^([^]*?)```(?:[\w+#.-]+\n)?\n?([^]*?)\n?```[ ]*\n?([^]*)$/; // before, code, after
const ITEM = /^\s*([-*]|\d{1,9}\.)\s+\S/; // of a list
const PLAIN = /^(?:[\p{L}\p{N}]+|[^])/u; // a whole word: a _ within one is no mark

/** The nodes of a text in which blocks are allowed.  people: id → how it is mentioned: @name, #channel. */
export function blocks(text, people = new Map()) {
  const nodes = [];
  let plain = [];
  const lines = text.split("\n");
  const flush = () => {
    if (plain.length) nodes.push(make("span", { class: "lines" }, ...inline(plain.join("\n"), people)));
    plain = [];
  };
  const add = (node) => {
    flush();
    nodes.push(node);
  };
  while (lines.length) {
    const fence = lines[0].includes("```") ? FENCE.exec(lines.join("\n")) : null;
    if (fence?.[2].trim()) {
      if (fence[1]) plain.push(fence[1]);
      add(make("pre", {}, make("code", {}, fence[2])));
      lines.splice(0, lines.length, ...(fence[3] ? fence[3].split("\n") : []));
      continue;
    }
    const line = lines.shift();
    const [, hashes, title] = /^(#{1,3})\s+(\S.*)$/.exec(line) ?? [];
    const [, small] = /^-#\s+(\S.*)$/.exec(line) ?? [];
    if (hashes) {
      add(make("p", { class: `heading heading-${hashes.length}`, role: "heading", "aria-level": 4 }, ...inline(title, people)));
    } else if (small) {
      add(make("p", { class: "small-print" }, ...inline(small, people)));
    } else if (/^>>> /.test(line)) {
      add(make("blockquote", {}, ...blocks([line.slice(4), ...lines.splice(0)].join("\n"), people)));
    } else if (/^> /.test(line)) {
      const quoted = [line.slice(2)];
      while (lines.length && /^> /.test(lines[0])) quoted.push(lines.shift().slice(2));
      add(make("blockquote", {}, ...blocks(quoted.join("\n"), people)));
    } else if (ITEM.test(line)) {
      const items = [line];
      const isOther = /^\d/.test(line) ? /^[-*]/ : /^\d/; // a list of the other kind begins
      while (lines.length && ITEM.test(lines[0]) && !isOther.test(lines[0])) items.push(lines.shift());
      add(listOf(items, people));
    } else {
      plain.push(line);
    }
  }
  flush();
  return nodes;
}

/** The nodes of a line: of a title, a name, a list's item. */
export function inline(text, people = new Map(), depth = 0) {
  const nodes = [];
  let words = "";
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const [length, node] = depth < DEEPEST ? marked(rest, people, depth) : [0];
    if (length) {
      if (words) nodes.push(words);
      words = "";
      nodes.push(node);
      at += length;
    } else {
      const plain = PLAIN.exec(rest)[0];
      words += plain;
      at += plain.length;
    }
  }
  return words ? [...nodes, words] : nodes;
}

function marked(rest, people, depth) {
  for (const [pattern, render] of MARKS) {
    const match = pattern.exec(rest);
    if (match) return [match[0].length, render(match, people, depth)];
  }
  return [0];
}

const wrapped = (tag, [, words], people, depth) => make(tag, {}, ...inline(words, people, depth + 1));

const mention = (words) => make("span", { class: "mention" }, words);

const link = (url, ...words) => make("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, ...words);

const timestamp = (whole, seconds, style = "f") =>
  Math.abs(seconds) <= FARTHEST_S ? timeElement(new Date(seconds * 1000), style) : whole;

/** Hidden until it is pressed. */
function spoiler(nodes) {
  const show = ({ currentTarget }) => {
    currentTarget.classList.add("seen");
    currentTarget.removeAttribute("aria-label");
  };
  return make("button", { type: "button", class: "spoiler", "aria-label": "Spoiler", click: show }, make("span", {}, ...nodes));
}

/** Lists nest by their indentation. */
function listOf(lines, people) {
  const [, indent, mark] = /^(\s*)([-*]|\d+\.)/.exec(lines[0]);
  const isNumbered = mark.endsWith(".");
  const list = make(isNumbered ? "ol" : "ul", { start: isNumbered ? parseInt(mark, 10) : null });
  const inner = [];
  const flush = () => {
    if (inner.length) (list.lastElementChild ?? list).append(listOf(inner.splice(0), people));
  };
  for (const line of lines) {
    const [, spaces, words] = /^(\s*)(?:[-*]|\d+\.)\s+(.*)$/.exec(line);
    if (spaces.length > indent.length + 1 && list.childElementCount) {
      inner.push(line);
      continue;
    }
    flush();
    list.append(make("li", {}, ...inline(words, people)));
  }
  flush();
  return list;
}
