#include "tgstats/app/last_resort.h"

#include <unistd.h>

#include <gtest/gtest.h>

#include "tgstats/app/exit_status.h"

namespace tgstats {
namespace {

constexpr Millis soon{50};
constexpr Millis never{3'600'000};

std::atomic<int> heard = 0;
void hear(int number) { heard = number; }

void hang() {
    for (;;) ::pause();
}

void hang_after(int number) {
    const LastResort last_resort(soon);
    ::raise(number);
    hang();
}

TEST(LastResortDeathTest, EndsAProgramThatHangsAfterASignal) {
    for (const int number : {SIGINT, SIGTERM})
        EXPECT_EXIT(hang_after(number), testing::ExitedWithCode(exit_status::cut_off), "cut off");
}

// A write that waits for ever, say: no signal but the timer's comes through.
void hang_with_signals_held() {
    const LastResort last_resort(soon);
    ::raise(SIGTERM);
    sigset_t held;
    ::sigemptyset(&held);
    ::sigaddset(&held, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &held, nullptr);
    hang();
}

TEST(LastResortDeathTest, NeedsNothingOfWhatHangs) {
    EXPECT_EXIT(hang_with_signals_held(), testing::ExitedWithCode(exit_status::cut_off), "cut off");
}

void raise_again_and_again() {
    const LastResort last_resort(soon);
    for (;;) ::raise(SIGTERM);
}

TEST(LastResortDeathTest, IsNotPutOffByFurtherSignals) {
    EXPECT_EXIT(raise_again_and_again(), testing::ExitedWithCode(exit_status::cut_off), "cut off");
}

void stop_in_order() {
    {
        const LastResort last_resort(soon);
    }
    const LastResort another(never);
    ::raise(SIGTERM);
    ::_exit(0);
}

TEST(LastResortDeathTest, LeavesAStopThatEndsAlone) {
    EXPECT_EXIT(stop_in_order(), testing::ExitedWithCode(0), "");
}

TEST(LastResort, PassesTheSignalOnAndTakesItselfBack) {
    struct sigaction ours{}, before{}, after{};
    ours.sa_handler = hear;
    ::sigaction(SIGTERM, &ours, &before);
    {
        const LastResort last_resort(never);
        EXPECT_EQ(last_resort.counted(), Millis{0});
        ::raise(SIGTERM);
        EXPECT_EQ(heard, SIGTERM);
        const hotreload::Countdown patience{Millis{60'000}};
        while (last_resort.counted() < soon && patience.left() > Millis{0}) continue;
        EXPECT_GE(last_resort.counted(), soon);
    }
    ::sigaction(SIGTERM, &before, &after);
    EXPECT_EQ(after.sa_handler, hear);
}

}  // namespace
}  // namespace tgstats
