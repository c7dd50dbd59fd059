// Formats times as words.

import { make } from "./dom.js";

const MINUTE_MS = 60_000;
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const date = new Intl.DateTimeFormat("en", { day: "numeric", month: "long", year: "numeric" });
const full = new Intl.DateTimeFormat("en", { dateStyle: "full", timeStyle: "medium" });

// Source: Discord, "Message Formatting: Timestamp Styles".
const STYLES = {
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
  d: { dateStyle: "short" },
  D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" },
  F: { dateStyle: "full", timeStyle: "short" },
  s: { dateStyle: "short", timeStyle: "short" },
  S: { dateStyle: "short", timeStyle: "medium" },
};
const UNITS = [
  ["year", 365 * 24 * 3600],
  ["month", 30 * 24 * 3600],
  ["day", 24 * 3600],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

/** "just now", "3 minutes ago", "Today at 14:05", "Yesterday at 9:12", "7 March 2026 at 20:00". */
export function inWords(moment, now) {
  const minutes = Math.floor((now - moment) / MINUTE_MS);
  if (minutes < 1) return "just now";
  if (minutes < 60) return relative.format(-minutes, "minute");
  const days = daysBetween(moment, now);
  if (days === 0) return `Today at ${clock.format(moment)}`;
  if (days === 1) return `Yesterday at ${clock.format(moment)}`;
  return `${date.format(moment)} at ${clock.format(moment)}`;
}

export const day = (moment) => date.format(moment);
export const inFull = (moment) => full.format(moment);

/** A time that refreshTimes() keeps right.  style: of a timestamp in a message; without one, as of a message. */
export function timeElement(moment, style) {
  return make(
    "time",
    { datetime: moment.toISOString(), title: inFull(moment), "data-style": style, class: style ? "timestamp" : null },
    text(moment, style),
  );
}

export function refreshTimes(root) {
  for (const time of root.querySelectorAll("time")) {
    const words = text(new Date(time.dateTime), time.dataset.style);
    if (time.textContent !== words) time.textContent = words;
  }
}

function text(moment, style) {
  if (style === undefined) return inWords(moment, new Date());
  if (style === "R") return fromNow(moment);
  return new Intl.DateTimeFormat(undefined, STYLES[style]).format(moment);
}

/** "in 4 minutes", "2 years ago". */
function fromNow(moment) {
  const seconds = Math.round((moment - Date.now()) / 1000);
  const [unit, size] = UNITS.find(([, each]) => Math.abs(seconds) >= each) ?? UNITS.at(-1);
  return new Intl.RelativeTimeFormat("en").format(Math.round(seconds / size), unit);
}

function daysBetween(moment, now) {
  const midnight = (at) => new Date(at.getFullYear(), at.getMonth(), at.getDate());
  return Math.round((midnight(now) - midnight(moment)) / (24 * 60 * MINUTE_MS));
}
