#include "tgstats/settings/sweeper.h"

#include "hotreload/base/unix_time.h"
#include "tgstats/store/chat_policy.h"

namespace tgstats {
namespace {

using hotreload::Level;

constexpr std::int64_t seconds_of_day = 86'400;

}  // namespace

void Sweeper::wake() {
    again_ = true;
    asked_.notify_all();
}

Task<void> Sweeper::run() {
    for (;;) {
        auto pause = period_;
        std::string fault;
        try {
            co_await sweep();
        } catch (const SqlError& error) {
            fault = error.what();
        } catch (const StoreBusy& error) {
            fault = error.what();
        }
        if (!fault.empty()) {
            events_.emit_host("sweep_failed", Level::error, {{"reason", fault}});
            pause = sweep_retry;
        }
        const auto until = hotreload::monotonic_now() + pause;
        for (bool in_time = true; in_time && (!again_ || !fault.empty());)
            in_time = co_await asked_.wait_until(until);
        again_ = true;
    }
}

// Until nobody has asked for more meanwhile.
Task<void> Sweeper::sweep() {
    while (again_) {
        again_ = false;
        for (;;) {
            auto next = [](Store& store) { return next_erasure(store); };
            const auto erasure = co_await store_.run(next);
            if (!erasure) break;
            co_await erase(*erasure);
        }
        auto work = [](Store& store) { return chats_with_retention(store); };
        const auto chats = co_await store_.run(work);
        for (const auto chat : chats) co_await retain(chat);
    }
}

Task<void> Sweeper::erase(Erasure erasure) {
    if (erasure.kind == Erasure::Kind::texts) {
        RetentionRun run;
        run.chat_id = erasure.chat_id;
        run.before = INT64_MAX;
        run = co_await go_through(run, blank_texts);
        auto work = [erasure](Store& store) { erasure_done(store, erasure); };
        co_await store_.run(work);
        events_.emit_host("texts_deleted", Level::info,
                          {{"chat_id", erasure.chat_id}, {"texts", run.deleted.texts}});
        co_return;
    }
    ErasureRun run;
    run.erasure = erasure;
    while (!run.done) {
        auto work = [run](Store& store) mutable {
            erase_step(store, run);
            return run;
        };
        run = co_await store_.run(work);
    }
    events_.emit_host("person_erased", Level::info,
                      {{"chat_id", erasure.chat_id}, {"messages", run.messages}});
}

Task<void> Sweeper::retain(std::int64_t chat_id) {
    auto read = [chat_id](Store& store) { return chat_policy(store, chat_id); };
    const auto policy = co_await store_.run(read);
    RetentionRun run;
    run.chat_id = chat_id;
    const auto now = hotreload::unix_now();
    if (policy.metadata_days > 0) {
        run.before = now - policy.metadata_days * seconds_of_day;
        run = co_await go_through(run, delete_metadata);
    }
    const auto deleted = run.deleted;
    RetentionRun texts;
    texts.chat_id = chat_id;
    if (policy.text_days > 0) {
        texts.before = now - policy.text_days * seconds_of_day;
        texts = co_await go_through(texts, blank_texts);
    }
    events_.emit_host("retention_swept", Level::info,
                      {{"chat_id", chat_id},
                       {"texts", texts.deleted.texts},
                       {"messages", deleted.messages},
                       {"reactions", deleted.reactions},
                       {"service_rows", deleted.service_rows},
                       {"membership_changes", deleted.membership_changes}});
}

Task<RetentionRun> Sweeper::go_through(RetentionRun run, Step step) {
    while (!run.done) {
        auto work = [run, step](Store& store) mutable {
            step(store, run);
            return run;
        };
        run = co_await store_.run(work);
    }
    co_return run;
}

}  // namespace tgstats
