// A plugin is edited while its author watches the web chat: the next picture is drawn by the new
// code, an error shows where it is, and mending it takes it away.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';

import {group, startBot} from './support/bot.mjs';
import {compileDeadlineMs, openPage, pictureOf} from './support/page.mjs';

const source = 'word_cloud.cpp';
const white = '0xffffff';
const cream = '0xfff3d6';
const words = ['compiler', 'coroutine', 'socket', 'gate', 'loop', 'thread', 'kernel', 'signal'];

let bot;
let chat;

before(async () => {
  bot = await startBot();
  for (let number = 0; number < 30; ++number) {
    const some = words.slice(0, 1 + number % words.length).join(' ');
    await bot.say(`${some} 🎉 שלום 你好世界`);
  }
  chat = await openPage(`${bot.root}/#${group}`);
});

after(async () => {
  await chat?.close();
  await bot?.stop();
});

// Waits for that generation; a plugin that fails on the way there fails the test at once.
async function serving(name, generation) {
  const plugin = chat.plugin(name);
  const there = plugin.filter({
    has: chat.page.locator('.stage.serving'), hasText: `generation ${generation}`});
  await there.or(plugin.locator('.error')).first().waitFor({timeout: compileDeadlineMs});
  assert.deepEqual(await plugin.locator('.error').allInnerTexts(), []);
}

test('the next picture is drawn by the new code', async () => {
  await serving('word_cloud', 1);
  const first = await pictureOf(await chat.send('/wordcloud'));
  assert.ok(first.width > 0);
  assert.equal(first.corner, '#ffffff');

  const text = bot.read(source);
  assert.ok(text.includes(white), `${source} paints its background with ${white}`);
  bot.save(source, text.replace(white, cream));
  await serving('word_cloud', 2);
  const second = await pictureOf(await chat.send('/wordcloud'));
  assert.notEqual(second.address, first.address);
  assert.equal(second.corner, cream.replace('0x', '#'));
});

test('an error shows its line, all else goes on, and mending takes it away', async () => {
  const good = bot.read(source);
  const line = good.split('\n').length;
  bot.save(source, `${good}int broken( {\n`);
  const shown = chat.plugin('word_cloud').locator('.diagnostics');
  await shown.waitFor({timeout: compileDeadlineMs});
  assert.match(await shown.innerText(), new RegExp(`${source}:${line}:\\d+: error: `));
  assert.match(await chat.plugin('word_cloud').innerText(), /building failed/);

  assert.match(await (await chat.send('/topusers')).innerText(), /Ada/);
  const kept = await pictureOf(await chat.send('/wordcloud'));
  assert.equal(kept.corner, cream.replace('0x', '#'));

  bot.save(source, good);
  await shown.waitFor({state: 'detached', timeout: compileDeadlineMs});
  await chat.plugin('word_cloud').locator('.stage.serving').waitFor();
  assert.equal(await chat.plugin('word_cloud').locator('.error').count(), 0);
});

test('a slash lists the commands of all plugins', async () => {
  await Promise.all(['heatmap', 'engagement', 'top_users'].map((name) => serving(name, 1)));
  const plugins = await bot.get('/api/plugins');
  const wanted = plugins.flatMap((plugin) => plugin.commands.map(({name}) => `/${name}`));
  assert.ok(wanted.includes('/wordcloud') && wanted.includes('/heatmap'));
  const field = chat.page.locator('#text');
  await field.fill('');
  await field.pressSequentially('/');
  for (const name of wanted) {
    const entry = chat.page.locator('#menu b', {hasText: new RegExp(`^${name}$`)});
    await entry.waitFor();
  }
  await field.pressSequentially('wordc');
  await field.press('Tab');
  assert.equal(await field.inputValue(), '/wordcloud ');
  assert.ok(await chat.page.locator('#menu').isHidden());
  await field.fill('');
});

test('a slash lists what whoever speaks may use', async () => {
  const field = chat.page.locator('#text');
  for (const [id, name, setup] of [[102, 'Boris', 'detached'], [101, 'Ada', 'attached']]) {
    await chat.page.locator('#speaker').selectOption({label: name});
    await field.fill('/');
    await chat.page.locator('#menu b', {hasText: /^\/settings$/}).waitFor();
    await chat.page.locator('#menu b', {hasText: /^\/setup$/}).waitFor({state: setup});
    const {commands} =
      await bot.get(`/playground/api/commands?chat_id=${group}&user_id=${id}`);
    const wanted = commands.map(({command}) => `/${command}`);
    assert.equal(wanted.includes('/setup'), setup === 'attached');
    assert.deepEqual(await chat.page.locator('#menu b').allInnerTexts(), wanted);
  }
  await field.fill('');
});

test('nothing comes from elsewhere and the browser has nothing to complain about', async () => {
  assert.deepEqual([...chat.hosts], ['127.0.0.1']);
  assert.deepEqual(chat.complaints, []);
});
