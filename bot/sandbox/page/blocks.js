// Block Kit JSON as nodes: https://docs.slack.dev/reference/block-kit/blocks
import { byId, el, link } from "./dom.js";
import { dateText, emoji, mrkdwn, plain } from "./mrkdwn.js";

/**
 * Blocks as nodes. `scene` = {names: {users, channels}, press(actionId, option) -> Promise}.
 * A kind this page does not know is named instead of hidden, so that nobody believes it is not there.
 */
export function blocks(list, scene) {
  return list.map((block) => (BLOCKS[block.type] ?? unknown)(block, scene));
}

const BLOCKS = {
  header: (block) => el("h3", { className: "b-header" }, plain(block.text?.text, block.text?.emoji ?? true)),
  divider: () => el("hr", { className: "b-divider" }),
  section,
  context: (block, scene) =>
    el("div", { className: "b-context" }, ...block.elements.map((part) => el("span", {}, contextPart(part, scene)))),
  actions: (block, scene) =>
    el("div", { className: "b-actions" }, ...block.elements.map((element) => control(element, scene))),
  image: (block) => el("p", { className: "b-image" }, `Image: ${block.alt_text ?? ""}`),
  rich_text: (block, scene) => el("div", { className: "b-rich" }, ...block.elements.map((part) => rich(part, scene))),
};

const unknown = (block) => el("p", { className: "b-unknown" }, `(a block of type ${block.type})`);

function section(block, scene) {
  const main = el("div", { className: "b-main" });
  if (block.text) main.append(el("div", { className: "b-text" }, said(block.text, scene)));
  if (block.fields?.length) {
    const fields = block.fields.map((field) => el("div", { className: "b-field" }, said(field, scene)));
    main.append(el("div", { className: "b-fields" }, ...fields));
  }
  const side = block.accessory && el("div", { className: "b-side" }, control(block.accessory, scene));
  return el("div", { className: "b-section" }, main, side);
}

/** A text object. */
function said(text, scene) {
  if (text.type === "mrkdwn") return mrkdwn(text.text, scene.names, { verbatim: text.verbatim });
  return plain(text.text, text.emoji ?? true);
}

const contextPart = (part, scene) => (part.type === "image" ? `[${part.alt_text ?? "image"}]` : said(part, scene));

function control(element, scene) {
  const known = { button, static_select: menu, overflow: menu, image: (it) => el("span", {}, `[${it.alt_text}]`) };
  return (known[element.type] ?? unknown)(element, scene);
}

function button(element, scene) {
  const label = plain(element.text?.text, element.text?.emoji ?? true);
  const className = `b-button ${["primary", "danger"].includes(element.style) ? element.style : ""}`;
  const node = el("button", { type: "button", className, data: { action: element.action_id ?? "" } }, label);
  if (element.accessibility_label) node.setAttribute("aria-label", element.accessibility_label);
  node.addEventListener("click", () => go(node, element, undefined, scene));
  return element.url ? el("span", { className: "b-linked" }, link(element.url, node)) : node;
}

function menu(element, scene) {
  const title = element.type === "overflow" ? "⋯" : plain(element.placeholder?.text ?? "Choose…");
  const entry = (choice) => el("option", { value: choice.value }, plain(choice.text?.text));
  const groups = (element.option_groups ?? []).map((group) =>
    el("optgroup", { label: plain(group.label?.text) }, ...group.options.map(entry)),
  );
  const node = el(
    "select",
    { className: "b-menu", data: { action: element.action_id ?? "" }, aria: { label: title } },
    el("option", { value: "", hidden: true, selected: true, disabled: true }, title),
    ...(element.options ?? []).map(entry),
    ...groups,
  );
  node.addEventListener("change", async () => {
    const option = node.value;
    node.value = "";
    await go(node, element, option, scene);
  });
  return node;
}

async function go(node, element, option, scene) {
  if (element.confirm && !(await confirmed(element.confirm))) return;
  node.disabled = true;
  node.classList.add("busy");
  await scene.press(element.action_id, option);
  node.disabled = false;
  node.classList.remove("busy");
}

function confirmed(asked) {
  const dialog = byId("confirm");
  byId("confirm-title").textContent = plain(asked.title?.text ?? "Are you sure?");
  byId("confirm-text").textContent = plain(asked.text?.text ?? "");
  byId("confirm-yes").textContent = plain(asked.confirm?.text ?? "Yes");
  byId("confirm-no").textContent = plain(asked.deny?.text ?? "Cancel");
  dialog.showModal();
  // not the dialog's "close": that comes later, and could answer the next question
  return new Promise((resolve) => {
    dialog.querySelector("form").onsubmit = (event) => resolve(event.submitter?.value === "yes");
    dialog.oncancel = () => resolve(false);
  });
}

/** rich_text: its texts are literal, nothing in them is markup. */
function rich(part, scene) {
  const inside = () => part.elements.map((element) => richElement(element, scene));
  switch (part.type) {
    case "rich_text_section":
      return el("div", {}, ...inside());
    case "rich_text_quote":
      return el("blockquote", {}, ...inside());
    case "rich_text_preformatted":
      return el("pre", {}, ...inside());
    case "rich_text_list":
      return el(part.style === "ordered" ? "ol" : "ul", {}, ...inside().map((item) => el("li", {}, item)));
    default:
      return unknown(part);
  }
}

function richElement(element, scene) {
  switch (element.type) {
    case "text":
      return styled(element.text, element.style);
    case "link":
      return link(element.url, styled(element.text ?? element.url, element.style));
    case "emoji":
      return emoji(element.name) ?? `:${element.name}:`;
    case "user":
      return el("span", { className: "mention" }, `@${scene.names.users[element.user_id] ?? element.user_id}`);
    case "channel":
      return el("span", { className: "mention" }, `#${scene.names.channels[element.channel_id] ?? element.channel_id}`);
    case "broadcast":
      return el("span", { className: "mention loud" }, `@${element.range}`);
    case "date":
      return dateText(new Date(element.timestamp * 1000), element.format);
    default:
      return rich(element, scene);
  }
}

function styled(text, style = {}) {
  const tags = { code: "code", bold: "strong", italic: "em", strike: "s" };
  return Object.entries(tags).reduce((node, [name, tag]) => (style[name] ? el(tag, {}, node) : node), text);
}
