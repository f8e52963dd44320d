// The playground for one test file: the one at API_ROOT, or a program of its own that is ended
// afterwards. Every wait has a deadline; what people do goes through /playground/api.
import {spawn} from 'node:child_process';
import {webcrypto} from 'node:crypto';
import {once} from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

import {checkTraffic, recorded} from '../../support/traffic.mjs';

// Debian's Node 18 has it as a module only; client libraries expect the global of later versions.
globalThis.crypto ??= webcrypto;

export const token = process.env.BOT_TOKEN ?? '1000000001:playground';
const startDeadlineMs = 20_000;
const stopDeadlineMs = 5_000;
const replyWaitS = 15;

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const {port} = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function untilAnswers(root, child) {
  const deadline = Date.now() + startDeadlineMs;
  let last = new Error('not tried');
  while (Date.now() < deadline && child.exitCode === null) {
    try {
      const response = await fetch(`${root}/playground/api/users`);
      if (response.ok) return;
      last = new Error(`status ${response.status}`);
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the playground does not answer at ${root}: ${last.message}`);
}

async function startProgram() {
  const root = `http://127.0.0.1:${await freePort()}`;
  const program = process.env.TGSTATS;
  if (!program) throw new Error('set TGSTATS to the tgstats program, or API_ROOT to a playground');
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'traffic-'));
  const traffic = path.join(folder, 'traffic.jsonl');
  const child = spawn(program, ['playground', '--listen', root.slice('http://'.length)],
                      {stdio: ['ignore', 'ignore', 'inherit'], env: recorded(traffic)});
  const failed = new Promise((_, reject) => child.once('error', reject));
  const end = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), stopDeadlineMs);
    await exited;
    clearTimeout(killer);
  };
  const stop = async () => {
    await end();
    checkTraffic(traffic);
    fs.rmSync(folder, {recursive: true});
  };
  try {
    await Promise.race([untilAnswers(root, child), failed]);
  } catch (error) {
    await end();
    throw error;
  }
  return {root, stop};
}

// {root, stop(), say(), sendPhoto(), replies(), press(), react(), changes()}
export async function startPlayground() {
  const given = process.env.API_ROOT;
  const {root, stop} = given ? {root: given, stop: async () => {}} : await startProgram();
  const api = async (path, init) => {
    const response = await fetch(`${root}/playground/api/${path}`, init);
    const body = await response.json();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(body)}`);
    return body;
  };
  const headers = {'content-type': 'application/json'};
  const post = (path, body) => api(path, {method: 'POST', headers, body: JSON.stringify(body)});

  // The first message after `after` that the bot wrote and that fits.
  const reply = async (chat_id, after, fits = () => true) => {
    const deadline = Date.now() + replyWaitS * 1000;
    while (Date.now() < deadline) {
      const {messages} = await api(`messages?chat_id=${chat_id}&after=${after}&wait=2`);
      const found = messages.find((message) => message.from?.is_bot && fits(message));
      if (found) return found;
      if (messages.length > 0) after = messages.at(-1).message_id;
    }
    throw new Error(`no reply in chat ${chat_id} after message ${after}`);
  };

  // The next change of a kind after change number `n`.
  const change = async (kind, n, fits = () => true) => {
    const deadline = Date.now() + replyWaitS * 1000;
    while (Date.now() < deadline) {
      const {changes, last} = await api(`changes?after=${n}&wait=2`);
      const found = changes.find((entry) => entry.kind === kind && fits(entry));
      if (found) return found;
      n = last;
    }
    throw new Error(`no change of kind ${kind}`);
  };

  const sendPhoto = async (chat_id, from, bytes, caption) => {
    const form = new FormData();
    form.set('chat_id', String(chat_id));
    form.set('from', JSON.stringify(from));
    form.set('text', caption);
    form.set('photo', new Blob([bytes], {type: 'image/png'}), 'photo.png');
    return api('messages', {method: 'POST', body: form});
  };

  return {
    root,
    stop,
    reply,
    change,
    sendPhoto,
    say: (chat_id, from, text) => post('messages', {chat_id, from, text}),
    press: (chat_id, message_id, from, data) =>
        post('callback', {chat_id, message_id, from, data}),
    react: (chat_id, message_id, from, emoji) =>
        post('reactions', {chat_id, message_id, from, emoji}),
    edit: (chat_id, message_id, text) => post('edits', {chat_id, message_id, text}),
    commands: async (chat_id) => (await api(`commands?chat_id=${chat_id}`)).commands,
    lastChange: async () => (await api('changes?after=0')).last,
    download: async (url) => Buffer.from(await (await fetch(root + url)).arrayBuffer()),
  };
}

export const person = {id: 4711, first_name: 'Zoë', username: 'zoe'};
export const group = -1001234567890;

// A real PNG of 2 by 3 pixels.
export const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAIAAAADCAIAAAA2iEnWAAAAEElEQV' +
        'R42mM4IWcDRAwoFABKuwbNgzaUJQAAAABJRU5ErkJggg==',
    'base64');
