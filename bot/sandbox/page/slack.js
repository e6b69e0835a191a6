// The Slack column: channels, messages, private answers, and who the visitor is.
import { blocks } from "./blocks.js";
import { byId, clock, el, initials, post } from "./dom.js";
import { decode, mrkdwn } from "./mrkdwn.js";

const KEEPS_CHOICE = 10_000; // ms for which a channel the visitor chose is not taken away
const ARRIVALS_KEPT = 200;

let state = null; // the last state shown
let me = null; // the rep the visitor is
let current = null; // the channel shown
let chosenAt = -Infinity;
let newest = null; // a card to scroll to
const cards = new Map(); // "channel/ts" -> {revision, node, pill}
const privates = new Map(); // number of a private answer -> node
const seenPrivates = new Set();
const dismissed = new Set();
const unread = new Map(); // channel -> count
const arrivals = []; // {key, channel, text, at}: the cards that came while the page was open
const pills = new Map(); // card -> "card after 0.21 s"

/** Show `next`; true when a card has come with it. The first state is history: nothing in it is new. */
export function showSlack(next) {
  const isFirst = state === null;
  state = next;
  me ??= next.world.reps[0] ?? null;
  const came = isFirst ? rememberAll() : newCards();
  current = channelToShow(came, isFirst);
  for (const { channel } of came) if (channel !== current) unread.set(channel, (unread.get(channel) ?? 0) + 1);
  draw();
  const at = performance.now();
  for (const card of came) arrivals.push({ ...card, at });
  arrivals.splice(0, Math.max(0, arrivals.length - ARRIVALS_KEPT));
  return came.length > 0;
}

/** The cards that came since `since` (performance.now()) and speak of one of `names`; repeats of a channel included. */
export const cardsSince = (since, names) =>
  arrivals.filter((card) => card.at >= since && names.some((name) => card.text.includes(name)));

/** Write "card after 0.21 s" on a card. */
export function stamp(key, words) {
  pills.set(key, words);
  const pill = cards.get(key)?.pill;
  if (pill) pill.textContent = words;
}

/** "#leads-dach" of a channel id, "a direct message" of a conversation. */
export const channelTitle = (id) => {
  const channel = channelOf(id);
  return !channel || channel.user ? "a direct message" : `#${channel.name}`;
};

/** A short word at the bottom of the workspace. */
export function toast(text) {
  const node = el("div", { className: "toast" }, text);
  byId("toasts").append(node);
  setTimeout(() => node.remove(), 6000);
}

const channelOf = (id) => state.slack.channels.find((channel) => channel.id === id);
const keyOf = (channel, message) => `${channel.id}/${message.ts}`;
const isMine = (channel) => !channel.user || channel.user === me?.user;

function rememberAll() {
  for (const channel of state.slack.channels)
    for (const message of channel.messages) cards.set(keyOf(channel, message), { revision: -1, node: null });
  for (const answer of state.slack.private) seenPrivates.add(answer.number);
  return [];
}

function newCards() {
  const came = [];
  for (const channel of state.slack.channels)
    for (const message of channel.messages) {
      const key = keyOf(channel, message);
      if (cards.has(key)) continue;
      cards.set(key, { revision: -1, node: null, isNew: true });
      came.push({ key, channel: channel.id, text: decode(message.text ?? "") });
    }
  return came;
}

/** Where a card has just come, unless the visitor chose a channel a moment ago; public channels before direct ones. */
function channelToShow(came, isFirst) {
  const visible = sorted().filter(isMine);
  if (isFirst) {
    const latest = (room) => Number(room.messages.at(-1)?.ts ?? 0);
    return [...visible].sort((one, two) => rank(one.id) - rank(two.id) || latest(two) - latest(one))[0]?.id;
  }
  const keeps = performance.now() - chosenAt < KEEPS_CHOICE && channelOf(current);
  const target = [...came].sort((one, two) => rank(one.channel) - rank(two.channel))[0];
  if (target && !keeps && isMine(channelOf(target.channel))) {
    newest = target.key;
    return target.channel;
  }
  newest = came.findLast((card) => card.channel === current)?.key ?? newest;
  return channelOf(current) && isMine(channelOf(current)) ? current : visible[0]?.id;
}

const rank = (id) => (channelOf(id).user ? 2 : channelOf(id).name.includes("admin") ? 1 : 0);

const sorted = () =>
  [...state.slack.channels].sort((one, two) => (one.name ?? "").localeCompare(two.name ?? ""));

function draw() {
  unread.delete(current);
  for (const answer of state.slack.private)
    if (answer.user === me?.user && answer.channel === current) seenPrivates.add(answer.number);
  drawSidebar();
  drawReps();
  drawMessages();
}

function drawSidebar() {
  byId("workspace").textContent = state.world.workspace;
  const rooms = sorted();
  byId("channels").replaceChildren(...rooms.filter((room) => !room.user).map((room) => roomItem(room, "#", room.name)));
  const mine = rooms.filter((room) => room.user && isMine(room));
  byId("dms").replaceChildren(
    ...(mine.length
      ? mine.map((room) => roomItem(room, "●", state.world.title))
      : [el("li", { className: "none" }, "none yet")]),
  );
  byId("sidebar-me").replaceChildren(avatar(me), el("span", {}, me?.name ?? ""));
}

function roomItem(room, sign, name) {
  const count = unread.get(room.id) ?? 0;
  const className = `${room.id === current ? "current" : ""} ${count ? "unread" : ""}`;
  return el(
    "li",
    {},
    el(
      "button",
      { type: "button", className, data: { channel: room.id }, on: { click: () => choose(room.id) } },
      el("span", { className: "sign" }, sign),
      el("span", { className: "room" }, name),
      count > 0 && el("span", { className: "count" }, String(count)),
    ),
  );
}

function choose(id) {
  current = id;
  chosenAt = performance.now();
  newest = null;
  draw();
  toEnd();
}

function drawReps() {
  byId("reps").replaceChildren(
    ...state.world.reps.map((rep) => {
      const isMe = rep.user === me.user;
      return el(
        "button",
        {
          type: "button",
          className: isMe ? "rep me" : "rep",
          title: rep.role ? `${rep.name}, ${rep.role}` : rep.name,
          data: { user: rep.user },
          aria: { role: "radio", checked: String(isMe) },
          on: { click: () => become(rep) },
        },
        avatar(rep),
        el("span", {}, rep.name),
        tellsApart(rep.role) && el("small", {}, rep.role),
        !isMe && hasNews(rep) && el("i", { className: "dot", title: "something new" }),
      );
    }),
  );
}

/** Whether a role is one person's alone; a role that several share only takes room. */
const tellsApart = (role) => Boolean(role) && state.world.reps.filter((rep) => rep.role === role).length === 1;

function become(rep) {
  me = rep;
  if (!isMine(channelOf(current))) current = sorted().find((channel) => !channel.user)?.id;
  draw();
}

/** Whether something waits that only this rep would see. */
function hasNews(rep) {
  const direct = state.slack.channels.some((channel) => channel.user === rep.user && unread.has(channel.id));
  return direct || state.slack.private.some((answer) => answer.user === rep.user && !seenPrivates.has(answer.number));
}

function avatar(rep) {
  const number = Math.max(0, state.world.reps.findIndex((one) => one.user === rep?.user));
  return el("span", { className: `avatar tint-${number % 6}`, aria: { hidden: "true" } }, initials(rep?.name ?? "?"));
}

function drawMessages() {
  const room = channelOf(current);
  byId("channel-name").replaceChildren(
    ...(room?.user ? [state.world.title] : [el("span", { className: "hash" }, "#"), room?.name ?? ""]),
  );
  const pane = byId("messages");
  const wasAtEnd = pane.scrollHeight - pane.scrollTop - pane.clientHeight < 60;
  const shown = room ? conversation(room) : [];
  place(pane, shown.length ? shown : [emptyRoom(room)]);
  const fresh = newest && cards.get(newest)?.node;
  if (fresh?.isConnected) {
    newest = null;
    toEnd();
  } else if (wasAtEnd) toEnd();
}

/** Put exactly `nodes` into `pane`, touching only what differs: an open menu or a focused button stays as it is. */
function place(pane, nodes) {
  nodes.forEach((node, index) => {
    if (pane.childNodes[index] !== node) pane.insertBefore(node, pane.childNodes[index] ?? null);
  });
  while (pane.childNodes.length > nodes.length) pane.lastChild.remove();
}

const emptyRoom = (room) =>
  el(
    "div",
    { className: "empty" },
    el("p", {}, room?.user ? "Nothing here yet." : "No lead has come here yet."),
    el("p", { className: "soft" }, "Submit the form on the left and watch."),
  );

/** The messages of a room, each with its thread below it and the private answers for the visitor where they belong. */
function conversation(room) {
  const mine = state.slack.private.filter(
    (answer) => answer.channel === room.id && answer.user === me.user && !dismissed.has(answer.number),
  );
  const there = new Set(room.messages.map((message) => message.ts));
  const isTop = (message) => !isAnswer(message) || !there.has(message.thread_ts);
  const shown = (message) => [
    card(room, message),
    ...mine.filter((answer) => answer.under === message.ts).map(privateAnswer),
  ];
  const out = room.messages.filter(isTop).flatMap((message) => [
    ...shown(message),
    ...room.messages.filter((one) => isAnswer(one) && one.thread_ts === message.ts).flatMap(shown),
  ]);
  return [...out, ...mine.filter((answer) => !there.has(answer.under)).map(privateAnswer)];
}

/** Whether a message stands in the thread of another one; a message with a thread carries its own ts. */
const isAnswer = (message) => Boolean(message.thread_ts) && message.thread_ts !== message.ts;

function card(room, message) {
  const entry = cards.get(keyOf(room, message));
  if (entry.node && entry.revision === message.revision) return entry.node;
  const wasThere = entry.node !== null && entry.revision >= 0;
  const pill = el("span", { className: "pill" }, pills.get(keyOf(room, message)) ?? "");
  const node = el(
    "article",
    { className: isAnswer(message) ? "message in-thread" : "message", data: { ts: message.ts } },
    author(message),
    el(
      "div",
      { className: "body" },
      el(
        "div",
        { className: "by" },
        el("strong", {}, authorName(message)),
        !isPerson(message) && el("span", { className: "app" }, "APP"),
        el("time", {}, clock(Number(message.ts) * 1000)),
        message.edited && el("span", { className: "edited" }, "edited"),
        pill,
      ),
      el("div", { className: "content" }, ...content(message, room.id, message.ts)),
    ),
  );
  if (entry.isNew) node.classList.add("fresh");
  else if (wasThere) node.classList.add("changed");
  Object.assign(entry, { revision: message.revision, node, pill, isNew: false });
  return node;
}

const isPerson = (message) => state.world.reps.some((rep) => rep.user === message.user);
const authorName = (message) => (isPerson(message) ? state.slack.users[message.user] : state.world.title);

function author(message) {
  if (isPerson(message)) return avatar(state.world.reps.find((rep) => rep.user === message.user));
  return el("span", { className: "avatar bot", aria: { hidden: "true" } });
}

function content(message, channel, ts) {
  const scene = { names: names(), press: (action, option) => press(channel, ts, action, option) };
  if (message.blocks?.length) return blocks(message.blocks, scene);
  return [el("div", { className: "b-text" }, mrkdwn(message.text, scene.names))];
}

const names = () => ({
  users: state.slack.users,
  channels: Object.fromEntries(state.slack.channels.map((channel) => [channel.id, channel.name])),
});

function privateAnswer(answer) {
  const known = privates.get(answer.number);
  if (known) return known;
  const node = el(
    "aside",
    { className: "private", data: { number: answer.number } },
    el("div", { className: "only-you" }, `Only visible to you, ${state.slack.users[answer.user] ?? answer.user}`),
    el("div", { className: "private-body" },
      el("span", { className: "avatar bot small", aria: { hidden: "true" } }),
      el("div", { className: "content" }, ...content(answer, answer.channel, answer.ts)),
      el("button", { type: "button", className: "quiet", on: { click: () => dismiss(answer.number) } }, "Dismiss"),
    ),
  );
  privates.set(answer.number, node);
  setTimeout(() => node.scrollIntoView({ block: "nearest", behavior: "smooth" }), 0);
  return node;
}

function dismiss(number) {
  dismissed.add(number);
  draw();
}

async function press(channel, ts, actionId, option) {
  chosenAt = performance.now();
  const answer = await post("/api/press", { user: me.user, channel, ts, action_id: actionId, option: option ?? null });
  if (!answer.ok) toast(answer.error);
  else if (answer.status === 0) toast("The button did not work: the app gave no answer within Slack's three seconds.");
  else if (answer.status !== 200) toast(`The button did not work: the app answered Slack with ${answer.status}.`);
}

function toEnd() {
  const pane = byId("messages");
  pane.scrollTop = pane.scrollHeight;
}
