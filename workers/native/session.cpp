#include "workers/native/session.h"

#include <malloc.h>

#include <cstdio>

#include "hotreload/model/limits.h"
#include "workers/native/open_record.h"

namespace hotreload::native {

namespace {

constexpr std::size_t waiting_max = 64;
constexpr std::size_t large_bytes = 256u << 10;

RpcError error(int code, std::string message) { return {code, std::move(message), {}}; }

RpcError unwanted() { return error(rpc_code::cancelled, "the host no longer wants the answer"); }

std::string line_limit() { return std::to_string(limits::message_bytes_max) + " bytes"; }

std::string_view text(const json::object& object, std::string_view key) {
    const auto* found = object.if_contains(key);
    const auto* string = found ? found->if_string() : nullptr;
    return string ? std::string_view(*string) : std::string_view();
}

const json::object* object_at(const json::object& object, std::string_view key) {
    const auto* found = object.if_contains(key);
    return found ? found->if_object() : nullptr;
}

std::optional<std::int64_t> integer_at(const json::object& object, std::string_view key) {
    const auto* found = object.if_contains(key);
    const auto* integer = found ? found->if_int64() : nullptr;
    return integer ? std::optional(*integer) : std::nullopt;
}

std::set<std::pair<std::string, std::string>> offers_of(const json::object& manifest) {
    std::set<std::pair<std::string, std::string>> offers;
    const auto* listed = manifest.if_contains("offers");
    if (!listed || !listed->is_array()) return offers;
    for (const auto& offer : listed->get_array()) {
        const auto* members = offer.if_object();
        if (members) offers.emplace(text(*members, "kind"), text(*members, "name"));
    }
    return offers;
}

}  // namespace

void Session::run() {
    while (!ended_) {
        if (waiting_.empty()) {
            auto message = receive();
            if (!message) break;
            put_aside(std::move(*message));
            continue;
        }
        RpcRequest next = std::move(waiting_.front());
        waiting_.pop_front();
        serve(std::move(next));
        if (std::exchange(large_, false)) ::malloc_trim(0);
    }
    ended_ = true;
    if (plugin_) plugin_->shutdown(host_);
    plugin_.reset();
    if (socket_.problem().empty()) return;
    std::fprintf(stderr, "the conversation with the host ended: %s\n", socket_.problem().c_str());
}

std::optional<RpcMessage> Session::receive() {
    const auto line = socket_.read_line();
    if (!line) {
        ended_ = true;
        return std::nullopt;
    }
    large_ = large_ || line->size() > large_bytes;
    auto message = parse_message(*line);
    if (message.has_value()) return std::move(*message);
    socket_.give_up(message.error());
    ended_ = true;
    return std::nullopt;
}

void Session::put_aside(RpcMessage message) {
    if (auto* request = std::get_if<RpcRequest>(&message)) {
        if (waiting_.size() >= waiting_max) {
            reply(request->id, error(rpc_code::busy, "too many requests are waiting"));
        } else {
            waiting_.push_back(std::move(*request));
        }
    } else if (auto* notification = std::get_if<RpcNotification>(&message)) {
        if (notification->method == "cancel") cancelled(notification->params);
    }
    // A reply nobody waits for any more is dropped.
}

void Session::cancelled(const json::object& params) {
    const auto* id = params.if_contains("id");
    if (!id || !id->is_int64()) return;
    if (id->get_int64() == serving_) serving_cancelled_ = true;
    for (auto request = waiting_.begin(); request != waiting_.end(); ++request) {
        if (request->id != id->get_int64()) continue;
        waiting_.erase(request);
        reply(id->get_int64(), error(rpc_code::cancelled, "cancelled"));
        return;
    }
}

void Session::serve(RpcRequest request) {
    serving_ = request.id;
    serving_cancelled_ = false;
    auto outcome = answer(request);
    serving_ = 0;
    if (auto files = OpenRecord::of_process().taken(); plugin_ && !files.empty())
        notify("files", {{"files", std::move(files)}});
    if (serving_cancelled_ && outcome.has_error()) outcome = unwanted();
    reply(request.id, std::move(outcome));
}

Session::Outcome Session::answer(RpcRequest& request) {
    if (request.method == "load") return load(std::move(request.params));
    const bool known =
        request.method == "migrate" || request.method == "probe" || request.method == "handle";
    if (!known) {
        return error(rpc_code::unknown_method, "unknown method \"" + request.method + "\"");
    }
    if (!plugin_) return error(rpc_code::invalid_request, "no plugin is loaded: send load first");
    if (request.method == "migrate") return migrate(std::move(request.params));
    return request.method == "probe" ? plugin_->probe(host_) : handle(request.params);
}

Session::Outcome Session::load(json::object params) {
    if (plugin_) return error(rpc_code::invalid_request, "load was sent already");
    if (const auto language = text(params, "language"); language != "cpp") {
        return error(rpc_code::bad_params,
                     "language is \"" + std::string(language) + "\"; this worker loads \"cpp\"");
    }
    const std::string entry(text(params, "entry"));
    if (!entry.starts_with('/')) {
        return error(rpc_code::bad_params, "entry must be an absolute path");
    }
    load_params_ = std::move(params);
    OpenRecord::of_process().start(load_params_);
    auto library = PluginLibrary::open(entry);
    if (library.has_error()) return library.error();
    auto result = library->load(host_, load_params_);
    if (result.has_error()) return result;
    auto* manifest = result->if_object();
    if (!manifest) return error(rpc_code::plugin_error, "the plugin's load gave no object");
    // The entry is an artifact, not a source: the host knows what it was built from.
    if (!manifest->contains("files")) (*manifest)["files"] = OpenRecord::of_process().taken();
    offers_ = offers_of(*manifest);
    plugin_.emplace(std::move(*library));
    return result;
}

Session::Outcome Session::migrate(json::object params) {
    const auto from = integer_at(params, "from");
    const auto to = integer_at(params, "to");
    const auto* state = object_at(params, "state");
    if (!from || !to || !state) {
        return error(rpc_code::bad_params, "migrate needs the integers from and to, and state");
    }
    if (*from == *to) {
        json::object same;
        same["state"] = *state;
        return json::value(std::move(same));
    }
    if (!plugin_->migrates()) {
        return error(rpc_code::unknown_method, "no migrate hook for state version " +
                                                   std::to_string(*from) + " to " +
                                                   std::to_string(*to));
    }
    const json::value given(std::move(params));
    auto result = plugin_->migrate(host_, given);
    if (result.has_error()) return result;
    const auto* answer = result->if_object();
    if (answer && object_at(*answer, "state")) return result;
    return error(rpc_code::plugin_error, "the plugin's migrate gave no object \"state\"");
}

Session::Outcome Session::handle(const json::object& params) {
    const auto* offer = object_at(params, "offer");
    const auto* event = params.if_contains("event");
    if (!offer || !event) {
        return error(rpc_code::bad_params, "handle needs offer {kind, name} and event");
    }
    const std::string kind(text(*offer, "kind"));
    const std::string name(text(*offer, "name"));
    if (!offers_.contains({kind, name})) {
        return error(rpc_code::bad_params,
                     "the plugin does not offer " + kind + " \"" + name + "\"");
    }
    hr_event given{};
    given.size = sizeof(hr_event);
    given.deadline_ms = integer_at(params, "deadline_ms").value_or(0);
    given.kind = raw(kind);
    given.name = raw(name);
    given.event = opaque(*event);
    return plugin_->handle(host_, given);
}

void Session::reply(std::int64_t id, Outcome outcome) {
    const RpcReply answer{id, std::move(outcome)};
    const auto fault = unprintable_reason(answer);
    auto line = print(answer);
    large_ = large_ || line.size() > large_bytes;
    if (!fault.empty() || line.size() > limits::message_bytes_max) {
        auto why = fault.empty() ? "the reply has " + std::to_string(line.size()) +
                                       " bytes, over " + line_limit()
                                 : "the reply cannot be sent: " + fault;
        line = print(RpcReply{id, error(rpc_code::internal_error, std::move(why))});
    }
    if (!ended_ && !socket_.write(line)) ended_ = true;
}

bool Session::send(const RpcMessage& message) {
    const auto line = print(message);
    if (ended_ || line.size() > limits::message_bytes_max) return false;
    if (!unprintable_reason(message).empty()) return false;
    if (!socket_.write(line)) ended_ = true;
    return !ended_;
}

Session::Outcome Session::call(std::string_view method, json::object params) {
    const auto id = ++last_id_;
    if (serving_cancelled_) return unwanted();
    if (!send(RpcRequest{id, std::string(method), std::move(params)})) {
        if (ended_) return error(rpc_code::disconnected, "the host is gone");
        return error(rpc_code::internal_error,
                     "the request is over " + line_limit() +
                         ", nested too deep, or has a number in it that is not finite");
    }
    while (auto message = receive()) {
        auto* reply = std::get_if<RpcReply>(&*message);
        if (reply && reply->id == id) return std::move(reply->outcome);
        put_aside(std::move(*message));
        if (serving_cancelled_) return unwanted();
    }
    return error(rpc_code::disconnected, "the host is gone");
}

void Session::notify(std::string_view method, json::object params) {
    static_cast<void>(send(RpcNotification{std::string(method), std::move(params)}));
}

}  // namespace hotreload::native
