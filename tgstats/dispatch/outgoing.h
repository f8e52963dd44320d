#pragma once
// What was decided goes out: made to fit, kept with its reasons in one transaction, then sent as
// the limits let it through, in order within each chat, each call removed when Telegram has taken
// it. A call whose end nobody can know is not sent again where people would see it twice; the event
// effect_unknown tells of it.

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "hotreload/base/condition.h"
#include "hotreload/base/task_group.h"
#include "tgstats/dispatch/effect_sender.h"
#include "tgstats/store/plugin_state.h"

namespace tgstats {

inline constexpr std::size_t outgoing_max = 10'000;  // calls waiting; beyond it nothing is taken on
inline constexpr std::size_t fitted_effects_max = 200;  // of one decision, once made to fit
inline constexpr std::size_t effects_at_hand_max = 8;  // of one chat; others are read at their turn

// All that one event led to.
struct Decision {
    std::string plugin;
    std::int64_t update_id = 0;  // 0: not the answer to one update
    std::vector<Effect> effects;
    StateChanges changes;  // of the plugin's state
    // What else belongs into the transaction (handled marks, cursors); an error undoes all of it.
    std::function<Result<void, StateError>(Store& store)> also;
};

class Outgoing {
public:
    struct Parts {
        asio::any_io_executor executor;
        StoreThread& store;
        EffectSender& sender;
        hotreload::EventLog& events;
    };
    explicit Outgoing(Parts parts);

    struct Batch;
    using BatchPtr = std::shared_ptr<Batch>;

    // One transaction; once it has completed, nothing of the decision can be lost any more, and
    // sending has begun. The error says why nothing was kept.
    Task<Result<BatchPtr, StateError>> keep(Decision decision);
    // Completes when all of it has gone out (true), or when something did not (false; an event
    // says why).
    Task<bool> sent(BatchPtr batch);
    // Takes up what the last run left. Before anything else is kept.
    Task<void> resume();
    [[nodiscard]] bool full() const { return waiting_ >= outgoing_max; }
    [[nodiscard]] std::size_t waiting() const { return waiting_; }
    // How many answers to commands wait behind one that the limits hold: in a chat, or in all.
    [[nodiscard]] std::size_t held(std::int64_t chat_id) const;
    [[nodiscard]] std::size_t held() const;
    // Called when the limits begin to hold a chat.
    void set_on_held(std::function<void()> on_held) { on_held_ = std::move(on_held); }
    // Completes when nothing waits or at the deadline; what is left goes out at the next start.
    Task<bool> finish(Millis deadline);

private:
    struct Letter;
    struct Line;
    using LetterPtr = std::shared_ptr<Letter>;

    Result<void, StateError> fit(Decision& decision);
    BatchPtr reserve(Decision& decision);
    void release(Batch& batch, bool kept);
    void join(std::int64_t key, const LetterPtr& letter);
    Task<void> run(std::shared_ptr<Line> line, std::int64_t key);
    Task<bool> tried(std::shared_ptr<Line> line, LetterPtr letter);
    Task<void> deliver(std::shared_ptr<Line> line, LetterPtr letter);
    Task<bool> prepare(std::shared_ptr<Line> line, LetterPtr letter);
    Task<void> pass_gate(std::shared_ptr<Line> line, LetterPtr letter);
    Task<bool> leave_markup_out(LetterPtr letter, ApiError error);
    Task<bool> follow_chat(LetterPtr letter, ApiError error);
    Task<void> put_back(LetterPtr letter);
    Task<bool> settle_failure(LetterPtr letter, ApiError error, int attempt);
    Task<void> end(LetterPtr letter, bool unknown, std::string reason);
    Task<void> forget(LetterPtr letter);
    Task<void> taken(LetterPtr letter);
    Task<std::string> note_taken(LetterPtr letter, bool whole);
    void tell(std::string name, const Letter& letter, std::string reason);
    void done(Letter& letter, bool well);

    Parts parts_;
    std::map<std::int64_t, std::shared_ptr<Line>> lines_;  // by chat
    std::size_t waiting_ = 0;
    std::function<void()> on_held_;
    hotreload::TaskGroup tasks_;
};

}  // namespace tgstats
