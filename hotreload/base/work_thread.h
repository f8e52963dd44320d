#pragma once
// One thread for work that waits for disks, beside the loop: one piece after the other, in the
// order in which they were asked for.

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "hotreload/base/asio.h"

namespace hotreload {

inline constexpr std::size_t work_queue_max = 10'000;

// To be destroyed before the loop. Loop thread only.
class WorkThread {
public:
    WorkThread();
    ~WorkThread();  // finishes what was asked for, then joins; results nobody waits for are dropped
    WorkThread(const WorkThread&) = delete;
    WorkThread& operator=(const WorkThread&) = delete;

    // Runs work() on the thread and brings its result, or its exception, back. What has been asked
    // for is done even if the waiting coroutine is cancelled, so it must own all that it uses.
    // Throws std::runtime_error when `work_queue_max` pieces wait already.
    //
    // It is handed over by name and moved from: `auto work = [...]; co_await thread.run(work);`
    // because g++ 12 destroys the captures of a lambda twice that is a temporary of a co_await.
    template <class Work>
    auto run(Work& work) {
        using Value = std::invoke_result_t<Work&>;
        return carry<Value>(std::make_shared<Piece<Work, Value>>(std::move(work)));
    }

private:
    struct Job {
        virtual ~Job() = default;
        virtual void call() = 0;
    };
    template <class Work, class Value>
    struct Piece : Job {
        explicit Piece(Work its_work) : work(std::move(its_work)) {}
        void call() override { value.emplace(work()); }
        Work work;
        std::optional<Value> value;
    };

    template <class Value, class TypedPiece>
    Task<Value> carry(std::shared_ptr<TypedPiece> piece) {
        std::shared_ptr<Job> job = piece;
        co_await perform(std::move(job));
        co_return std::move(*piece->value);
    }
    Task<void> perform(std::shared_ptr<Job> job);

    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace hotreload
