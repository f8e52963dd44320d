#include "hotreload/base/work_thread.h"

#include <atomic>
#include <exception>
#include <stdexcept>

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>

namespace hotreload {

struct WorkThread::State {
    std::atomic<std::size_t> waiting{0};
    asio::thread_pool thread{1};
};

WorkThread::WorkThread() : state_(std::make_unique<State>()) {}
WorkThread::~WorkThread() { state_->thread.join(); }

Task<void> WorkThread::perform(std::shared_ptr<Job> job) {
    if (state_->waiting.load() >= work_queue_max)
        throw std::runtime_error("too much work waits for the disk");
    // The loop must not end while a result is on its way to it.
    auto loop =
        asio::prefer(co_await asio::this_coro::executor, asio::execution::outstanding_work.tracked);
    // Both are named because g++ 12 destroys a capturing lambda twice that is a temporary of a
    // co_await.
    auto start = [state = state_.get(), job, loop](auto handler) {
        ++state->waiting;
        asio::post(state->thread, [state, job, loop, handler = std::move(handler)]() mutable {
            --state->waiting;
            std::exception_ptr error;
            try {
                job->call();
            } catch (...) {
                error = std::current_exception();
            }
            asio::post(loop, [handler = std::move(handler), error]() mutable {
                std::move(handler)(error);
            });
        });
    };
    auto done = asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr)>(
        std::move(start), asio::use_awaitable);
    // Afterwards this may be gone: a result comes back also when the thread has been joined.
    co_await std::move(done);
}

}  // namespace hotreload
