#pragma once
// A store in a folder of its own with one chat, for the tests of this folder.

#include <unistd.h>

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include "tgstats/store/privacy.h"
#include "tgstats/store/store.h"
#include "tgstats/store/verbs.h"

namespace tgstats {

inline constexpr std::int64_t chat = -1001;
inline constexpr std::int64_t day_s = 86'400;

class StoreTest : public testing::Test {
protected:
    StoreTest()
        : dir(std::filesystem::temp_directory_path() /
              ("tgstats_store_" + std::to_string(::getpid()))) {
        std::filesystem::remove_all(dir);
        reopen();
        store->put_chat({chat, "supergroup", "Test", "test", true});
    }
    ~StoreTest() override {
        store.reset();
        std::filesystem::remove_all(dir);
    }

    void reopen() {
        auto opened = Store::open(dir);
        if (!opened) throw std::runtime_error(opened.error());
        store.emplace(std::move(*opened));
    }
    json::object ask(std::string_view verb, const std::string& params, std::int64_t now = 0) {
        auto result = run_verb(*store, verb, json::parse(params).as_object(), now);
        if (!result) ADD_FAILURE() << result.error().message;
        return result ? result->as_object() : json::object();
    }
    std::string refusal(std::string_view verb, const std::string& params) {
        auto result = run_verb(*store, verb, json::parse(params).as_object(), 0);
        return result ? "accepted" : result.error().message;
    }
    void put(std::int64_t id, std::int64_t user, std::int64_t date, const std::string& text = "x") {
        MessageRow row{
            .chat_id = chat, .message_id = id, .user_id = user, .date = date, .text = text};
        row.length = static_cast<std::int64_t>(text.size());
        store->put_message(row);
    }

    // What of people who want to be forgotten is still there.
    void erase_all() {
        for (int steps = 0;;) {
            const auto erasure = next_erasure(*store);
            if (!erasure) return;
            ErasureRun run;
            run.erasure = *erasure;
            for (; !run.done; ++steps) {
                ASSERT_LT(steps, 1'000);
                erase_step(*store, run);
            }
        }
    }

    std::filesystem::path dir;
    std::optional<Store> store;
};

}  // namespace tgstats
