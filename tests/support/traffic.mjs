// What went over the Bot API while a program ran is held against the published description
// (bot_api_schema.py): the requests of the bot as well as all that the playground gave out.
import {spawnSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';

const checker = fileURLToPath(new URL('bot_api_schema.py', import.meta.url));

// The environment of a program whose traffic is recorded in the file.
export const recorded = (file) => ({...process.env, TGSTATS_TRAFFIC: file});

const skipped = 77;  // there is no description here, which has been printed

// Throws when something does not fit, or when nothing has been recorded.
export function checkTraffic(file) {
  const words = ['-B', checker, file];
  const {status, stdout, stderr} = spawnSync('/usr/bin/python3', words, {encoding: 'utf8'});
  console.log(stdout.trim());
  if (status !== 0 && status !== skipped)
    throw new Error(`what went over the Bot API: ${stdout}${stderr}`);
}
