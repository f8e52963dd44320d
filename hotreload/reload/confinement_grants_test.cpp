// What a plugin says it needs is held against what the operator grants.

#include <gmock/gmock.h>

#include "hotreload/reload/confinement.h"
#include "hotreload/reload/engine_fixture_test.h"

namespace hotreload {
namespace {

using testing::HasSubstr;
using testing::Not;

class HeldTest : public EngineTest {};

TEST_F(HeldTest, WantingMoreThanIsGrantedHoldsTheSwap) {
    save("hello.py", python("hello", "one"));
    start();
    auto seq = now();
    save("hello.py",
         "permissions = ['network', 'telegram:banChatMember']\n" + python("hello", "two"));
    await_event(EventType::plugin_held, seq);
    EXPECT_EQ(ask("hello"), "one");
    ASSERT_TRUE(status("hello").error);
    EXPECT_EQ(status("hello").error->reason,
              "wants what is not granted: network, telegram:banChatMember; to grant it write "
              "`grants: {network: true, permissions: ['telegram:banChatMember']}` under "
              "plugins.hello in " +
                  (plugins() / "plugins.yaml").string());
    seq = now();
    save("plugins.yaml",
         "plugins:\n  hello:\n    grants: {network: true, permissions: "
         "['telegram:banChatMember']}\n");
    await_event(EventType::plugins_reloaded, seq);
    EXPECT_EQ(ask("hello"), "two");
}

TEST_F(HeldTest, AChangedGrantReloadsExactlyThatPlugin) {
    save("hello.py", python("hello", "one"));
    save("other.py", python("other", "other"));
    start();
    const auto seq = now();
    save("plugins.yaml", "plugins:\n  hello: {grants: {network: true}}\n");
    await_event(EventType::plugins_reloaded, seq);
    EXPECT_THAT(status("hello").sandbox, HasSubstr("granted: network"));
    EXPECT_EQ(status("other").generation, 1u);
}

TEST_F(HeldTest, ASandboxThatIsOffIsShoutedAbout) {
    save("plugins.yaml", "settings: {sandbox: off}\n");
    save("hello.py", python("hello", "one"));
    start();
    EXPECT_THAT(status("hello").sandbox, HasSubstr("off (settings.sandbox)"));
    int told = 0;
    for (const auto& event : events_.after(0, 1000).events)
        if (event.type == EventType::sandbox_level) {
            ++told;
            EXPECT_EQ(event.level, Level::error);
        }
    EXPECT_EQ(told, 1);
    const auto seq = now();
    save("plugins.yaml", "settings: {sandbox: best_effort}\n");
    await_event(EventType::plugins_reloaded, seq);
    EXPECT_THAT(status("hello").sandbox, Not(HasSubstr("off")));
}

TEST(PermissionTest, WordsAreHeldAgainstTheGrants) {
    const Grants grants{.network = true,
                        .exec = false,
                        .read = {"/srv/a"},
                        .write = {"/srv/b"},
                        .permissions = {"chats"}};
    EXPECT_EQ(
        missing_permissions({"network", "exec", "read:/srv/a/x", "read:/srv/ab", "read:/srv/a/../c",
                             "read:/srv/b/x", "write:/srv/a", "chats", "more"},
                            grants),
        (std::vector<std::string>{"exec", "read:/srv/ab", "read:/srv/a/../c", "write:/srv/a",
                                  "more"}));
    EXPECT_EQ(granting_line({"exec", "read:/srv/ab", "write:/x", "more"}),
              "grants: {exec: true, read: ['/srv/ab'], write: ['/x'], permissions: ['more']}");
}

}  // namespace
}  // namespace hotreload
