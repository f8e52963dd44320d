#pragma once
// One update on its way to its answer. Inside this folder only.

#include "tgstats/dispatch/dispatcher.h"

namespace tgstats {

struct Dispatcher::Turn {
    Update update;
    Command command;  // empty for a press
    hotreload::Stopwatch watch;
    Lanes::Place in_chat;     // behind the chat's earlier ones
    Lanes::Place of_command;  // behind those of that name, however long they take
    Outgoing::BatchPtr kept;  // once the answer is sure to go out
    bool settled = false;     // noted in the journal as dealt with
    std::size_t effects = 0;

    void leave_lanes() {
        in_chat.leave();
        of_command.leave();
    }
};

inline EffectTarget target_of(const Update& update) {
    if (!update.message) return {.chat_id = update.chat_id, .thread_id = 0};
    return {.chat_id = update.message->chat_id, .thread_id = update.message->thread_id};
}

}  // namespace tgstats
