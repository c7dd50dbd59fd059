// Formats times as words.

const MINUTE_MS = 60_000;
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const date = new Intl.DateTimeFormat("en", { day: "numeric", month: "long", year: "numeric" });
const full = new Intl.DateTimeFormat("en", { dateStyle: "full", timeStyle: "medium" });

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

function daysBetween(moment, now) {
  const midnight = (at) => new Date(at.getFullYear(), at.getMonth(), at.getDate());
  return Math.round((midnight(now) - midnight(moment)) / (24 * 60 * MINUTE_MS));
}
