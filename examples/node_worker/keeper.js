// The second plugin of the golden transcripts in JavaScript: state, migration, observers, a
// service, schedules.

module.exports = class KeeperPlugin {
  name = 'keeper';
  version = '2.0.0';
  description = 'Keeps';
  author = 'tests';
  permissions = ['network'];
  stateVersion = 2;

  async initialize() {
    if (!this.host.config.count_starts) return;
    const starts = await this.host.state.get('starts', 0) + 1;
    await this.host.state.set('starts', starts);
    this.host.log('info', 'ready', { starts });
  }

  migrate(state, from) {
    if (!('total' in state)) throw new Error('no total');
    return { count: state.total, was: from };
  }

  commands = {
    count: {
      description: 'Count up',
      run: async turn => {
        const count = await this.host.state.get('count', 0) + 1;
        await this.host.state.set('count', count);
        turn.reply(`count ${count}`);
      },
    },
    forget: {
      description: 'Forget all',
      run: async turn => {
        const keys = await this.host.state.keys('co');
        for (const key of keys) await this.host.state.delete(key);
        turn.reply(['forgot', ...keys].join(' '));
      },
    },
    shout: {
      description: 'Ask a service',
      run: async (turn, text) => turn.reply(await this.host.callService('upper', { text })),
    },
    hurry: {
      description: 'Speak at once',
      run: async turn => {
        const message = await turn.sendNow('sendMessage', { text: 'working' });
        turn.reply(`sent ${message.message_id}`);
      },
    },
  };

  observers = {
    message: turn => {
      if (turn.message.text === 'stumble') throw new Error('as asked');
      turn.reply(`saw ${turn.message.text}`);
    },
    edited_message: turn => turn.reply(`edited ${turn.message.text}`),
    reaction: turn => turn.reply(`reaction of ${turn.message.user.id}`),
    member: {
      batch: (updates, turn) => {
        const chats = updates.map(update => update.chat_member.chat.id);
        for (const chat of [...new Set(chats)].sort((a, b) => a - b)) {
          turn.send(chat, `members ${chats.filter(other => other === chat).length}`);
        }
      },
    },
  };

  services = {
    join: {
      description: 'Keeps',
      run: ({ words }) => ({ joined: words.join('-'), by: 'keeper' }),
    },
  };

  schedules = {
    daily: {
      cron: '0 9 * * *',
      run: turn => {
        for (const chat of turn.event.chats) turn.send(chat, `daily due ${turn.event.due}`);
      },
    },
    tidy: {
      everySeconds: 90,
      run: turn => this.host.state.set('tidied', turn.event.now),
    },
  };
};
