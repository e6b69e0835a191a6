// Builds nodes. Whatever comes from a lead, a message or a mail becomes text here, never markup.

/** A node; `props` are properties ("className"), `on` listeners, `data`/`aria` attributes. Strings become text. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  const { on = {}, data = {}, aria = {}, ...rest } = props;
  Object.assign(node, rest);
  for (const [name, listener] of Object.entries(on)) node.addEventListener(name, listener);
  for (const [name, value] of Object.entries(data)) node.dataset[name] = value;
  for (const [name, value] of Object.entries(aria)) node.setAttribute(name === "role" ? name : `aria-${name}`, value);
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/** An address that may become a link, or null: the page never links to javascript: or data:. */
export function safeAddress(text) {
  try {
    const url = new URL(text);
    return ["http:", "https:", "mailto:", "tel:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** A link that tells its target nothing, or plain text when the address is not one we follow. */
export function link(address, ...children) {
  const href = safeAddress(address);
  if (href === null) return el("span", {}, ...children);
  return el("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, ...children);
}

/** "AS" for "Anna Schmidt". */
export const initials = (name) =>
  name.split(/\s+/).filter(Boolean).map((word) => [...word][0]).slice(0, 2).join("").toUpperCase();

/** "14:02" of a Slack ts or of milliseconds. */
export const clock = (ms) =>
  new Date(ms).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });

/** POST JSON; answers {ok, status, ...fields}. Never throws: a dead server is an answer too. */
export async function post(path, fields = {}) {
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(fields),
    });
    return { ok: response.ok, code: response.status, ...(await response.json()) };
  } catch {
    return { ok: false, code: 0, error: "The demo does not answer any more." };
  }
}
