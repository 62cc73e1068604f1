// Times as the person reads them: in the time zone of their profile, with a
// 24-hour clock.

import { self } from "./store.js";

const LOCALE = "en-GB";
const cache = new Map();

export function instant(ts) {
  return new Date(Number.parseFloat(ts) * 1000);
}

/** "14:05" */
export function clock(date) {
  return format(date, { hour: "2-digit", minute: "2-digit" });
}

/** "Tuesday 17 November 2026 at 14:05:09", for a title. */
export function exact(date) {
  return `${format(date, { weekday: "long", day: "numeric", month: "long", year: "numeric" })} at ${format(date, { hour: "2-digit", minute: "2-digit", second: "2-digit" })}`;
}

/** A key that two instants share when they fall on one day for this person. */
export function dayKey(date) {
  return format(date, { year: "numeric", month: "2-digit", day: "2-digit" });
}

/** "Today", "Yesterday", "Monday 16 November" or with the year when it is another. */
export function dayName(date) {
  const relative = relativeDay(date);
  if (relative) return relative[0].toUpperCase() + relative.slice(1);
  const sameYear = format(date, { year: "numeric" }) === format(new Date(), { year: "numeric" });
  return format(date, { weekday: "long", day: "numeric", month: "long", ...(!sameYear && { year: "numeric" }) });
}

/** "today at 14:05", "16 Nov at 09:30" */
export function moment(date) {
  return `${relativeDay(date) ?? format(date, { day: "numeric", month: "short" })} at ${clock(date)}`;
}

/** Fills Slack's date tokens, `{date_short_pretty} at {time}`. */
export function fillTokens(template, seconds) {
  const date = new Date(Number(seconds) * 1000);
  if (Number.isNaN(date.getTime())) return null;
  return template.replace(/\{(\w+)\}/g, (whole, token) => tokenText(token, date) ?? whole);
}

/** Seconds since 1970 of a local "2026-11-17T14:05" in this person's zone. */
export function secondsFromLocal(local) {
  const wanted = Date.parse(`${local}:00Z`);
  if (Number.isNaN(wanted)) return null;
  // Two rounds settle it even when the first guess lies on the other side of a clock change.
  let guess = wanted;
  for (let round = 0; round < 2; round += 1) guess += wanted - Date.parse(`${localFromSeconds(guess / 1000)}:00Z`);
  return Math.floor(guess / 1000);
}

/** "2026-11-17T14:05" of an instant, for a datetime-local field. */
export function localFromSeconds(seconds) {
  const parts = Object.fromEntries(
    formatter({ year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" })
      .formatToParts(new Date(seconds * 1000))
      .map(({ type, value }) => [type, value]),
  );
  return `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}`;
}

export function zone() {
  return self()?.tz ?? undefined;
}

function tokenText(token, date) {
  const pretty = token.endsWith("_pretty");
  if (pretty) {
    const relative = relativeDay(date);
    if (relative) return relative;
  }
  switch (pretty ? token.slice(0, -7) : token) {
    case "date_num":
      return localFromSeconds(date.getTime() / 1000).slice(0, 10);
    case "date_slash":
      return format(date, { day: "2-digit", month: "2-digit", year: "numeric" });
    case "date":
    case "date_long_full":
      return format(date, { day: "numeric", month: "long", year: "numeric" });
    case "date_short":
      return format(date, { day: "numeric", month: "short", year: "numeric" });
    case "date_long":
    case "day_divider":
      return format(date, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
    case "time":
      return clock(date);
    case "time_secs":
      return format(date, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
    case "ago":
      return ago(date);
    default:
      return null;
  }
}

function relativeDay(date) {
  const day = 86_400_000;
  const now = Date.now();
  const key = dayKey(date);
  if (key === dayKey(new Date(now))) return "today";
  if (key === dayKey(new Date(now - day))) return "yesterday";
  if (key === dayKey(new Date(now + day))) return "tomorrow";
  return null;
}

function ago(date) {
  const seconds = Math.round((date.getTime() - Date.now()) / 1000);
  const words = new Intl.RelativeTimeFormat(LOCALE, { numeric: "auto" });
  const units = [["day", 86_400], ["hour", 3_600], ["minute", 60]];
  const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  return words.format(Math.round(seconds / size), unit);
}

function format(date, options) {
  return formatter(options).format(date);
}

function formatter(options) {
  const key = JSON.stringify([zone(), options]);
  if (!cache.has(key)) cache.set(key, build(options));
  return cache.get(key);
}

function build(options) {
  const full = { ...options, hourCycle: "h23" };
  try {
    return new Intl.DateTimeFormat(LOCALE, { ...full, timeZone: zone() });
  } catch {
    // A zone this browser does not know: its own is the best there is.
    return new Intl.DateTimeFormat(LOCALE, full);
  }
}
