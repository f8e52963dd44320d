#pragma once
// The one thread that works on the store. run() carries a callable there and its result, or its
// exception, back to the loop.

#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <type_traits>

#include "hotreload/base/asio.h"
#include "tgstats/store/store.h"

namespace tgstats {

using hotreload::Task;
namespace asio = boost::asio;

inline constexpr std::size_t store_queue_max = 10'000;

class StoreBusy : public std::runtime_error {
public:
    StoreBusy() : std::runtime_error("the store has too much waiting work") {}
};

class StoreThread {
public:
    StoreThread(asio::any_io_executor loop, Store store, std::size_t queue_max = store_queue_max);
    ~StoreThread();  // finishes the queue, then joins; results nobody waits for are dropped
    StoreThread(const StoreThread&) = delete;
    StoreThread& operator=(const StoreThread&) = delete;

    // `work` runs as work(Store&) on the store's thread, in order of arrival. Throws StoreBusy when
    // the queue is full. Work that has been queued is done even if the waiting coroutine is
    // cancelled; it must own everything it uses.
    //
    // It is handed over by name and moved from: `auto work = [...]; co_await thread.run(work);`
    // because g++ 12 destroys the captures of a lambda twice that is a temporary of a co_await.
    template <class Named>
    auto run(Named&& work) {
        using Work = std::decay_t<Named>;
        static_assert(
            std::is_lvalue_reference_v<Named> || std::is_trivially_destructible_v<Work>,
            "give the callable a name first: auto work = [...]; co_await thread.run(work);");
        return carry<std::invoke_result_t<Work&, Store&>>(
            std::make_shared<CallJob<Work, std::invoke_result_t<Work&, Store&>>>(std::move(work)));
    }

private:
    struct Job {
        virtual ~Job() = default;
        virtual void call(Store& store) = 0;
    };
    template <class Work, class R>
    struct CallJob : Job {
        explicit CallJob(Work w) : work(std::move(w)) {}
        void call(Store& store) override {
            if constexpr (std::is_void_v<R>)
                work(store);
            else
                result.emplace(work(store));
        }
        Work work;
        std::optional<std::conditional_t<std::is_void_v<R>, bool, R>> result;
    };

    template <class R, class TypedJob>
    Task<R> carry(std::shared_ptr<TypedJob> job) {
        std::shared_ptr<Job> erased = job;
        co_await perform(std::move(erased));
        if constexpr (!std::is_void_v<R>) co_return std::move(*job->result);
    }
    Task<void> perform(std::shared_ptr<Job> job);

    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace tgstats
