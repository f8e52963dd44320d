#include "hotreload/rpc/peer.h"

#include <sys/socket.h>

#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>

#include "hotreload/base/condition.h"
#include "hotreload/model/limits.h"
#include "hotreload/rpc/line_buffer.h"

namespace hotreload {

namespace {

using Outcome = Result<json::value, RpcError>;

Outcome failed(int code, std::string message) {
    return Outcome(in_place_error, RpcError{code, std::move(message), nullptr});
}

std::string over_limit() {
    return "message over " + std::to_string(limits::message_bytes_max) + " bytes";
}

// The error is what the message is instead of one that the other side would read.
Result<std::string, std::string> line_of(const RpcMessage& message) {
    using Line = Result<std::string, std::string>;
    if (const auto reason = unprintable_reason(message); !reason.empty())
        return Line(in_place_error, "no valid message: " + reason);
    auto line = print(message);
    if (line.size() > limits::message_bytes_max) return Line(in_place_error, "a " + over_limit());
    return Line(in_place_value, std::move(line));
}

}  // namespace

struct Peer::State : std::enable_shared_from_this<State> {
    // A call that waits for its reply; it lives in the caller's coroutine and is known here while
    // it does.
    struct Call {
        Call(std::shared_ptr<State> its_state, MonotonicTime deadline)
            : state(std::move(its_state)), id(state->next_id++), timer(state->executor, deadline) {
            state->calls.emplace(id, this);
        }
        ~Call() { state->calls.erase(id); }
        Call(const Call&) = delete;
        Call& operator=(const Call&) = delete;
        void finish(Outcome its_outcome) {
            outcome = std::move(its_outcome);
            timer.cancel();
        }

        std::shared_ptr<State> state;
        std::int64_t id;
        asio::steady_timer timer;
        std::optional<Outcome> outcome;
    };

    State(asio::any_io_executor its_executor, UniqueFd fd, Serve its_serve, Notified its_notified)
        : executor(its_executor),
          socket(its_executor, asio::local::stream_protocol(), fd.release()),
          serve(std::move(its_serve)),
          notified(std::move(its_notified)),
          changed(its_executor) {}

    // Reading: whole lines are taken in order, the rest stays in the buffer.
    void read();
    void take_lines(std::size_t count);
    void take(std::string_view line);
    void take_whole(RpcRequest request);
    void take_whole(RpcNotification notification);
    void take_whole(RpcReply reply);
    void reading_failed(const boost::system::error_code& error);

    // Serving: one coroutine for each request, owned here by its id.
    void start_serving(RpcRequest request);
    static Task<Outcome> serve_one(std::shared_ptr<State> self, RpcRequest request);
    void served(std::int64_t id, const std::exception_ptr& error, Outcome outcome);
    void reply(std::int64_t id, Outcome outcome);

    // Writing: what is said within one turn of the loop leaves in one write.
    bool send(std::string line);
    void flush();
    void written(const boost::system::error_code& error);

    void end(std::string reason);
    void close();

    static Task<Outcome> call(std::shared_ptr<State> self, RpcRequest request, Millis deadline);
    static Task<std::string> ended(std::shared_ptr<State> self);
    static Task<bool> settled(std::shared_ptr<State> self, MonotonicTime deadline);

    asio::any_io_executor executor;
    asio::local::stream_protocol::socket socket;
    Serve serve;
    Notified notified;
    Condition changed;
    std::optional<std::string> end_reason;
    LineBuffer incoming;
    std::string outgoing;  // said, not yet given to the socket
    std::string writing;   // given to the socket
    bool flush_posted = false;
    std::optional<std::string> write_failure;
    std::int64_t next_id = 1;
    std::unordered_map<std::int64_t, Call*> calls;
    std::unordered_map<std::int64_t, std::shared_ptr<asio::cancellation_signal>> serving;
};

void Peer::State::read() {
    const auto room = incoming.room();
    socket.async_read_some(
        asio::buffer(room.data(), room.size()),
        [self = shared_from_this()](const boost::system::error_code& error, std::size_t count) {
            if (self->end_reason) return;
            if (error) return self->reading_failed(error);
            self->take_lines(count);
        });
}

void Peer::State::take_lines(std::size_t count) {
    incoming.filled(count);
    while (const auto line = incoming.next()) {
        take(*line);
        if (end_reason) return;
    }
    if (incoming.full()) return end(over_limit());
    read();
}

void Peer::State::take(std::string_view line) {
    auto message = parse_message(line);
    if (!message) return end("unreadable message: " + message.error());
    const auto reason = unprintable_reason(*message);
    if (reason.empty()) return std::visit([this](auto& s) { take_whole(std::move(s)); }, *message);
    // One number out of range costs one call, not the conversation.
    if (const auto* request = std::get_if<RpcRequest>(&*message))
        return reply(request->id, failed(rpc_code::bad_params, request->method + ": " + reason));
    if (auto* answer = std::get_if<RpcReply>(&*message))
        return take_whole(
            RpcReply{answer->id, failed(rpc_code::internal_error, "unusable reply: " + reason)});
    end("unreadable message: " + reason);
}

void Peer::State::take_whole(RpcRequest request) {
    if (!serve)
        return reply(request.id,
                     failed(rpc_code::unknown_method, "unknown method " + request.method));
    if (serving.contains(request.id))
        return end("request " + std::to_string(request.id) + " was made twice");
    if (serving.size() >= limits::peer_calls_in_flight_max) {
        return reply(request.id, failed(rpc_code::busy, "too many requests in flight"));
    }
    start_serving(std::move(request));
}

void Peer::State::take_whole(RpcNotification notification) {
    if (notification.method == "cancel") {
        const auto* id = notification.params.if_contains("id");
        const auto* number = id != nullptr ? id->if_int64() : nullptr;
        const auto found = number != nullptr ? serving.find(*number) : serving.end();
        if (found != serving.end()) {
            const auto signal = found->second;
            signal->emit(asio::cancellation_type::terminal);
        }
    }
    if (notified) notified(std::move(notification.method), std::move(notification.params));
}

void Peer::State::take_whole(RpcReply reply) {
    const auto found = calls.find(reply.id);
    if (found != calls.end()) {
        auto* call = found->second;
        calls.erase(found);
        return call->finish(std::move(reply.outcome));
    }
    // A reply that comes after its call's deadline is normal; one to a call never made is not.
    if (reply.id >= next_id)
        end("reply to a request that was never made: id " + std::to_string(reply.id));
}

void Peer::State::reading_failed(const boost::system::error_code& error) {
    if (write_failure) return end(*write_failure);
    if (error != asio::error::eof) return end("cannot read: " + error.message());
    end(incoming.empty() ? "end of file" : "end of file inside a message");
}

void Peer::State::start_serving(RpcRequest request) {
    const auto id = request.id;
    auto signal = std::make_shared<asio::cancellation_signal>();
    serving.emplace(id, signal);
    auto done = [self = shared_from_this(), signal, id](const std::exception_ptr& error,
                                                        Outcome outcome) {
        self->served(id, error, std::move(outcome));
    };
    auto task = serve_one(shared_from_this(), std::move(request));
    asio::co_spawn(executor, std::move(task),
                   asio::bind_cancellation_slot(signal->slot(), std::move(done)));
}

// `serve` is called inside the coroutine, so that what it throws before its first suspension is an
// error reply, too.
Task<Outcome> Peer::State::serve_one(std::shared_ptr<State> self, RpcRequest request) {
    auto task = self->serve(std::move(request.method), std::move(request.params));
    auto outcome = co_await std::move(task);
    co_return outcome;
}

void Peer::State::served(std::int64_t id, const std::exception_ptr& error, Outcome outcome) {
    serving.erase(id);
    if (end_reason) return changed.notify_all();
    if (!error) return reply(id, std::move(outcome));
    try {
        std::rethrow_exception(error);
    } catch (const boost::system::system_error& system) {
        const bool cancelled = system.code() == asio::error::operation_aborted;
        reply(id, cancelled ? failed(rpc_code::cancelled, "cancelled")
                            : failed(rpc_code::internal_error, system.what()));
    } catch (const std::exception& other) {
        reply(id, failed(rpc_code::internal_error, other.what()));
    } catch (...) {
        reply(id, failed(rpc_code::internal_error, "unknown exception"));
    }
}

void Peer::State::reply(std::int64_t id, Outcome outcome) {
    auto line = line_of(RpcReply{id, std::move(outcome)});
    if (line) return static_cast<void>(send(std::move(*line)));
    send(print(RpcReply{id, failed(rpc_code::internal_error, "the reply is " + line.error())}));
}

bool Peer::State::send(std::string line) {
    if (end_reason) return false;
    if (outgoing.empty())
        outgoing = std::move(line);
    else
        outgoing += line;
    if (outgoing.size() + writing.size() > limits::peer_queue_bytes_max) {
        end("the other side does not read: over " + std::to_string(limits::peer_queue_bytes_max) +
            " bytes wait for it");
        return false;
    }
    if (!flush_posted && writing.empty() && !write_failure) {
        flush_posted = true;
        asio::post(executor, [self = shared_from_this()] { self->flush(); });
    }
    return true;
}

void Peer::State::flush() {
    flush_posted = false;
    if (end_reason || outgoing.empty()) return;
    writing = std::exchange(outgoing, {});
    asio::async_write(socket, asio::buffer(writing),
                      [self = shared_from_this()](const boost::system::error_code& error,
                                                  std::size_t) { self->written(error); });
}

void Peer::State::written(const boost::system::error_code& error) {
    writing.clear();
    if (end_reason) return;
    if (!error) return flush();
    // What the other side said before it went may still lie in the socket: it is read first, then
    // the end is seen.
    write_failure = "cannot write: " + error.message();
    boost::system::error_code ignored;
    socket.shutdown(asio::socket_base::shutdown_receive, ignored);
}

void Peer::State::end(std::string reason) {
    if (end_reason) return;
    end_reason = std::move(reason);
    boost::system::error_code ignored;
    socket.close(ignored);
    for (const auto& [id, call] : std::exchange(calls, {})) {
        call->finish(failed(rpc_code::disconnected, "the conversation ended: " + *end_reason));
    }
    // A copy, because a coroutine may end at once.
    const std::vector<std::pair<std::int64_t, std::shared_ptr<asio::cancellation_signal>>> all(
        serving.begin(), serving.end());
    for (const auto& [id, signal] : all) signal->emit(asio::cancellation_type::terminal);
    changed.notify_all();
}

void Peer::State::close() {
    if (end_reason) return;
    if (writing.empty() && !outgoing.empty()) {
        [[maybe_unused]] const auto sent = ::send(socket.native_handle(), outgoing.data(),
                                                  outgoing.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    end("closed by this side");
}

Task<Outcome> Peer::State::call(std::shared_ptr<State> self, RpcRequest request, Millis deadline) {
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none)
        co_return failed(rpc_code::cancelled, "cancelled");
    if (self->end_reason)
        co_return failed(rpc_code::disconnected, "the conversation ended: " + *self->end_reason);
    if (self->calls.size() >= limits::peer_calls_in_flight_max) {
        co_return failed(rpc_code::busy, "too many requests in flight");
    }
    Call call(self, deadline_after(deadline));
    request.id = call.id;
    const auto method = request.method;
    auto line = line_of(std::move(request));
    if (!line)
        co_return failed(rpc_code::bad_params, "the request " + method + " is " + line.error());
    self->send(std::move(*line));
    if (!call.outcome) {
        const auto [error] = co_await call.timer.async_wait(as_values);
        if (!call.outcome) {
            self->send(print(RpcNotification{"cancel", json::object{{"id", call.id}}}));
            if (error) co_return failed(rpc_code::cancelled, "cancelled");
            co_return failed(rpc_code::deadline, "no reply to " + method + " within " +
                                                     std::to_string(deadline.count()) + " ms");
        }
    }
    co_return std::move(*call.outcome);
}

Task<std::string> Peer::State::ended(std::shared_ptr<State> self) {
    while (!self->end_reason) co_await self->changed.wait_until(MonotonicTime::max());
    co_return *self->end_reason;
}

Task<bool> Peer::State::settled(std::shared_ptr<State> self, MonotonicTime deadline) {
    const auto still = [&] { return self->end_reason && self->serving.empty(); };
    while (!still()) {
        const bool notified = co_await self->changed.wait_until(deadline);
        if (!notified) break;
    }
    co_return still();
}

Peer::Peer(asio::any_io_executor executor, UniqueFd socket, Serve serve, Notified notified)
    : state_(std::make_shared<State>(std::move(executor), std::move(socket), std::move(serve),
                                     std::move(notified))) {
    state_->read();
}

Peer::~Peer() {
    if (state_) state_->close();
}
Peer::Peer(Peer&&) noexcept = default;
Peer& Peer::operator=(Peer&& other) noexcept {
    if (this != &other) {
        const Peer replaced(std::move(*this));
        state_ = std::move(other.state_);
    }
    return *this;
}

Task<Outcome> Peer::call(std::string method, json::object params, Millis deadline) {
    return State::call(state_, RpcRequest{0, std::move(method), std::move(params)}, deadline);
}
bool Peer::notify(std::string method, json::object params) {
    auto line = line_of(RpcNotification{std::move(method), std::move(params)});
    return line && state_->send(std::move(*line));
}
void Peer::close() { state_->close(); }
Task<std::string> Peer::ended() { return State::ended(state_); }
Task<bool> Peer::settled(Millis deadline) {
    return State::settled(state_, deadline_after(deadline));
}
bool Peer::open() const { return !state_->end_reason; }

}  // namespace hotreload
