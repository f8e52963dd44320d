#pragma once
// Plugins that watch what happens: each reads the journal in order from its own durable place, in
// batches. What a batch leads to and the new place are kept in one transaction, so that a reload, a
// crash or a restart neither skips nor repeats anything.

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tgstats/dispatch/chat_scopes.h"
#include "tgstats/dispatch/housekeeping.h"
#include "tgstats/dispatch/outgoing.h"
#include "tgstats/dispatch/serving.h"
#include "tgstats/store/journal.h"

namespace tgstats {

inline constexpr std::size_t observer_batch_max = 100;
inline constexpr Millis observer_deadline{30'000};
inline constexpr Millis observer_pause{1'000};  // before a batch that could not be kept comes again

class Observers {
public:
    struct Parts {
        asio::any_io_executor executor;
        hotreload::Engine& engine;
        StoreThread& store;
        Outgoing& outgoing;
        ChatScopes& scopes;
        hotreload::EventLog& events;
        std::function<json::object()> bot;  // who the bot is
    };
    explicit Observers(Parts parts);

    // Before the engine starts: where the journal ends now.
    Task<void> start();
    // After each publication. A plugin without a place begins at the journal's end of this moment.
    void set_routes(const hotreload::Routes& routes);
    void journal_has_grown(std::int64_t last_seq);
    // Stops reading; what is not kept comes again at the next start.
    Task<bool> finish(Millis deadline);

private:
    struct Reader;
    struct Batch;
    struct Turn;
    using ReaderPtr = std::shared_ptr<Reader>;
    enum class Outcome { kept, failed, not_now };

    Task<void> follow(ReaderPtr reader);
    Task<void> begin(ReaderPtr reader);
    Task<Batch> next_batch(ReaderPtr reader);
    Task<void> pass_over(ReaderPtr reader, std::int64_t seq, bool at_once);
    Task<void> digest(ReaderPtr reader, Batch batch);
    Task<Outcome> tried(ReaderPtr reader, std::shared_ptr<Batch> batch, bool in_company_before);
    Task<Outcome> call(ReaderPtr reader, std::shared_ptr<Batch> batch);
    Task<Result<void, StateError>> keep(std::shared_ptr<Turn> turn, hotreload::Handled handled);
    Task<void> skip(ReaderPtr reader, std::shared_ptr<Batch> batch);
    Task<void> tell_skipped(ReaderPtr reader, json::object skipped);
    Task<std::vector<std::string>> readers_here();
    void begin_anew(const std::vector<std::string>& forgotten);
    Task<void> pause();

    Parts parts_;
    Serving serving_;
    std::map<std::string, ReaderPtr> readers_;  // by plugin
    std::int64_t journal_end_ = 0;
    bool finished_ = false;
    hotreload::Condition grown_;
    Housekeeping housekeeping_;
    hotreload::TaskGroup tasks_;
};

}  // namespace tgstats
