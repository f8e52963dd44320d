// grammy, unchanged, runs an echo bot against the playground.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';

import {Bot, GrammyError, InlineKeyboard, InputFile} from 'grammy';

import {group, person, png, startPlayground, token} from './support/playground.mjs';

let playground;
let bot;
let polling;
const reactions = [];

before(async () => {
  playground = await startPlayground();
  bot = new Bot(token, {client: {apiRoot: playground.root}});
  bot.command('photo', (ctx) =>
      ctx.replyWithPhoto(new InputFile(png, 'made.png'), {caption: 'made'}));
  bot.command('ask', (ctx) =>
      ctx.reply('Sure?', {reply_markup: new InlineKeyboard().text('Yes', 'yes').text('No', 'no')}));
  bot.on('callback_query:data', async (ctx) => {
    await ctx.answerCallbackQuery({text: `pressed ${ctx.callbackQuery.data}`});
    await ctx.editMessageText(`<b>${ctx.callbackQuery.data}</b> it is`, {parse_mode: 'HTML'});
  });
  bot.on('message_reaction', (ctx) => reactions.push(ctx.messageReaction.new_reaction));
  bot.on('edited_message:text', (ctx) => ctx.reply(`edited: ${ctx.editedMessage.text}`));
  bot.on('message:photo', (ctx) => ctx.replyWithPhoto(ctx.message.photo.at(-1).file_id));
  bot.on('message:text', (ctx) =>
      ctx.reply(`echo: ${ctx.message.text}`,
                {reply_parameters: {message_id: ctx.message.message_id}}));
  const allowed_updates = ['message', 'edited_message', 'callback_query', 'message_reaction'];
  await new Promise((resolve, reject) => {
    polling = bot.start({onStart: resolve, allowed_updates});
    polling.catch(reject);
  });
});

after(async () => {
  await bot?.stop();
  await polling;
  await playground?.stop();
});

test('text is echoed as a reply, in a group and in private', async () => {
  for (const chat of [group, person.id]) {
    const {message_id} = await playground.say(chat, person, 'hello 😀');
    const reply = await playground.reply(chat, message_id);
    assert.equal(reply.text, 'echo: hello 😀');
    assert.equal(reply.reply_to_message.message_id, message_id);
  }
});

test('a command is answered with an uploaded photo', async () => {
  const {message_id} = await playground.say(group, person, '/photo');
  const reply = await playground.reply(group, message_id);
  assert.equal(reply.caption, 'made');
  assert.equal(reply.photo.at(-1).width, 2);
  assert.equal(reply.photo.at(-1).height, 3);
  assert.deepEqual(await playground.download(reply.photo_url), png);
});

test('a photo comes back by its file id, and can be fetched', async () => {
  const {message_id} = await playground.sendPhoto(group, person, png, 'look');
  const reply = await playground.reply(group, message_id);
  const file = await bot.api.getFile(reply.photo.at(-1).file_id);
  assert.deepEqual(await playground.download(`/file/bot${token}/${file.file_path}`), png);
});

test('a pressed button is answered, and the message edited', async () => {
  const {message_id} = await playground.say(group, person, '/ask');
  const question = await playground.reply(group, message_id, (message) => message.text === 'Sure?');
  const n = await playground.lastChange();
  await playground.press(group, question.message_id, person, 'yes');
  const answer = await playground.change('answer', n);
  assert.equal(answer.message.text, 'pressed yes');
  const edited = await playground.change('edited', n);
  assert.equal(edited.message.text, 'yes it is');
  assert.deepEqual(edited.message.entities, [{type: 'bold', offset: 0, length: 3}]);
  assert.equal(edited.message.reply_markup, undefined);
});

test('edits and reactions arrive', async () => {
  const {message_id} = await playground.say(group, person, 'first');
  await playground.reply(group, message_id);
  await playground.react(group, message_id, person, '👍');
  await playground.edit(group, message_id, 'second');
  await playground.reply(group, message_id, (message) => message.text === 'edited: second');
  assert.deepEqual(reactions, [[{type: 'emoji', emoji: '👍'}]]);
});

test('commands, members and errors read as those of Telegram', async () => {
  const commands = [{command: 'ask', description: 'Ask'}];
  await bot.api.setMyCommands(commands, {scope: {type: 'all_group_chats'}});
  assert.deepEqual(await playground.commands(group), commands);
  assert.equal((await bot.api.getChatMember(group, person.id)).user.username, 'zoe');
  await assert.rejects(bot.api.sendMessage(987654321, 'x'), (error) =>
      error instanceof GrammyError && error.error_code === 400 &&
      error.description === 'Bad Request: chat not found');
});
