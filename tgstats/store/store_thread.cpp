#include "tgstats/store/store_thread.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

namespace tgstats {

namespace {

// What the thread hands back: called on the store's thread, it only posts to the loop.
struct Completion {
    virtual ~Completion() = default;
    virtual void complete(std::exception_ptr error) = 0;
};

template <class Handler>
struct PostedCompletion : Completion {
    PostedCompletion(Handler h, const asio::any_io_executor& loop)
        : handler(std::move(h)),
          work(asio::prefer(loop, asio::execution::outstanding_work.tracked)) {}

    void complete(std::exception_ptr error) override {
        asio::post(work,
                   [handler = std::move(handler), error]() mutable { std::move(handler)(error); });
    }

    Handler handler;
    asio::any_io_executor work;
};

}  // namespace

struct StoreThread::State {
    struct Entry {
        std::shared_ptr<Job> job;
        std::unique_ptr<Completion> completion;
    };

    State(asio::any_io_executor l, Store s, std::size_t max)
        : loop(std::move(l)), store(std::move(s)), queue_max(max), thread([this] { work(); }) {}

    void work() {
        std::unique_lock lock(mutex);
        while (true) {
            wake.wait(lock, [this] { return stopping || !queue.empty(); });
            if (queue.empty()) return;
            auto entry = std::move(queue.front());
            queue.pop_front();
            lock.unlock();
            std::exception_ptr error;
            try {
                entry.job->call(store);
            } catch (...) {
                error = std::current_exception();
            }
            entry.job.reset();  // whoever waits is then its only owner
            entry.completion->complete(error);
            entry = {};
            lock.lock();
        }
    }

    void put(Entry entry) {
        {
            const std::lock_guard lock(mutex);
            queue.push_back(std::move(entry));
        }
        wake.notify_one();
    }

    bool full() {
        const std::lock_guard lock(mutex);
        return queue.size() >= queue_max;
    }

    asio::any_io_executor loop;
    Store store;
    std::size_t queue_max;
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<Entry> queue;
    bool stopping = false;
    std::thread thread;  // last: it uses everything above
};

StoreThread::StoreThread(asio::any_io_executor loop, Store store, std::size_t queue_max)
    : state_(std::make_unique<State>(std::move(loop), std::move(store), queue_max)) {}

StoreThread::~StoreThread() {
    {
        const std::lock_guard lock(state_->mutex);
        state_->stopping = true;
    }
    state_->wake.notify_one();
    state_->thread.join();
}

Task<void> StoreThread::perform(std::shared_ptr<Job> job) {
    // Only the loop's thread adds work, so the room seen here is still there below.
    if (state_->full()) throw StoreBusy();
    // Both are named because g++ 12 destroys a capturing lambda twice that is a temporary of a
    // co_await.
    auto enqueue = [state = state_.get(), job](auto handler) {
        using Handler = std::decay_t<decltype(handler)>;
        auto completion =
            std::make_unique<PostedCompletion<Handler>>(std::move(handler), state->loop);
        state->put({job, std::move(completion)});
    };
    auto done = asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr)>(
        std::move(enqueue), asio::use_awaitable);
    co_await std::move(done);
}

}  // namespace tgstats
