// The page: fetches the state whenever the server says that something changed, and hands it to the three columns.
import { byId, el } from "./dom.js";
import { showLinkedIn } from "./linkedin.js";
import { showMails } from "./mailbox.js";
import { showSlack } from "./slack.js";

const POLL = 2_000; // ms between looks while the event stream is down

let shown = 0; // the version on the page
let wanted = 0; // the newest version the server spoke of
let isFetching = false;
let isStreaming = false;

function show(state) {
  byId("title").textContent = state.world.title;
  byId("tagline").textContent = state.world.tagline;
  showSteps(state.steps);
  if (showSlack(state)) ring();
  showLinkedIn(state);
  showMails(state);
}

function ring() {
  const bell = document.querySelector(".bell");
  bell.classList.remove("ringing");
  bell.getBoundingClientRect(); // so that a bell that still rings starts anew
  bell.classList.add("ringing");
}

function showSteps(steps) {
  const next = steps.findIndex((step) => !step.done);
  byId("steps").replaceChildren(
    ...steps.map((step, index) =>
      el(
        "li",
        { className: step.done ? "done" : index === next ? "next" : "", data: { step: step.key } },
        el("span", { className: "mark", aria: { label: step.done ? "done" : "to do" } }, step.done ? "✓" : String(index + 1)),
        step.text,
      ),
    ),
  );
}

async function refresh() {
  if (isFetching) return;
  isFetching = true;
  try {
    do {
      const response = await fetch("/api/state");
      const state = await response.json();
      ended(false);
      if (state.version !== shown) {
        shown = state.version;
        show(state);
      }
    } while (isStreaming && wanted > shown);
  } catch (error) {
    if (!(error instanceof TypeError) || !/fetch|network|load/i.test(error.message)) throw error;
    ended(true);
  } finally {
    isFetching = false;
  }
}

const ended = (isEnded) => {
  byId("ended").hidden = !isEnded;
};

function listen() {
  const events = new EventSource("/api/events");
  events.addEventListener("message", (event) => {
    isStreaming = true;
    wanted = Number(event.data);
    if (wanted !== shown) refresh();
  });
  events.addEventListener("error", () => {
    isStreaming = false;
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, POLL);
  });
}

setInterval(() => {
  if (!isStreaming) refresh();
}, POLL);
refresh();
listen();
