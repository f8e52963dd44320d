#pragma once
// People who do not want to be counted, and the deletion of what is stored about somebody: noted at
// once, done in bounded steps. Each call is one transaction, or part of the open one.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tgstats/store/store.h"

namespace tgstats {

inline constexpr std::int64_t everywhere = 0;               // in the place of a chat's id
inline constexpr std::int64_t erasure_step_messages = 100;  // counted back one by one
inline constexpr std::int64_t erasure_step_ids = 2'000;     // looked through for traces

[[nodiscard]] bool anybody_opted_out(Store& store);
[[nodiscard]] bool anybody_refuses(Store& store);  // has opted out, or was forgotten
// Here, or everywhere.
[[nodiscard]] bool opted_out(Store& store, std::int64_t user_id, std::int64_t chat_id);
[[nodiscard]] bool opted_out_everywhere(Store& store, std::int64_t user_id);
[[nodiscard]] std::vector<std::int64_t> opt_outs(Store& store, std::int64_t user_id);  // chats
// Also notes that what is stored is to be anonymised. For `everywhere`, in all known chats.
void opt_out(Store& store, std::int64_t user_id, std::int64_t chat_id, std::int64_t now);
// Here; for `everywhere`, in all chats. False: nothing was set.
bool opt_in(Store& store, std::int64_t user_id, std::int64_t chat_id);

struct Erasure {
    enum class Kind {
        texts,      // all texts of the chat
        anonymise,  // the person's rows lose text and person; nothing of them is counted
        remove,     // the person's rows go
    };
    std::int64_t chat_id = 0;
    std::int64_t user_id = 0;  // 0 for texts
    Kind kind = Kind::texts;
};
void note_erasure(Store& store, const Erasure& erasure);
// What is stored about the person is to go: here, or in all known chats. `now` remains, so that an
// import does not bring back what is older. What they do later is recorded, and stays. Telegram's
// clock, which dates the messages, may be ahead of `now` by clock_skew_s.
inline constexpr std::int64_t clock_skew_s = 300;
void note_removal(Store& store, std::int64_t user_id, std::int64_t chat_id, std::int64_t now);
struct Forgotten {
    std::int64_t chat_id = 0;
    std::int64_t at = 0;
};
[[nodiscard]] std::vector<Forgotten> forgotten(Store& store, std::int64_t user_id);
// The latest `at` that holds in the chat; nullopt: none does.
[[nodiscard]] std::optional<std::int64_t> forgotten_until(Store& store, std::int64_t user_id,
                                                          std::int64_t chat_id);
// What is stored about the person is to go somewhere, and has not gone yet.
[[nodiscard]] bool removal_noted(Store& store, std::int64_t user_id);
[[nodiscard]] std::optional<Erasure> next_erasure(Store& store);

// Where the erasure of a person has come to.
struct ErasureRun {
    Erasure erasure;
    std::int64_t until = INT64_MIN;  // what is dated later stays; set by each step
    std::int64_t messages = 0;       // of the person, dealt with
    bool own_done = false;           // their messages; then traces in other rows, by message id
    std::int64_t after = INT64_MIN;
    bool done = false;  // and the note of it has gone
};
void erase_step(Store& store, ErasureRun& run);
void erasure_done(Store& store, const Erasure& erasure);

}  // namespace tgstats
