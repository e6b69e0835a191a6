// The mailbox column. A mail's HTML lives in a frame without rights (sandbox="") under a policy of its own.
import { byId, clock, el, link } from "./dom.js";

let mails = null;
let open = null; // number of the mail in the reading pane
let view = "html";
const read = new Set();

/** Show the mails of `state`, newest first. The first mail to come opens by itself. */
export function showMails(state) {
  const isFirst = mails === null;
  if (isFirst) setUp();
  const known = new Set((mails ?? []).map((mail) => mail.number));
  mails = state.mails;
  if (open === null && mails.length) choose(mails[0].number);
  const fresh = new Set(isFirst ? [] : mails.filter((mail) => !known.has(mail.number)).map((mail) => mail.number));
  if (isFirst || fresh.size || !mails.length) draw(fresh);
}

function setUp() {
  byId("tab-html").addEventListener("click", () => turnTo("html"));
  byId("tab-text").addEventListener("click", () => turnTo("text"));
  byId("mail-large").addEventListener("click", () => {
    const isLarge = document.body.classList.toggle("mail-large");
    byId("mail-large").textContent = isLarge ? "Back" : "Enlarge";
  });
}

function draw(fresh = new Set()) {
  byId("mail-count").textContent = mails.length ? `${mails.length} ${mails.length === 1 ? "mail" : "mails"}` : "";
  byId("no-mail").hidden = mails.length > 0;
  byId("reading").hidden = open === null;
  byId("mails").hidden = mails.length === 0;
  byId("mails").replaceChildren(...mails.map((mail) => item(mail, fresh.has(mail.number))));
}

function item(mail, isFresh) {
  const className = [
    mail.number === open ? "current" : "",
    read.has(mail.number) ? "" : "unread",
    isFresh ? "fresh" : "",
  ].join(" ");
  return el(
    "li",
    {},
    el(
      "button",
      { type: "button", className, data: { mail: mail.number }, on: { click: () => choose(mail.number, true) } },
      el("span", { className: "mail-subject" }, mail.subject),
      el("span", { className: "mail-to" }, `to ${mail.recipients.join(", ")}`),
      el("time", {}, clock(mail.at)),
    ),
  );
}

function choose(number, isByHand = false) {
  open = number;
  if (isByHand) read.add(number);
  const mail = mails.find((one) => one.number === number);
  byId("mail-subject").textContent = mail.subject;
  byId("mail-from").textContent = `From ${mail.sender}`;
  byId("mail-to").textContent = `To ${mail.recipients.join(", ")} · ${clock(mail.at)}`;
  byId("mail-html").src = `/mail/${number}`;
  byId("mail-text").replaceChildren(...linked(mail.text));
  byId("tab-html").disabled = !mail.has_html;
  turnTo(mail.has_html ? view : "text", false);
  draw();
}

function turnTo(next, isChoice = true) {
  if (isChoice) view = next;
  const isHtml = next === "html";
  byId("mail-html").hidden = !isHtml;
  byId("mail-text").hidden = isHtml;
  byId("tab-html").setAttribute("aria-selected", String(isHtml));
  byId("tab-text").setAttribute("aria-selected", String(!isHtml));
}

/** Plain text with its web addresses as links: the frame beside it follows none. */
const linked = (text) =>
  text.split(/(https?:\/\/[^\s<>"]+)/).map((part, index) => (index % 2 ? link(part, part) : part));
