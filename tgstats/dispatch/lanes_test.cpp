#include "tgstats/dispatch/lanes.h"

#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "hotreload/base/task_group.h"

namespace tgstats {
namespace {

namespace asio = hotreload::asio;

struct LanesTest : testing::Test {
    Task<void> pass(Lanes::Place& place, std::string name) {
        co_await place.first(hotreload::deadline_after(patience));
        passed += name;
    }
    void go(Lanes::Place& place, const std::string& name) {
        tasks.spawn(name, pass(place, name));
        run();
    }
    Task<void> pass_or_overtake(Lanes::Place& place, std::string name) {
        const auto overtaken = co_await place.first_or_overtake(patience);
        passed += name + std::string(overtaken, '<');
    }
    void overtake(Lanes::Place& place, const std::string& name) {
        tasks.spawn(name, pass_or_overtake(place, name));
        run();
    }
    void wait_until_passed(std::size_t letters) {
        const auto until = hotreload::deadline_after(hotreload::Millis{60'000});
        loop.restart();
        while (passed.size() < letters && hotreload::monotonic_now() < until)
            loop.run_one_for(std::chrono::seconds(1));
    }
    void run() {
        loop.restart();
        loop.poll();
    }

    hotreload::Millis patience{60'000};
    asio::io_context loop;
    hotreload::TaskGroup tasks{loop.get_executor(), nullptr};
    Lanes lanes{loop.get_executor()};
    std::string passed;
};

TEST_F(LanesTest, TheOrderIsThatOfTaking) {
    auto a = lanes.take("x");
    auto b = lanes.take("x");
    auto c = lanes.take("x");
    go(c, "c");
    go(b, "b");
    go(a, "a");
    EXPECT_EQ(passed, "a");
    a.leave();
    a.leave();
    run();
    EXPECT_EQ(passed, "ab");
    b.leave();
    run();
    EXPECT_EQ(passed, "abc");
    c.leave();
    EXPECT_EQ(lanes.size(), 0U);
}

TEST_F(LanesTest, LanesAreIndependentAndAPlaceThatIsGivenUpHoldsNobodyBack) {
    auto a = lanes.take("x");
    std::optional<Lanes::Place> b = lanes.take("x");
    auto c = lanes.take("x");
    auto other = lanes.take("y");
    go(other, "o");
    go(c, "c");
    EXPECT_EQ(passed, "o");
    b.reset();
    run();
    EXPECT_EQ(passed, "o") << "a is still there";
    a = lanes.take("y");  // gives up its place in x
    run();
    EXPECT_EQ(passed, "oc");
    EXPECT_EQ(lanes.size(), 2U);
}

TEST_F(LanesTest, WhoeverHoldsTheLaneTooLongIsOvertakenByAllOfTheOthers) {
    auto slow = lanes.take("x");
    auto b = lanes.take("x");
    auto c = lanes.take("x");
    patience = hotreload::Millis{60'000};
    overtake(c, "c");
    EXPECT_EQ(passed, "");
    patience = hotreload::Millis{0};
    overtake(b, "b");
    wait_until_passed(2);
    EXPECT_EQ(passed, "b<") << "c still waits for b";
    b.leave();
    run();
    EXPECT_EQ(passed, "b<c") << "and not for the slow one any more";
    c.leave();
    EXPECT_EQ(lanes.size(), 0U);
    auto later = lanes.take("x");
    slow.leave();
    EXPECT_EQ(lanes.size(), 1U) << "that lane is another one";
}

TEST_F(LanesTest, ThoseWhosePatienceEndsTogetherKeepTheirOrder) {
    auto slow = lanes.take("x");
    auto b = lanes.take("x");
    auto c = lanes.take("x");
    patience = hotreload::Millis{1};
    overtake(c, "c");
    overtake(b, "b");
    wait_until_passed(4);
    EXPECT_TRUE(passed == "b<c<" || passed == "c<<b") << passed;
}

TEST_F(LanesTest, TheDeadlineEndsTheWaiting) {
    auto a = lanes.take("x");
    auto b = lanes.take("x");
    patience = hotreload::Millis{0};
    go(b, "b");
    loop.restart();
    loop.run_for(std::chrono::seconds(5));
    EXPECT_EQ(passed, "b");
    EXPECT_EQ(lanes.size(), 1U);
    Lanes::Place none;
    go(none, "n");
    EXPECT_EQ(passed, "bn");
}

}  // namespace
}  // namespace tgstats
