// The web chat: people on this side, bots on the other. Follows /playground/api/changes.
import { ask, h, pause, post } from "/static/dom.js";
import { avatar, messageView, nameOf, preview } from "/static/message.js";

const retry_ms = 1000;
const wait_s = 25;
const typing_ms = 4000;
const answer_ms = 3000;

const find = (id) => document.getElementById(id);
const state = {
  chats: new Map(),
  users: [],
  chat: null,
  speaker: null,
  commands: [],
  shown: new Map(),
  picked: 0,
  typing: 0,
};

const isGroup = (chat) => chat.type !== "private";

// The newest talk first.
function sortedChats() {
  const when = (chat) => chat.last_message?.date ?? 0;
  return [...state.chats.values()].sort(
    (a, b) => when(b) - when(a) || a.title.localeCompare(b.title),
  );
}

function showChats() {
  find("chat-list").replaceChildren(
    ...sortedChats().map((chat) =>
      h(
        "li",
        {},
        h(
          "button",
          {
            type: "button",
            title: chat.title,
            "aria-current": String(chat.id === state.chat),
            onclick: () => openChat(chat.id),
          },
          avatar(chat.id, chat.title),
          h("b", { dir: "auto" }, chat.title || String(chat.id)),
          h("span", { dir: "auto" }, preview(chat.last_message) || "No messages yet"),
        ),
      ),
    ),
  );
}

function showSpeakers() {
  const chat = state.chats.get(state.chat);
  const people = state.users.filter(
    (user) => !user.is_bot && (isGroup(chat) || user.id === chat.id),
  );
  if (!people.some((user) => user.id === state.speaker)) state.speaker = people[0]?.id ?? null;
  find("speaker").replaceChildren(
    ...people.map((user) =>
      h("option", { value: user.id, selected: user.id === state.speaker }, nameOf(user)),
    ),
  );
}

async function press(message, button) {
  try {
    await post("/playground/api/callbacks", {
      chat_id: message.chat.id,
      message_id: message.message_id,
      from: speaker(),
      data: button.callback_data,
    });
  } catch (error) {
    find("typing").textContent = error.message;
  }
}

// What the bot says to a press: for a moment, or until it is closed.
function showAnswer({ text, show_alert }) {
  if (!text) return;
  const close = () => note.remove();
  const note = h(
    "div",
    { class: show_alert ? "answer alert" : "answer", role: "alert" },
    h("span", { dir: "auto" }, text),
    show_alert ? h("button", { type: "button", onclick: close }, "OK") : null,
  );
  document.body.append(note);
  if (!show_alert) setTimeout(close, answer_ms);
}

function put(message) {
  const list = find("messages");
  const near = list.scrollHeight - list.scrollTop - list.clientHeight < 120;
  const node = messageView(message, { speaker: state.speaker, press, command: useCommand });
  const old = state.shown.get(message.message_id);
  if (old) old.replaceWith(node);
  else list.append(node);
  state.shown.set(message.message_id, node);
  const down = () => {
    if (near) list.scrollTop = list.scrollHeight;
  };
  node.querySelector("img")?.addEventListener("load", down);
  down();
}

async function openChat(id) {
  state.chat = id;
  const chat = state.chats.get(id);
  find("chat-title").textContent = chat.title;
  const people = chat.members.filter((member) => !member.user.is_bot).length;
  find("chat-facts").textContent = isGroup(chat)
    ? `group, ${people} ${people === 1 ? "person" : "people"} here`
    : "private chat with the bot";
  showChats();
  showSpeakers();
  const { messages } = await ask(`/playground/api/messages?chat_id=${id}`);
  if (state.chat !== id) return;
  state.shown.clear();
  find("messages").replaceChildren();
  messages.forEach(put);
  find("messages").scrollTop = find("messages").scrollHeight;
  location.hash = String(id);
  await readCommands();
  find("text").focus();
}

async function readCommands() {
  if (state.chat === null) return;
  state.commands = (
    await ask(`/playground/api/commands?chat_id=${state.chat}&user_id=${state.speaker ?? 0}`)
  ).commands;
  showMenu();
}

function matching() {
  const typed = find("text").value;
  if (!/^\/\w*$/.test(typed)) return [];
  return state.commands.filter(({ command }) => command.startsWith(typed.slice(1).toLowerCase()));
}

function showMenu() {
  const commands = document.activeElement === find("text") ? matching() : [];
  state.picked = Math.min(state.picked, Math.max(commands.length - 1, 0));
  find("menu").hidden = commands.length === 0;
  find("menu").replaceChildren(
    ...commands.map(({ command, description }, index) =>
      h(
        "li",
        {},
        h(
          "button",
          {
            type: "button",
            "aria-selected": String(index === state.picked),
            onmousedown: (event) => {
              event.preventDefault();
              useCommand(`/${command}`);
            },
          },
          h("b", {}, `/${command}`),
          h("span", {}, description),
        ),
      ),
    ),
  );
}

function useCommand(text) {
  find("text").value = `${text} `;
  find("text").focus();
  showMenu();
}

const speaker = () => state.users.find((user) => user.id === state.speaker);

async function send(event) {
  event.preventDefault();
  const text = find("text").value.trim();
  if (!text || !speaker()) return;
  find("text").value = "";
  showMenu();
  const { id, first_name, username } = speaker();
  try {
    await post("/playground/api/messages", {
      chat_id: state.chat,
      from: { id, first_name, username },
      text,
    });
  } catch (error) {
    find("text").value = text;
    find("typing").textContent = error.message;
  }
}

function keys(event) {
  const commands = matching();
  if (event.key === "Escape") find("menu").hidden = true;
  if (!commands.length || find("menu").hidden) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    state.picked = (state.picked + step + commands.length) % commands.length;
    showMenu();
    event.preventDefault();
  } else if (event.key === "Tab") {
    useCommand(`/${commands[state.picked].command}`);
    event.preventDefault();
  }
}

function showAction(change) {
  const what =
    { typing: "is writing …", upload_photo: "is sending a picture …" }[change.message.action] ??
    "is busy …";
  find("typing").textContent = `The bot ${what}`;
  clearTimeout(state.typing);
  state.typing = setTimeout(() => {
    find("typing").textContent = "";
  }, typing_ms);
}

function apply(change) {
  // Who administers a group has another menu.
  if (change.kind === "commands" || change.kind === "members") return readCommands();
  const chat = state.chats.get(change.chat_id);
  if (!chat) return readChats();
  const here = change.chat_id === state.chat;
  if (change.kind === "message") {
    chat.last_message = change.message;
    showChats();
  }
  if (!here) return null;
  if (change.kind === "message" || change.kind === "edited") {
    put(change.message);
    if (change.message.from?.is_bot) find("typing").textContent = "";
  } else if (change.kind === "deleted") {
    state.shown.get(change.message.message_id)?.remove();
  } else if (change.kind === "action") showAction(change);
  else if (change.kind === "answer") showAnswer(change.message);
  return null;
}

async function readChats() {
  const [{ chats }, { users }] = await Promise.all([
    ask("/playground/api/chats"),
    ask("/playground/api/users"),
  ]);
  state.chats = new Map(chats.map((chat) => [chat.id, chat]));
  state.users = users;
  showChats();
  if (state.chat !== null && state.chats.has(state.chat)) showSpeakers();
}

async function follow(after) {
  for (;;) {
    try {
      const { changes, last, gap } = await ask(
        `/playground/api/changes?after=${after}&wait=${wait_s}`,
      );
      if (gap) await readChats();
      if (gap) await openChat(state.chats.has(state.chat) ? state.chat : chatToOpen());
      for (const change of changes) await apply(change);
      after = last;
      document.body.classList.remove("offline");
    } catch {
      document.body.classList.add("offline");
      await pause(retry_ms);
    }
  }
}

async function newChat() {
  const title = prompt("Name of the new group");
  if (!title) return;
  const id = -1000000000000 - Math.floor(Math.random() * 1e9);
  await post("/playground/api/chats", {
    id,
    title,
    type: "supergroup",
    members: state.users.filter((user) => !user.is_bot),
  });
  await readChats();
  await openChat(id);
}

// The one in the address, or the group with the newest talk.
function chatToOpen() {
  const wanted = Number(location.hash.slice(1));
  if (state.chats.has(wanted)) return wanted;
  return (sortedChats().find(isGroup) ?? sortedChats()[0]).id;
}

async function start() {
  find("composer").addEventListener("submit", send);
  find("text").addEventListener("input", showMenu);
  find("text").addEventListener("focus", showMenu);
  find("text").addEventListener("blur", showMenu);
  find("text").addEventListener("keydown", keys);
  find("commands").addEventListener("click", () => {
    find("text").value = "/";
    find("text").focus();
    showMenu();
  });
  find("speaker").addEventListener("change", (event) => {
    state.speaker = Number(event.target.value);
    openChat(state.chat);
  });
  find("new-chat").addEventListener("click", newChat);
  find("show-panel").addEventListener("click", (event) => {
    event.target.setAttribute(
      "aria-expanded",
      String(document.body.classList.toggle("panel-open")),
    );
  });
  for (;;) {
    try {
      const { last } = await ask("/playground/api/changes?after=0");
      await readChats();
      await openChat(chatToOpen());
      await follow(last);
    } catch {
      await pause(retry_ms);
    }
  }
}

start();
