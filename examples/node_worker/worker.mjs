#!/usr/bin/env node
// A worker for plugins in JavaScript: one script, no packages, written from docs/protocol.md and
// the golden transcripts. A plugin is a CommonJS module that exports a class; echo.js and keeper.js
// beside this file show all that it may have.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { Socket } from 'node:net';
import { isAbsolute, sep } from 'node:path';

const SOCKET_FD = 3;
const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;
const SHUTDOWN_MS = 1000;
const PLUGIN_ERROR = -32000, CANCELLED = -32002, INVALID_REQUEST = -32600, UNKNOWN_METHOD = -32601;
const BAD_PARAMS = -32602;

class RpcError extends Error {
  constructor(code, message, data) {
    super(message);
    this.name = 'RpcError';
    this.code = code;
    this.data = data;
  }
}
class Refusal extends RpcError {}  // a request that makes no sense: not the plugin's failure

// --- the conversation --------------------------------------------------------------------------

class Peer {
  constructor(socket, serve) {
    this.socket = socket;
    this.serve = serve;
    this.chunks = [];
    this.bytes = 0;
    this.lastId = 0;
    this.calls = new Map();    // our requests: id -> {resolve, reject}
    this.serving = new Map();  // the host's: id -> reject, which ends the wait for it
    this.ended = new Promise(resolve => { this.end = resolve; });
    socket.on('data', data => this.received(data));
    socket.on('end', () => this.close());
    socket.on('error', () => this.close());
  }

  close() {
    if (this.closed) return;
    this.closed = true;
    this.socket.pause();
    const gone = new RpcError(CANCELLED, 'the host is gone');
    for (const { reject } of this.calls.values()) reject(gone);
    this.end();
  }

  received(data) {
    let from = 0;
    for (let at = data.indexOf(10); at >= 0 && !this.closed; at = data.indexOf(10, from)) {
      this.chunks.push(data.subarray(from, at));
      from = at + 1;
      const line = Buffer.concat(this.chunks);
      this.chunks = [];
      this.bytes = 0;
      this.message(line);
    }
    this.chunks.push(data.subarray(from));
    this.bytes += data.length - from;
    if (this.bytes > MESSAGE_BYTES_MAX) this.close();
  }

  message(line) {
    let message;
    try {
      message = JSON.parse(line.toString('utf8'));
    } catch {
      return this.close();
    }
    if (message?.jsonrpc !== '2.0' || Array.isArray(message)) return this.close();
    if (typeof message.method === 'string') {
      if (!('id' in message)) return this.notified(message);
      return this.requested(message);
    }
    if (!('result' in message) && !('error' in message)) return this.close();
    const call = this.calls.get(message.id);
    if (!call) return undefined;
    this.calls.delete(message.id);
    const { error } = message;
    if (error) return call.reject(new RpcError(error.code, error.message, error.data));
    return call.resolve(message.result);
  }

  notified({ method, params }) {
    if (method === 'cancel') this.serving.get(params?.id)?.(new Refusal(CANCELLED, 'cancelled'));
  }

  async requested({ id, method, params }) {
    const cancelled = new Promise((_, reject) => this.serving.set(id, reject));
    let reply;
    try {
      const answered = this.serve(method, params ?? {});
      reply = { result: (await Promise.race([answered, cancelled])) ?? null };
    } catch (error) {
      reply = { error: error instanceof Refusal ? plain(error) : described(error) };
    }
    this.serving.delete(id);
    this.send({ jsonrpc: '2.0', id, ...reply });
  }

  call(method, params) {
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      if (this.closed) return reject(new RpcError(CANCELLED, 'the host is gone'));
      this.calls.set(id, { resolve, reject });
      return this.send({ jsonrpc: '2.0', id, method, params });
    });
  }

  notify(method, params) {
    this.send({ jsonrpc: '2.0', method, params });
  }

  send(message) {
    if (this.closed) return;
    let line = JSON.stringify(message);
    if (Buffer.byteLength(line) >= MESSAGE_BYTES_MAX) {
      const why = `the message is over ${MESSAGE_BYTES_MAX} bytes`;
      const error = { code: PLUGIN_ERROR, message: why };
      line = JSON.stringify({ jsonrpc: '2.0', id: message.id ?? 0, error });
    }
    this.socket.write(line + '\n');
  }
}

function plain({ code, message }) {
  return { code, message };
}

// What the plugin threw, and where: the first line of the stack that lies in a file of its own.
function described(error) {
  const type = error?.name ?? typeof error, message = String(error?.message ?? error);
  const stack = String(error?.stack ?? '');
  const own = stack.split('\n').find(line => line.includes('/') && !line.includes('node:') &&
    !line.includes(import.meta.url.slice('file://'.length)));
  const place = own?.match(/(\/[^():]+):(\d+)/);
  const data = { type, message, traceback: stack };
  if (place) Object.assign(data, { file: place[1], line: Number(place[2]) });
  return { code: PLUGIN_ERROR, message: `${type}: ${message}`, data };
}

// --- what a handler is given -------------------------------------------------------------------

// Everywhere: this.host.config, .log(…), .state, .callService(…).
class Host {
  constructor(peer, params) {
    this.peer = peer;
    this.config = params.config ?? {};
    this.dataDir = params.data_dir;
    const call = (method, asked) => peer.call(method, asked);
    this.state = {
      get: async (key, otherwise = null) => {
        const { value, found } = await call('state.get', { key });
        return found ? value : otherwise;
      },
      set: (key, value) => call('state.set', { key, value }),
      delete: key => call('state.delete', { key }),
      keys: async prefix => (await call('state.keys', prefix ? { prefix } : {})).keys,
    };
  }

  log(level, message, fields = {}) {
    this.peer.notify('log', { level, message, fields });
  }

  async callService(service, params = {}) {
    return (await this.peer.call('service.call', { service, params })).result;
  }
}

// With an event: what is sent is collected, and goes out only when the handler has succeeded.
class Turn {
  constructor(host, event, update = event) {
    Object.assign(this, { host, event, update, effects: [] });
    const [carried] = Object.entries(update).filter(([name]) => name !== 'update_id');
    this.message = event.message ?? (update === event ? undefined : carried?.[1]);
    this.chatId = event.chat_id ?? this.message?.chat?.id;
  }

  send(chatId, text, more = {}) {
    this.effects.push({ method: 'sendMessage', params: { chat_id: chatId, text, ...more } });
  }

  reply(text, more = {}) {
    this.send(this.chatId, text, more);
  }

  sendNow(method, params) {
    return this.host.peer.call('telegram.call', {
      method, params: { chat_id: this.chatId, ...params } });
  }

  store(verb, params = {}) {
    return this.host.peer.call(`store.${verb}`, { chat_id: this.chatId, ...params });
  }
}

const ANSWERS = {
  async command(host, handler, event) {
    const turn = new Turn(host, event);
    await handler.run(turn, ...event.args);
    return { effects: turn.effects };
  },
  async observer(host, handler, event) {
    if (handler.batch) {
      const turn = new Turn(host, event);
      await handler.batch(event.updates, turn);
      return { effects: turn.effects };
    }
    const effects = [];
    for (const update of event.updates) {
      const turn = new Turn(host, event, update);
      await handler(turn);
      effects.push(...turn.effects);
    }
    return { effects };
  },
  async schedule(host, handler, event) {
    const turn = new Turn(host, event);
    await handler.run(turn);
    return { effects: turn.effects };
  },
  async statistic(host, handler, event) {
    return { result: await handler.run(event.params, new Turn(host, event)) };
  },
  async service(host, handler, event) {
    return { result: await handler.run(event.params, new Turn(host, event)) };
  },
};
const LISTED = { command: 'commands', statistic: 'statistics', observer: 'observers',
  service: 'services', schedule: 'schedules' };

// --- one plugin --------------------------------------------------------------------------------

class Worker {
  constructor(peer) {
    this.peer = peer;
    this.files = new Map();
    const { load, migrate, probe, handle } = this;
    this.methods = { load, migrate, probe, handle };
  }

  async serve(method, params) {
    const answer = Object.hasOwn(this.methods, method) && this.methods[method];
    if (!answer) throw new Refusal(UNKNOWN_METHOD, `unknown method ${method}`);
    if ((method === 'load') === Boolean(this.plugin)) {
      throw new Refusal(INVALID_REQUEST, this.plugin ? 'load comes once' : `${method} before load`);
    }
    return answer.call(this, params);
  }

  async load(params) {
    if (params.language !== 'javascript') {
      throw new Refusal(BAD_PARAMS, `this worker runs javascript, not ${params.language}`);
    }
    if (typeof params.entry !== 'string' || !isAbsolute(params.entry)) {
      throw new Refusal(BAD_PARAMS, 'entry must be an absolute path');
    }
    this.recordFiles(params.roots ?? []);
    const Plugin = createRequire(params.entry)(params.entry);
    const plugin = new Plugin();
    this.host = plugin.host = new Host(this.peer, params);
    await plugin.initialize?.();
    this.plugin = plugin;
    return this.manifest(plugin);
  }

  // The bytes that are compiled are the bytes that are hashed.
  recordFiles(roots) {
    const folders = roots.map(root => (root.endsWith(sep) ? root : root + sep));
    const below = path => folders.some(folder => path.startsWith(folder));
    Module._extensions['.js'] = (module, path) => {
      const source = readFileSync(path);
      if (below(path)) this.files.set(path, createHash('sha256').update(source).digest('hex'));
      module._compile(source.toString('utf8'), path);
    };
  }

  manifest(plugin) {
    const offers = [];
    for (const [kind, list] of Object.entries(LISTED)) {
      for (const [name, { description = '' }] of Object.entries(plugin[list] ?? {})) {
        offers.push({ kind, name, description });
      }
    }
    const timetable = Object.entries(plugin.schedules ?? {});
    const schedules = timetable.map(([name, { cron, everySeconds }]) => (
      cron ? { name, cron } : { name, every_seconds: everySeconds }));
    return {
      class: plugin.constructor.name,
      kinds: [...new Set(offers.map(offer => offer.kind))].filter(kind => kind !== 'schedule'),
      name: plugin.name,
      version: plugin.version,
      description: plugin.description ?? '',
      author: plugin.author ?? '',
      dependencies: plugin.dependencies ?? [],
      offers,
      schedules,
      state_version: plugin.stateVersion ?? 0,
      permissions: plugin.permissions ?? [],
      files: [...this.files].map(([path, sha256]) => ({ path, sha256 })),
    };
  }

  async migrate({ from, to, state }) {
    const known = Number.isInteger(from) && Number.isInteger(to) && isObject(state);
    if (!known) throw new Refusal(BAD_PARAMS, 'from and to must be integers, state an object');
    if (from === to) return { state };
    if (!this.plugin.migrate) throw new Refusal(UNKNOWN_METHOD, 'no migrate hook');
    return { state: await this.plugin.migrate(state, from, to) };
  }

  async probe() {
    try {
      const reason = await this.plugin.probe?.();
      return reason ? { ok: false, reason: String(reason) } : { ok: true };
    } catch (error) {
      return { ok: false, reason: described(error).message };
    }
  }

  async handle({ offer, event }) {
    if (!isObject(offer) || !isObject(event)) {
      throw new Refusal(BAD_PARAMS, 'offer and event must be objects');
    }
    const list = Object.hasOwn(LISTED, offer.kind) ? this.plugin[LISTED[offer.kind]] ?? {} : {};
    if (!Object.hasOwn(list, offer.name)) {
      throw new Refusal(BAD_PARAMS, `the plugin does not offer ${offer.kind} "${offer.name}"`);
    }
    return ANSWERS[offer.kind](this.host, list[offer.name], event);
  }
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// --- the process -------------------------------------------------------------------------------

const peer = new Peer(new Socket({ fd: SOCKET_FD, allowHalfOpen: true }),
  (method, params) => worker.serve(method, params));
const worker = new Worker(peer);
for (const stray of ['uncaughtException', 'unhandledRejection']) {
  process.on(stray, error => console.error(error));  // not the plugin's end: its lines are logged
}
await peer.ended;
setTimeout(() => process.exit(0), SHUTDOWN_MS);
try {
  await worker.plugin?.shutdown?.();
} catch (error) {
  console.error(error);
}
process.exit(0);
