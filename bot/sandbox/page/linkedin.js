// The LinkedIn column: a Lead Gen Form filled in by somebody invented, and what else LinkedIn can send.
import { byId, el, post } from "./dom.js";
import { cardsSince, channelTitle, stamp } from "./slack.js";

const CARD_PATIENCE = 12_000; // ms for which a card is waited for before the page says so
const REPEAT_PATIENCE = 1_500; // ms in which a second card would have come

let world = null;
let shown = null; // the form drawn
let waiting = null; // {since, names, found, isBurst}: cards the visitor waits for

/** Show `state`; what the visitor typed stays. */
export function showLinkedIn(state) {
  const isFirst = world === null;
  world = state.world;
  if (isFirst) setUp();
  byId("again").disabled = !state.leads.last;
  byId("delete").disabled = !state.leads.deletable;
  byId("delete").title = state.leads.deletable ? `Deletes the lead of ${state.leads.deletable}` : "";
  settle();
}

function setUp() {
  byId("advertiser").textContent = world.advertiser;
  byId("advertiser-initial").textContent = [...world.advertiser][0] ?? "";
  byId("form").replaceChildren(...world.forms.map((form) => el("option", { value: form.id }, form.name)));
  byId("campaign").replaceChildren(
    ...world.campaigns.map((campaign) => el("option", { value: campaign.id }, campaign.name)),
    el("option", { value: "" }, "no campaign"),
  );
  byId("form").addEventListener("change", drawForm);
  byId("another").addEventListener("click", fillIn);
  byId("lead").addEventListener("submit", submit);
  byId("again").addEventListener("click", again);
  byId("burst").addEventListener("click", burst);
  byId("delete").addEventListener("click", remove);
  drawForm();
}

function drawForm() {
  shown = world.forms.find((form) => form.id === byId("form").value) ?? world.forms[0];
  byId("headline").textContent = shown.name;
  byId("campaign-label").hidden = shown.lead_type !== "SPONSORED" || world.campaigns.length === 0;
  byId("questions").replaceChildren(...shown.questions.map(question));
  byId("consent-label").hidden = shown.consents.length === 0;
  byId("consent-text").textContent = shown.consents.map((consent) => consent.text).join(" ");
  byId("consent").checked = true;
  fillIn();
}

function question(asked) {
  const isShort = ["FIRST_NAME", "LAST_NAME", "COUNTRY", "CITY", "COMPANY_SIZE", "SENIORITY"].includes(asked.predefined);
  const field = asked.options.length
    ? el("select", { name: asked.name }, ...["", ...asked.options].map((option) => el("option", { value: option }, option)))
    : el("input", { type: "text", name: asked.name, maxLength: 300, autocomplete: "off", spellcheck: false });
  return el("label", { className: isShort ? "question short" : "question" }, el("span", {}, asked.text), field);
}

async function fillIn() {
  const form = shown;
  try {
    const response = await fetch(`/api/person?form=${encodeURIComponent(form.id)}`);
    const { answers } = await response.json();
    if (form !== shown) return;
    for (const field of fields()) field.value = answers[field.name] ?? "";
  } catch {
    // the page says elsewhere that the demo has ended
  }
}

const fields = () => [...byId("questions").querySelectorAll("input, select")];

const typed = () => Object.fromEntries(fields().map((field) => [field.name, field.value]));

function typedName(answers) {
  const of = (field) => answers[shown.questions.find((asked) => asked.predefined === field)?.name] ?? "";
  return `${of("FIRST_NAME")} ${of("LAST_NAME")}`.trim();
}

async function submit(event) {
  event.preventDefault();
  const answers = typed();
  const name = typedName(answers);
  await send(byId("submit"), "/api/leads", {
    form: shown.id,
    campaign: byId("campaign-label").hidden ? null : byId("campaign").value || null,
    answers,
    test: byId("test").checked,
    consent: byId("consent").checked,
  }, name ? [name] : null);
}

const burst = () => send(byId("burst"), "/api/burst", { count: 10 }, null);

/** Send, then wait for the cards. A card may be on the page before the request's own answer is. */
async function send(button, path, body, names) {
  waiting = { since: performance.now(), names, found: new Map(), total: 1, path };
  const mine = waiting;
  say("Sent. LinkedIn notifies Leadbell…");
  button.disabled = true;
  const answer = await post(path, body);
  button.disabled = false;
  if (!answer.ok || refused(answer)) {
    waiting = null;
    return say(answer.ok ? refusal(answer) : answer.error, "bad");
  }
  mine.names ??= answer.names;
  mine.total = answer.names.length;
  settle();
  if (path === "/api/leads") fillIn();
  setTimeout(() => mine === waiting && mine.found.size < mine.total && settle(true), CARD_PATIENCE);
}

const refused = (answer) => answer.statuses.some((status) => status !== 200);
const refusal = (answer) => `Leadbell answered the notification with ${answer.statuses.find((status) => status !== 200)}.`;

/** Look which of the awaited cards have come, and say how long it took. */
function settle(isLate = false) {
  if (!waiting?.names) return;
  for (const card of cardsSince(waiting.since, waiting.names)) {
    if (waiting.found.has(card.key)) continue;
    const seconds = ((card.at - waiting.since) / 1000).toFixed(2);
    waiting.found.set(card.key, { ...card, seconds });
    stamp(card.key, `card after ${seconds} s`);
  }
  const found = [...waiting.found.values()];
  if (waiting.total > 1) return found.length && say(...burstWords(found, waiting.total));
  if (found.length) {
    const places = [...new Set(found.map((card) => channelTitle(card.channel)))].join(", ");
    return say(`${waiting.names[0]} is in ${places}: card after ${found[0].seconds} s`, "good");
  }
  if (isLate) say(`${waiting.names[0]} was received, but no card came. Perhaps its rule posts to nobody.`);
  return undefined;
}

function burstWords(found, total) {
  const count = Math.min(found.length, total);
  const words = `${count} of ${total} cards: the first after ${found[0].seconds} s, the latest after ${found.at(-1).seconds} s`;
  return count < total ? [`${words}. Slack takes about one a second per channel.`] : [words, "good"];
}

async function again() {
  waiting = null;
  const since = performance.now();
  const answer = await post("/api/again");
  if (!answer.ok || refused(answer)) return say(answer.ok ? refusal(answer) : answer.error, "bad");
  say(`The notification for ${answer.names[0]} was sent a second time…`);
  setTimeout(() => {
    if (cardsSince(since, answer.names).length) say("Two notifications, and a second card came. That should not be.", "bad");
    else say(`Two notifications for ${answer.names[0]}, one card.`, "good");
  }, REPEAT_PATIENCE);
  return undefined;
}

async function remove() {
  waiting = null;
  const answer = await post("/api/delete");
  if (!answer.ok || refused(answer)) return say(answer.ok ? refusal(answer) : answer.error, "bad");
  return say(`LinkedIn says: ${answer.names[0]} asked to be removed. The card keeps no name.`, "good");
}

function say(text, kind = "") {
  const line = byId("result");
  line.textContent = text;
  line.className = `result ${kind}`;
}
