// One running tgstats with its playground, in a folder of its own: a copy of the plugins that a
// test may edit, an empty database, a port picked by the kernel. Every wait has a deadline.
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';

import {checkTraffic, recorded} from '../../support/traffic.mjs';

const startDeadlineMs = 60_000;
const stopDeadlineMs = 20_000;
const outputLinesMax = 200;

export const group = -1001000000001;  // the playground's first group
const ada = {id: 101, first_name: 'Ada', username: 'ada'};

function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`set ${name}; ctest does (see tests/CMakeLists.txt)`);
  return value;
}

// The address that the program says it listens on.
function address(child, output) {
  return new Promise((resolve, reject) => {
    const fail = (why) => reject(new Error(`${why}\n${output.join('\n')}`));
    const late = setTimeout(() => fail('tgstats did not say its address in time'), startDeadlineMs);
    child.once('error', reject);
    child.once('exit', (code, signal) => fail(`tgstats ended at its start: ${signal ?? code}`));
    for (const stream of [child.stdout, child.stderr]) {
      readline.createInterface({input: stream}).on('line', (line) => {
        output.push(line);
        if (output.length > outputLinesMax) output.shift();
        const said = / is on (http:\/\/127\.0\.0\.1:\d+)\//.exec(line);
        if (!said) return;
        clearTimeout(late);
        resolve(said[1]);
      });
    }
  });
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), stopDeadlineMs);
  await ended;
  clearTimeout(late);
}

// {root, get(), say(), read(), save(), stop()}
export async function startBot() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tgstats-browser-'));
  const plugins = path.join(folder, 'plugins');
  fs.cpSync(path.join(setting('SOURCE_DIR'), 'plugins'), plugins, {recursive: true});
  const remove = () => fs.rmSync(folder, {recursive: true, force: true});
  const traffic = path.join(folder, 'traffic.jsonl');
  const output = [];
  const child = spawn(setting('TGSTATS'), [
    'serve', '--playground', '--listen', '127.0.0.1:0', '--plugins', plugins,
    '--data', path.join(folder, 'data'), '--log', path.join(folder, 'log.jsonl'),
  ], {cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], env: recorded(traffic)});
  let root;
  try {
    root = await address(child, output);
  } catch (error) {
    await end(child);
    remove();
    throw error;
  }
  const ask = async (where, options) => {
    const response = await fetch(root + where, options);
    const body = await response.json();
    if (!response.ok) throw new Error(`${where}: ${response.status} ${JSON.stringify(body)}`);
    return body;
  };
  const headers = {'content-type': 'application/json'};
  const post = (where, body) =>
      ask(where, {method: 'POST', headers, body: JSON.stringify(body)});
  return {
    root,
    get: (where) => ask(where),
    say: (text) => post('/playground/api/messages', {chat_id: group, from: ada, text}),
    read: (name) => fs.readFileSync(path.join(plugins, name), 'utf8'),
    save: (name, text) => fs.writeFileSync(path.join(plugins, name), text),
    // What does not fit is told, and then the folder is kept.
    stop: async () => {
      await end(child);
      if (child.exitCode !== 0)
        throw new Error(`tgstats ended with ${child.exitCode}\n${output.join('\n')}`);
      checkTraffic(traffic);
      remove();
    },
  };
}
