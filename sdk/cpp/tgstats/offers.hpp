#pragma once
// What a plugin offers by name: commands, statistics, observers, services and schedules, each with
// the code that answers.

#include <tgstats/call.hpp>

namespace tgstats {

// Owns any callable that takes a Subject&; captures are welcome.
class Action {
public:
    template <class Subject, class Callable>
    static Action of(Callable callable) {
        return Action(new Held<Subject, Callable>(std::move(callable)));
    }
    Action(Action&& other) noexcept : held_(std::exchange(other.held_, nullptr)) {}
    Action& operator=(Action&& other) noexcept {
        std::swap(held_, other.held_);
        return *this;
    }
    ~Action() { delete held_; }
    // `subject` points to a Subject of the kind that the action was made for.
    void run(void* subject) const { held_->run(subject); }

private:
    struct Any {
        Any() = default;
        Any(const Any&) = delete;
        Any& operator=(const Any&) = delete;
        virtual ~Any() = default;
        virtual void run(void* subject) = 0;
    };
    template <class Subject, class Callable>
    struct Held final : Any {
        explicit Held(Callable&& given) : callable(std::move(given)) {}
        void run(void* subject) override { callable(*static_cast<Subject*>(subject)); }
        Callable callable;
    };
    explicit Action(Any* held) : held_(held) {}

    Any* held_;
};

// One list for all kinds, so that a plugin of one kind does not pay for the compilation of four.
class OfferList {
public:
    struct Offer {
        std::string name;
        std::string description;
        Action action;
    };

    [[nodiscard]] const Offer* find(std::string_view name) const {
        for (const Offer& offer : offers_) {
            if (offer.name == name) return &offer;
        }
        return nullptr;
    }
    [[nodiscard]] const std::vector<Offer>& all() const { return offers_; }

protected:
    [[gnu::cold, gnu::noinline]] void put(std::string_view name, std::string_view description,
                                          Action action, Where where) {
        if (name.empty()) throw Error("an offer needs a name", where);
        if (find(name)) throw Error("\"" + std::string(name) + "\" is offered twice", where);
        offers_.push_back({std::string(name), std::string(description), std::move(action)});
    }

private:
    std::vector<Offer> offers_;
};

template <class Subject>
class Offers : public OfferList {
public:
    template <class Callable>
    void add(std::string_view name, std::string_view description, Callable callable,
             Where where = Where::here()) {
        put(name, description, Action::of<Subject>(std::move(callable)), where);
    }
};

using Commands = Offers<Call>;     // name: without the slash
using Statistics = Offers<Query>;  // name: a word of the plugin's
using Services = Offers<Request>;  // name: what other plugins call it by

// name: "message", "edited_message", "reaction" or "member"
class Observers : public OfferList {
public:
    // The callable takes an Observation&, once for each update.
    template <class Callable>
    void add(std::string_view name, std::string_view description, Callable callable,
             Where where = Where::here()) {
        batch(
            name, description,
            [callable = std::move(callable)](Batch& batch) mutable { batch.each(callable); },
            where);
    }
    // The callable takes a Batch&: up to 100 updates at once.
    template <class Callable>
    void batch(std::string_view name, std::string_view description, Callable callable,
               Where where = Where::here()) {
        put(name, description, Action::of<Batch>(std::move(callable)), where);
    }
};

// name: a word of the plugin's; the callable takes a Tick&
class Schedules : public OfferList {
public:
    // Every so many seconds, counted from the last time: schedules.every("tidy", 6 * 3600, …).
    template <class Callable>
    void every(std::string_view name, double seconds, Callable callable,
               Where where = Where::here()) {
        put(name, "", Action::of<Tick>(std::move(callable)), where);
        const auto whole = static_cast<std::int64_t>(seconds);
        const bool fraction = static_cast<double>(whole) != seconds;
        timetable_.push(Object()
                            .set("name", name)
                            .set("every_seconds", fraction ? Node(seconds) : Node(whole)));
    }
    // At the minutes that match five fields, in UTC: schedules.cron("daily", "0 9 * * *", …).
    template <class Callable>
    void cron(std::string_view name, std::string_view expression, Callable callable,
              Where where = Where::here()) {
        put(name, "", Action::of<Tick>(std::move(callable)), where);
        timetable_.push(Object().set("name", name).set("cron", expression));
    }
    [[nodiscard]] const Array& timetable() const { return timetable_; }

private:
    Array timetable_;
};

}  // namespace tgstats
