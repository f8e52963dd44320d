// The plugin of the golden transcripts in JavaScript: commands and a statistic.

module.exports = class EchoPlugin {
  name = 'echo';
  version = '1.2.3';
  description = 'Echoes';
  author = 'tests';

  initialize() {
    this.prefix = this.host.config.prefix;
  }

  commands = {
    echo: {
      description: 'Say it again',
      run: (turn, ...args) => turn.reply([this.prefix, ...args].join(' ')),
    },
    fail: {
      description: 'Fail',
      run: turn => {
        turn.reply('must never be sent');
        throw new Error('as asked');
      },
    },
    title: {
      description: 'Ask the host for the title',
      run: async turn => turn.reply((await turn.store('chat')).title),
    },
  };

  statistics = {
    sum: {
      description: 'Adds two numbers',
      run: ({ a, b }, turn) => ({ chat_id: turn.chatId, sum: a + b }),
    },
  };
};
