// A group's settings and the operators' plugins, by buttons in the web chat: a press changes the
// message in place, what the bot says to it appears, and a stop word leaves the word cloud.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';

import {group, startBot} from './support/bot.mjs';
import {compileDeadlineMs, openPage} from './support/page.mjs';

let bot;
let chat;

before(async () => {
  Object.assign(process.env, {ADMINS: '101', NOTIFY: 'none'});  // Ada is an operator
  bot = await startBot();
  for (let number = 0; number < 5; ++number) await bot.say('compiler coroutine');
  chat = await openPage(`${bot.root}/#${group}`);
});

after(async () => {
  await chat?.close();
  await bot?.stop();
});

const button = (message, name) => message.getByRole('button', {name});

// For eyes: a picture of the page in the folder that SCREENSHOTS names.
async function picture(name) {
  const folder = process.env.SCREENSHOTS;
  if (folder) await chat.page.screenshot({path: `${folder}/${name}.png`});
}

async function words() {
  const where = `/api/statistics/word_cloud?chat_id=${group}&days=1`;
  return (await bot.get(where)).words.map(({word}) => word);
}

test('the panel is changed in place, and a refusal is an alert', async () => {
  const panel = await chat.send('/settings');
  await button(panel, 'Store texts').click();
  await panel.filter({hasText: 'Texts are stored: no'}).waitFor();
  await chat.page.locator('.answer', {hasText: 'Saved'}).waitFor();
  await panel.filter({hasText: 'Stored from before: the texts of'}).waitFor();
  await button(panel, 'Delete the stored texts').click();
  await panel.filter({hasText: 'Delete the stored texts of this group?'}).waitFor();
  await picture('stored_texts');
  await button(panel, 'Cancel').click();
  await button(panel, 'Store texts').click();
  await panel.filter({hasText: 'Texts are stored: yes'}).waitFor();
  assert.equal(await button(panel, 'Delete the stored texts').count(), 0);
  await button(panel, 'Keep texts').click();
  await panel.filter({hasText: 'How long are texts kept?'}).waitFor();
  await picture('settings');

  await chat.page.locator('#speaker').selectOption({label: 'Boris'});
  await button(panel, 'Back').click();
  const alert = chat.page.locator('.answer.alert', {hasText: 'Only administrators'});
  await alert.waitFor();
  await alert.getByRole('button').click();
  await alert.waitFor({state: 'detached'});
  await chat.page.locator('#speaker').selectOption({label: 'Ada'});
  assert.deepEqual(chat.complaints, []);
});

test('a stop word leaves the word cloud', async () => {
  await chat.plugin('word_cloud').locator('.stage.serving').waitFor({timeout: compileDeadlineMs});
  assert.ok((await words()).includes('compiler'));
  await chat.send('/stopwords add Compiler');
  const left = await words();
  assert.ok(!left.includes('compiler') && left.includes('coroutine'), left.join(' '));
});

test('operators see and mend plugins in their private chat', async () => {
  await chat.page.locator('#chat-list button', {hasText: 'Ada'}).first().click();
  await chat.page.locator('#chat-facts', {hasText: 'private chat'}).waitFor();
  const panel = await chat.send('/plugins');
  await button(panel, 'top_users').click();
  await panel.filter({hasText: 'Stage: serving'}).waitFor();
  await button(panel, 'Reload').click();
  await panel.filter({hasText: 'reload: done'}).waitFor();
  await button(panel, 'Why').click();
  await panel.filter({hasText: 'Last plan'}).waitFor();
  await picture('plugins');
  assert.deepEqual(chat.complaints, []);
});
