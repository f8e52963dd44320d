#include "hotreload/reload/turnstile.h"

#include <map>

#include <gtest/gtest.h>

#include "hotreload/base/task_group.h"
#include "hotreload/reload/loop_fixture_test.h"

namespace hotreload {
namespace {

class TurnstileTest : public LoopTest {
protected:
    using Turns = Turnstile::Turns;

    // Takes a turn, notes it, and keeps it until it is given back by its name.
    void take(Turnstile& turnstile, const std::string& name, bool needed = false) {
        tasks_.spawn(name, taking(&turnstile, name, needed));
        settle();
    }
    Task<void> taking(Turnstile* turnstile, std::string name, bool needed) {
        auto turn = co_await turnstile->turn(needed);
        order_ += name;
        held_.emplace(name, std::move(turn));
    }
    void take_all(std::vector<Turnstile*> turnstiles, Millis within = deadline) {
        collecting_ = tasks_.spawn("all", taking_all(std::move(turnstiles), within));
        settle();
    }
    Task<void> taking_all(std::vector<Turnstile*> turnstiles, Millis within) {
        all_ = co_await Turnstile::next_turns(std::move(turnstiles), within);
        order_ += all_ ? "A" : "-";
    }
    void give_back(const std::string& name) {
        held_.erase(name);
        settle();
    }
    void settle() {
        loop_.restart();
        while (loop_.poll() > 0) {
        }
    }

    Turnstile a_{loop_.get_executor()}, b_{loop_.get_executor()};
    std::multimap<std::string, Turnstile::Turn> held_;
    std::optional<Turns> all_;
    TaskGroup tasks_{loop_.get_executor(), nullptr};
    TaskGroup::Handle collecting_;
    std::string order_;
};

TEST_F(TurnstileTest, OneAtATimeInTheOrderOfArrival) {
    for (const auto* name : {"1", "2", "3"}) take(a_, name);
    EXPECT_EQ(order_, "1");
    EXPECT_EQ(a_.waiting(), 2U);
    give_back("1");
    give_back("2");
    EXPECT_EQ(order_, "123");
}

TEST_F(TurnstileTest, SeveralAreTakenAtOnceAndBeforeWhoWaits) {
    take(a_, "1");
    take(a_, "2");
    take_all({&a_, &b_});
    take(b_, "3");
    EXPECT_EQ(order_, "1") << "b is free, but those who want all come first";
    give_back("1");
    EXPECT_EQ(order_, "1A");
    all_.reset();
    settle();
    EXPECT_EQ(order_, "1A23");
}

TEST_F(TurnstileTest, WhoIsNeededGoesBeforeThoseWhoWantSeveral) {
    take(a_, "1");
    take_all({&a_, &b_});
    take(b_, "n", true);
    take(b_, "m", true);
    EXPECT_EQ(order_, "1n") << "it may be that 1 waits for n";
    give_back("1");
    give_back("n");
    EXPECT_EQ(order_, "1nm");
    give_back("m");
    EXPECT_EQ(order_, "1nmA");
    take(a_, "o", true);
    EXPECT_EQ(order_, "1nmA") << "not while they are held";
    all_.reset();
    settle();
    EXPECT_EQ(order_, "1nmAo");
}

TEST_F(TurnstileTest, WhoGivesUpHoldsNobodyUp) {
    take(a_, "1");
    take_all({&a_, &b_}, Millis(0));
    take(b_, "2");
    loop_.restart();
    const auto until = monotonic_now() + deadline;
    while (order_.size() < 3 && monotonic_now() < until) loop_.run_one_for(Millis(10));
    EXPECT_EQ(order_, "1-2");
    give_back("1");
    give_back("2");
    take(a_, "3");
    take_all({&a_, &b_});
    take(b_, "4");
    EXPECT_EQ(order_, "1-23");
    collecting_.cancel();
    settle();
    EXPECT_EQ(order_, "1-234");
}

}  // namespace
}  // namespace hotreload
