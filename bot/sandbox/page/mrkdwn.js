// Slack's text markup as nodes: https://docs.slack.dev/messaging/formatting-message-text
import { el, link } from "./dom.js";

const ENTITIES = { amp: "&", lt: "<", gt: ">" };
const EMOJI = {
  bell: "🔔", no_bell: "🔕", white_check_mark: "✅", heavy_check_mark: "✔️", x: "❌", warning: "⚠️", eyes: "👀",
  raised_hand: "✋", wave: "👋", telephone_receiver: "📞", phone: "☎️", email: "📧", calendar: "📅", hourglass: "⌛",
  stopwatch: "⏱️", alarm_clock: "⏰", tada: "🎉", rocket: "🚀", fire: "🔥", star: "⭐", trophy: "🏆", moneybag: "💰",
  bust_in_silhouette: "👤", office: "🏢", globe_with_meridians: "🌐", round_pushpin: "📍", pushpin: "📌", memo: "📝",
  test_tube: "🧪", lock: "🔒", wastebasket: "🗑️", recycle: "♻️", arrows_counterclockwise: "🔄", thumbsup: "👍",
  "+1": "👍", large_green_circle: "🟢", large_yellow_circle: "🟡", red_circle: "🔴", information_source: "ℹ️",
};
const STYLES = { "*": "strong", _: "em", "~": "s" };

/** Text with Slack's three entities undone. */
export const decode = (text) => text.replace(/&(amp|lt|gt);/g, (_, name) => ENTITIES[name]);

/** The emoji of a name such as "bell", or null. */
export const emoji = (name) => EMOJI[name.toLowerCase()] ?? null;

/** A plain_text object: no markup but emoji names. */
export function plain(text, withEmoji = true) {
  const shown = decode(text ?? "");
  return withEmoji ? shown.replace(/:([a-z0-9_+-]+):/gi, (whole, name) => emoji(name) ?? whole) : shown;
}

/** A mrkdwn text as nodes. `names` = {users: {id: name}, channels: {id: name}}; `verbatim` leaves bare URLs alone. */
export function mrkdwn(text, names, { verbatim = false } = {}) {
  const out = document.createDocumentFragment();
  (text ?? "").split(/```([\s\S]+?)```/).forEach((part, index) => {
    if (index % 2) out.append(el("pre", {}, decode(part.replace(/^\n/, ""))));
    else if (part) out.append(...lines(part, names, verbatim));
  });
  return out;
}

function lines(text, names, verbatim) {
  const out = [];
  let quote = null;
  for (const line of text.split("\n")) {
    const quoted = line.match(/^(?:>|&gt;)\s?(.*)$/s);
    if (quoted) {
      if (quote) quote.append(el("br"));
      else out.push((quote = el("blockquote")));
      quote.append(...inline(quoted[1], names, verbatim));
      continue;
    }
    if (out.length && !quote) out.push(el("br"));
    quote = null;
    out.push(...inline(line, names, verbatim));
  }
  return out;
}

function inline(text, names, verbatim) {
  const out = [];
  let run = "";
  const flush = () => {
    if (run) out.push(decode(run));
    run = "";
  };
  for (let at = 0; at < text.length; ) {
    const [length, node] = piece(text, at, names, verbatim);
    if (node === null) run += text.slice(at, at + length);
    else {
      flush();
      out.push(node);
    }
    at += length;
  }
  flush();
  return out;
}

/** What starts at `at`: [characters used, node or null for plain text]. */
function piece(text, at, names, verbatim) {
  const sticky = (pattern) => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  const starts = at === 0 || /[\s\p{P}\p{S}]/u.test(text[at - 1]);
  let found;
  switch (text[at]) {
    case "<":
      found = sticky(/<([^<>\n]+)>/y);
      return found ? [found[0].length, token(found[1], names)] : [1, null];
    case "`":
      found = starts && sticky(/`([^`\n]+)`/y);
      return found ? [found[0].length, el("code", {}, decode(found[1]))] : [1, null];
    case "*":
    case "_":
    case "~": {
      const mark = `[${text[at]}]`;
      found = starts && sticky(new RegExp(`${mark}(?=\\S)([^\\n]*?\\S)${mark}(?![\\p{L}\\p{N}])`, "uy"));
      return found ? [found[0].length, el(STYLES[text[at]], {}, ...inline(found[1], names, verbatim))] : [1, null];
    }
    case ":": {
      found = sticky(/:([a-z0-9_+-]+):/iy);
      const sign = found && emoji(found[1]);
      return sign ? [found[0].length, el("span", { className: "emoji", title: found[0] }, sign)] : [1, null];
    }
    case "h":
      found = !verbatim && starts && sticky(/https?:\/\/[^\s<>|*~`]+/y);
      return found ? [found[0].length, link(decode(found[0]), decode(found[0]))] : [1, null];
    default:
      return [1, null];
  }
}

/** What stands between < and >: a mention, a channel, a date, a link. */
function token(inside, names) {
  const bar = inside.indexOf("|");
  const target = bar < 0 ? inside : inside.slice(0, bar);
  const label = bar < 0 ? "" : decode(inside.slice(bar + 1));
  const rest = target.slice(1);
  if (target[0] === "@") return el("span", { className: "mention" }, `@${names.users[rest] ?? (label || rest)}`);
  if (target[0] === "#") return el("span", { className: "mention" }, `#${names.channels[rest] ?? (label || rest)}`);
  if (rest.startsWith("date^") && target[0] === "!") return dated(rest, label);
  if (target[0] === "!") return el("span", { className: "mention loud" }, `@${label || rest.replace(/^subteam\^/, "")}`);
  return link(decode(target), label || decode(target).replace(/^(mailto|tel):/, ""));
}

function dated(target, fallback) {
  const [, seconds, format, address] = target.split("^");
  const moment = new Date(Number(seconds) * 1000);
  if (!format || Number.isNaN(moment.getTime())) return el("span", {}, fallback);
  const shown = el("time", { dateTime: moment.toISOString(), title: moment.toLocaleString() }, dateText(moment, format));
  return address ? link(decode(address), shown) : shown;
}

/** A date in one of Slack's formats, in the reader's own time zone. */
export function dateText(moment, format) {
  const day = (options) => moment.toLocaleDateString("en-US", options);
  const nearby = relativeDay(moment);
  const long = { weekday: "long", year: "numeric", month: "long", day: "numeric" };
  const short = { year: "numeric", month: "short", day: "numeric" };
  const middle = { year: "numeric", month: "long", day: "numeric" };
  const tokens = {
    date_num: () => moment.toLocaleDateString("sv-SE"),
    date: () => day(middle),
    date_short: () => day(short),
    date_long: () => day(long),
    date_pretty: () => nearby ?? day(middle),
    date_short_pretty: () => nearby ?? day(short),
    date_long_pretty: () => nearby ?? day(long),
    time: () => clockText(moment, {}),
    time_secs: () => clockText(moment, { second: "2-digit" }),
    ago: () => ago(moment),
  };
  const text = format.replace(/\{(\w+)\}/g, (whole, name) => (tokens[name] ? tokens[name]() : whole));
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const clockText = (moment, more) =>
  moment.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", ...more });

function relativeDay(moment) {
  const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
  const days = Math.round((midnight(moment) - midnight(new Date())) / 86_400_000);
  return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days] ?? null;
}

function ago(moment) {
  const minutes = Math.round((Date.now() - moment.getTime()) / 60_000);
  if (Math.abs(minutes) < 1) return "just now";
  const words = new Intl.RelativeTimeFormat("en");
  if (Math.abs(minutes) < 60) return words.format(-minutes, "minute");
  if (Math.abs(minutes) < 1440) return words.format(-Math.round(minutes / 60), "hour");
  return words.format(-Math.round(minutes / 1440), "day");
}
