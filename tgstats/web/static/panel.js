// The plugins and the live events. Follows /api/events/stream; re-reads the plugins when
// something happened to one.
import { ask, clock, h, pause } from "/static/dom.js";

const retry_ms = 1000;
const events_max = 300;
const quiet_events = new Set(["command_menu_set"]);

const languages = { cpp: "C++", python: "Python" };

const panel = document.getElementById("panel");
const list = h("div", { id: "plugins" });
const count = h("span", {});
const events = h("div", { id: "events" });
const notice = h("p", { class: "notice", hidden: true });
panel.append(
  notice,
  h("section", { id: "plugins-box" }, h("h3", {}, "Plugins", count), list),
  h("section", { id: "events-box" }, h("h3", {}, "Events"), events),
);

const opened = new Set(); // plugins whose history is shown
let reading = false;
let again = false;

function headers() {
  const token = sessionStorage.getItem("admin_token");
  return token ? { Authorization: `Bearer ${token}` } : {};
}

function say(text) {
  notice.textContent = text;
  notice.hidden = !text;
}

async function act(name, verb, body) {
  try {
    await ask(`/api/plugins/${encodeURIComponent(name)}/${verb}`, {
      method: "POST",
      headers: body ? { ...headers(), "Content-Type": "application/json" } : headers(),
      body: body && JSON.stringify(body),
    });
    say("");
  } catch (error) {
    say(error.message);
  }
  await readPlugins();
}

const round = (number) => (number >= 100 ? Math.round(number) : Math.round(number * 10) / 10);
const duration = (ms) => (ms >= 1000 ? `${round(ms / 1000)} s` : `${round(ms)} ms`);

function reloadText(plugin) {
  const times = plugin.last_reload;
  if (!times) return null;
  const stages = ["built", "started", "loaded", "probed"]
    .filter((stage) => times[`${stage}_ms`] >= 0.05)
    .map((stage) => `${stage} ${duration(times[`${stage}_ms`])}`)
    .join(", ");
  const when =
    plugin.last_change && !plugin.error ? `${clock(new Date(plugin.last_change))}: ` : "";
  const built = times.built_ms >= 1 ? `, built in ${duration(times.built_ms)}` : "";
  return h("p", { title: stages }, `${when}live in ${duration(times.live_ms)}${built}`);
}

function errorView(error, serving) {
  if (!error) return [];
  const kept = serving ? "; the generation before goes on answering" : "";
  const text = error.diagnostics.map((one) => one.text).join("\n");
  const told = error.diagnostics.every((one) => error.output.includes(one.text));
  return [
    h("p", { class: "error" }, `${error.stage} failed: ${error.reason}${kept}`),
    text || error.output
      ? h(
          "pre",
          { class: "diagnostics" },
          [told ? "" : text, error.output].filter(Boolean).join("\n\n"),
        )
      : null,
  ];
}

function generationView(plugin, one) {
  const serves = one.generation === plugin.generation;
  const back = () => act(plugin.name, "rollback", { generation: one.generation });
  const how = serves ? "serves" : one.end || "was replaced";
  const when = clock(new Date(one.published));
  return h(
    "li",
    { "data-generation": one.generation },
    h(
      "span",
      { title: one.reason },
      `generation ${one.generation} · ${when} · ${one.fingerprint} · ${how}`,
    ),
    serves ? null : h("button", { type: "button", onclick: back }, "Roll back"),
  );
}

async function fillHistory(plugin, list) {
  try {
    const path = `/api/plugins/${encodeURIComponent(plugin.name)}/history`;
    const { generations } = await ask(path, { headers: headers() });
    list.replaceChildren(...generations.map((one) => generationView(plugin, one)));
  } catch (error) {
    say(error.message);
  }
}

// Open ones stay open when the plugins are read again.
function historyView(plugin) {
  const list = h("ol", { class: "history" });
  const toggled = (event) => {
    if (!event.target.open) return opened.delete(plugin.name);
    opened.add(plugin.name);
    return fillHistory(plugin, list);
  };
  return h(
    "details",
    { open: opened.has(plugin.name), ontoggle: toggled },
    h("summary", {}, "History"),
    list,
  );
}

function pluginView(plugin) {
  const commands = plugin.commands.map((command) => `/${command.name}`).join(" ");
  const other = plugin.offers
    .filter((offer) => offer.kind !== "command")
    .map((offer) => `${offer.kind} ${offer.name}`)
    .join(", ");
  const stage = plugin.enabled ? plugin.stage : "disabled";
  const facts = [
    languages[plugin.language] ?? plugin.language,
    plugin.version,
    plugin.pid ? `pid ${plugin.pid}` : "",
    plugin.sandbox ? `sandbox ${plugin.sandbox}` : "",
  ]
    .filter(Boolean)
    .join(" · ");
  const switching = plugin.enabled ? "disable" : "enable";
  return h(
    "article",
    {
      class: `plugin${plugin.error ? " bad" : ""}`,
      "data-plugin": plugin.name,
      "data-generation": plugin.generation,
    },
    h(
      "header",
      {},
      h("b", {}, plugin.name),
      h(
        "span",
        { class: "generation" },
        plugin.generation ? `generation ${plugin.generation}` : "",
      ),
      h("span", { class: `stage ${stage}` }, stage),
    ),
    plugin.description ? h("p", { class: "what" }, plugin.description) : null,
    commands || other ? h("p", {}, [commands, other].filter(Boolean).join(" · ")) : null,
    reloadText(plugin),
    ...errorView(plugin.error, plugin.serving),
    historyView(plugin),
    h(
      "footer",
      {},
      h("span", {}, facts),
      h("button", { type: "button", onclick: () => act(plugin.name, "reload") }, "Reload"),
      h(
        "button",
        { type: "button", onclick: () => act(plugin.name, switching) },
        switching === "enable" ? "Enable" : "Disable",
      ),
    ),
  );
}

// At most one reading at a time; what happens meanwhile leads to one more.
async function readPlugins() {
  if (reading) {
    again = true;
    return;
  }
  reading = true;
  try {
    const plugins = await ask("/api/plugins", { headers: headers() });
    const urgent = (plugin) => (plugin.error ? 0 : 1);
    list.replaceChildren(...plugins.sort((a, b) => urgent(a) - urgent(b)).map(pluginView));
    if (!plugins.length)
      list.append(h("p", {}, "No plugins yet. Put a file into the plugins folder."));
    const serving = plugins.filter((plugin) => plugin.serving).length;
    count.textContent = `${serving} of ${plugins.length} serving`;
    say("");
  } catch (error) {
    if (error.status === 401) askForToken();
    else if (error.status === 404)
      say("This playground runs alone: no bot is in this program, so there are no plugins.");
    else say("The bot does not answer. Waiting for it.");
  } finally {
    reading = false;
  }
  if (!again) return;
  again = false;
  await readPlugins();
}

function askForToken() {
  const field = h("input", {
    type: "password",
    placeholder: "ADMIN_TOKEN",
    "aria-label": "Admin token",
  });
  const use = (event) => {
    event.preventDefault();
    sessionStorage.setItem("admin_token", field.value);
    location.reload();
  };
  list.replaceChildren(
    h(
      "form",
      { onsubmit: use },
      h("p", {}, "This needs the token that the bot was started with."),
      field,
      h("button", { type: "submit" }, "Open"),
    ),
  );
}

function fieldText([name, value]) {
  if (Array.isArray(value)) return value.length ? `${name}=[${value.join(", ")}]` : "";
  if (value === 0 && name.endsWith("_ms")) return "";
  if (typeof value === "number") return `${name}=${Number.isInteger(value) ? value : round(value)}`;
  return value === "" ? "" : `${name}=${value}`;
}

function showEvent(event) {
  const { seq, time, level, event: name, output, diagnostics, ...fields } = event;
  if (quiet_events.has(name)) return;
  const text = Object.entries(fields).map(fieldText).filter(Boolean).join(" ");
  events.prepend(
    h(
      "div",
      { class: `event ${level}`, "data-event": name, "data-seq": seq },
      h("time", {}, clock(new Date(time))),
      " ",
      h("b", {}, name),
      " ",
      h("span", {}, text),
      level === "error" && output && !diagnostics?.length ? h("pre", {}, output) : null,
    ),
  );
  while (events.childElementCount > events_max) events.lastElementChild.remove();
}

// Server-sent events by fetch: an EventSource cannot send the Authorization header.
async function* lines(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n");
    rest = parts.pop();
    yield* parts;
  }
}

async function follow() {
  let after = 0;
  for (;;) {
    try {
      const response = await fetch(`/api/events/stream?after=${after}`, { headers: headers() });
      if (response.status === 404 || response.status === 401) {
        await readPlugins();
        return;
      }
      await readPlugins();
      for await (const line of lines(response)) {
        // Not every change is an event: an edit that is undone only takes its error away.
        if (line.startsWith(":")) readPlugins();
        if (!line.startsWith('data: {"seq"')) continue;
        const event = JSON.parse(line.slice(6));
        after = event.seq;
        showEvent(event);
        readPlugins();
      }
    } catch {
      say("The bot does not answer. Waiting for it.");
    }
    await pause(retry_ms);
    const { last } = await ask("/api/events?limit=1", { headers: headers() }).catch(() => ({
      last: after,
    }));
    if (last < after) after = 0; // the bot was started anew
  }
}

follow();
