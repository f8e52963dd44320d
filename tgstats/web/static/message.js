// One message as the web chat shows it.
import { h } from "/static/dom.js";
import { rich } from "/static/entities.js";

export const nameOf = (user) =>
  [user?.first_name, user?.last_name].filter(Boolean).join(" ") || "somebody";

// A disc with the first letter; the same id always has the same colour.
export function avatar(id, name) {
  return h(
    "i",
    { class: `avatar tint-${Math.abs(id) % 6}`, "aria-hidden": "true" },
    [...(name || "#")][0].toUpperCase(),
  );
}

export function preview(message) {
  if (!message) return "";
  const text =
    message.text ?? message.caption ?? (message.photo ? "Picture" : message.document ? "File" : "");
  return `${message.from?.first_name ?? ""}: ${text}`.slice(0, 80);
}

function service(message) {
  const joined = message.new_chat_members?.map(nameOf).join(", ");
  if (joined) return `${joined} joined`;
  if (message.left_chat_member) return `${nameOf(message.left_chat_member)} left`;
  return null;
}

function keyboard(message, press) {
  const rows = message.reply_markup?.inline_keyboard;
  if (!rows) return null;
  return h(
    "div",
    { class: "keyboard" },
    ...rows.map((row) =>
      h(
        "div",
        {},
        ...row.map((button) =>
          button.url
            ? h(
                "a",
                { href: button.url, target: "_blank", rel: "noreferrer noopener" },
                button.text,
              )
            : h("button", { type: "button", onclick: () => press(message, button) }, button.text),
        ),
      ),
    ),
  );
}

// `by`: who looks (speaker), and what a press on a button or on a command does.
export function messageView(message, by) {
  const said = service(message);
  if (said) return h("li", { class: "service", "data-id": message.message_id }, said);
  const mine = message.from?.id === by.speaker;
  const largest = message.photo?.at(-1);
  const picture =
    message.photo_url &&
    h(
      "a",
      { href: message.photo_url, target: "_blank" },
      h("img", {
        src: message.photo_url,
        alt: message.caption ?? "picture",
        width: largest?.width,
        height: largest?.height,
      }),
    );
  const file =
    message.document_url &&
    h(
      "a",
      { href: message.document_url, download: message.document.file_name ?? "file" },
      message.document.file_name ?? "file",
    );
  const text = message.text ?? message.caption ?? "";
  const reactions = message.reactions
    ?.flatMap((one) => one.reaction.map((kind) => kind.emoji))
    .join(" ");
  const when = new Date(message.date * 1000).toLocaleTimeString([], {
    hour: "2-digit",
    minute: "2-digit",
  });
  return h(
    "li",
    { class: mine ? "mine" : "", "data-id": message.message_id, "data-from": message.from?.id },
    mine ? null : h("span", { class: "from", dir: "auto" }, nameOf(message.from)),
    message.reply_to_message
      ? h("blockquote", { dir: "auto" }, preview(message.reply_to_message))
      : null,
    picture,
    file,
    text
      ? h(
          "div",
          { class: "text", dir: "auto" },
          ...rich(text, message.entities ?? message.caption_entities, by.command),
        )
      : null,
    keyboard(message, by.press),
    reactions ? h("span", { class: "reactions" }, reactions) : null,
    h("time", {}, message.edit_date ? `edited ${when}` : when),
  );
}
