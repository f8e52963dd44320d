// A Bot API text with its entities as nodes. Offsets are UTF-16 units, as in JavaScript strings.
import { h } from "/static/dom.js";

const plain = {
  bold: "b",
  italic: "i",
  underline: "u",
  strikethrough: "s",
  code: "code",
  pre: "pre",
  blockquote: "blockquote",
};

function wrap(entity, text, children, onCommand) {
  if (plain[entity.type]) return h(plain[entity.type], {}, ...children);
  if (entity.type === "bot_command") {
    return h(
      "button",
      { class: "command", type: "button", onclick: () => onCommand(text) },
      ...children,
    );
  }
  const address = entity.type === "text_link" ? entity.url : entity.type === "url" ? text : null;
  if (address && /^https?:\/\//.test(address)) {
    return h("a", { href: address, rel: "noreferrer noopener", target: "_blank" }, ...children);
  }
  return h("span", {}, ...children);
}

export function rich(text, entities = [], onCommand = () => {}) {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  const build = (from, to, inside) => {
    const nodes = [];
    let at = from;
    while (inside.length) {
      const entity = inside.shift();
      const end = entity.offset + entity.length;
      if (entity.offset < at) continue;
      if (entity.offset > at) nodes.push(text.slice(at, entity.offset));
      const nested = [];
      while (inside.length && inside[0].offset < end) nested.push(inside.shift());
      nodes.push(
        wrap(entity, text.slice(entity.offset, end), build(entity.offset, end, nested), onCommand),
      );
      at = end;
    }
    if (at < to) nodes.push(text.slice(at, to));
    return nodes;
  };
  return build(0, text.length, sorted);
}
