// node-telegram-bot-api, unchanged, runs an echo bot against the playground.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';

import {Bot, InputFile} from 'node-telegram-bot-api';

import {group, person, png, startPlayground, token} from './support/playground.mjs';

let playground;
let bot;
let polling;

before(async () => {
  playground = await startPlayground();
  bot = new Bot(token, {apiRoot: playground.root});
  bot.command('photo', (ctx) => ctx.api.sendPhoto({
    chat_id: ctx.chat.id,
    photo: new InputFile(png, {filename: 'made.png', contentType: 'image/png'}),
    caption: 'made',
  }));
  bot.command('album', (ctx) => ctx.api.sendMediaGroup({
    chat_id: ctx.chat.id,
    media: [1, 2].map((n) => ({
      type: 'photo',
      media: new InputFile(png, {filename: `${n}.png`}),
      caption: `part ${n}`,
    })),
  }));
  bot.on('message', async (ctx) => {
    if (ctx.message.photo) {
      await ctx.api.sendPhoto({chat_id: ctx.chat.id, photo: ctx.message.photo.at(-1).file_id});
    } else {
      await ctx.reply(`echo: ${ctx.message.text}`);
    }
  });
  polling = bot.startPolling();
});

after(async () => {
  await bot?.stop();
  await polling;
  await playground?.stop();
});

test('text is echoed', async () => {
  const {message_id} = await playground.say(group, person, 'hello 😀');
  assert.equal((await playground.reply(group, message_id)).text, 'echo: hello 😀');
});

test('a command is answered with an uploaded photo', async () => {
  const {message_id} = await playground.say(group, person, '/photo');
  const reply = await playground.reply(group, message_id);
  assert.equal(reply.caption, 'made');
  assert.equal(reply.photo.at(-1).height, 3);
  assert.deepEqual(await playground.download(reply.photo_url), png);
});

test('an album arrives as one group', async () => {
  const {message_id} = await playground.say(group, person, '/album');
  const part = (n) =>
      playground.reply(group, message_id, (message) => message.caption === `part ${n}`);
  const first = await part(1);
  const second = await part(2);
  assert.equal(first.media_group_id, second.media_group_id);
});

test('a photo comes back by its file id', async () => {
  const {message_id} = await playground.sendPhoto(group, person, png, 'look');
  const reply = await playground.reply(group, message_id);
  assert.deepEqual(await playground.download(reply.photo_url), png);
});
