#include "tgstats/app/service_notice.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include <gtest/gtest.h>

#include "hotreload/base/temp_folder_test.h"

namespace tgstats {
namespace {

using hotreload::Millis;

// Stands where systemd would: takes datagrams, and gives them one after another.
class NoticeReceiver {
public:
    explicit NoticeReceiver(const std::string& path)
        : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        std::memcpy(name.sun_path, path.c_str(), path.size() + 1);
        if (::bind(fd_.get(), reinterpret_cast<sockaddr*>(&name), sizeof name) != 0)
            ADD_FAILURE() << "cannot bind " << path;
    }
    std::string next() {
        char text[256];
        const auto size = ::recv(fd_.get(), text, sizeof text, 0);
        return size < 0 ? "" : std::string(text, static_cast<std::size_t>(size));
    }

private:
    hotreload::UniqueFd fd_;
};

TEST(ServiceNoticeTest, SaysWhatItIsToldToSay) {
    const hotreload::TempFolder folder;
    const auto path = (folder.path() / "notify").string();
    NoticeReceiver manager(path);
    const ServiceNotice notice(path, Millis(0));
    EXPECT_TRUE(notice.wanted());
    notice.ready();
    notice.status("serving 3 plugins");
    notice.alive();
    notice.stopping();
    EXPECT_EQ(manager.next(), "READY=1");
    EXPECT_EQ(manager.next(), "STATUS=serving 3 plugins");
    EXPECT_EQ(manager.next(), "WATCHDOG=1");
    EXPECT_EQ(manager.next(), "STOPPING=1");
    EXPECT_EQ(manager.next(), "");
}

TEST(ServiceNoticeTest, AnotherProcessesWatchdogIsNotFed) {
    const auto own = std::to_string(::getpid());
    EXPECT_EQ(ServiceNotice::from("", "30000000", own).watchdog(), Millis(30'000));
    EXPECT_EQ(ServiceNotice::from("", "30000000", "").watchdog(), Millis(30'000));
    EXPECT_EQ(ServiceNotice::from("", "30000000", "1").watchdog(), Millis(0));
    EXPECT_EQ(ServiceNotice::from("", "soon", own).watchdog(), Millis(0));
    EXPECT_EQ(ServiceNotice::from("", "", "").watchdog(), Millis(0));
}

TEST(ServiceNoticeTest, WithoutASocketNothingHappens) {
    const ServiceNotice notice("", Millis(0));
    EXPECT_FALSE(notice.wanted());
    notice.ready();
    EXPECT_FALSE(ServiceNotice("no/absolute/path", Millis(0)).wanted());
    EXPECT_FALSE(ServiceNotice("/" + std::string(200, 'x'), Millis(0)).wanted());
}

}  // namespace
}  // namespace tgstats
