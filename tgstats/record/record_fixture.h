#pragma once
// A store in a folder of its own and short ways to put updates and exports into it, for the tests
// of this folder.

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include "tgstats/record/import_export.h"
#include "tgstats/record/record_update.h"
#include "tgstats/store/store.h"
#include "tgstats/store/verbs.h"

namespace tgstats {

inline constexpr std::int64_t chat = -1001;
inline const std::string chat_json =
    R"("chat":{"id":-1001,"type":"supergroup","title":"T","username":"t"})";

// An update with a message of user `user` in the chat; `more` are further members of the message.
inline std::string message(int update, int id, int user, const std::string& more) {
    return R"({"update_id":)" + std::to_string(update) + R"(,"message":{"message_id":)" +
           std::to_string(id) + R"(,"date":1790000000,)" + chat_json + R"(,"from":{"id":)" +
           std::to_string(user) + R"(,"is_bot":false,"first_name":"U)" + std::to_string(user) +
           R"("},)" + more + "}}";
}
// The same update in another chat, also where it is named inside.
inline std::string in_chat(std::string update, const std::string& other) {
    for (auto at = update.find(chat_json); at != std::string::npos; at = update.find(chat_json, at))
        update.replace(at, chat_json.size(), other);
    return update;
}
// The same update under another name: "edited_message".
inline std::string as_kind(std::string update, const std::string& kind) {
    const auto at = update.find("\"", update.find("\"update_id\"") + 11);
    return update.replace(at, update.find("\"", at + 1) + 1 - at, "\"" + kind + "\"");
}

class RecordTest : public testing::Test {
protected:
    RecordTest()
        : dir(std::filesystem::temp_directory_path() /
              ("tgstats_record_" + std::to_string(::getpid()))) {
        std::filesystem::remove_all(dir);
        auto opened = Store::open(dir);
        if (!opened) throw std::runtime_error(opened.error());
        store.emplace(std::move(*opened));
    }
    ~RecordTest() override {
        store.reset();
        std::filesystem::remove_all(dir);
    }

    Recorded record(const std::string& update) {
        auto result = record_update(*store, json::parse(update).as_object(), 1'000);
        if (!result) ADD_FAILURE() << result.error();
        return result ? *result : Recorded{};
    }
    json::object ask(std::string_view verb, const std::string& params) {
        auto result = run_verb(*store, verb, json::parse(params).as_object(), 2'000'000'000);
        if (!result) ADD_FAILURE() << result.error().message;
        return result ? result->as_object() : json::object();
    }
    json::object user(std::int64_t id) {
        const auto answer = ask("users", R"({"chat_id":-1001,"min_messages":0})");
        for (const auto& row : answer.at("users").as_array())
            if (row.at("user").at("id").as_int64() == id) return row.as_object();
        ADD_FAILURE() << "no user " << id;
        return {};
    }
    std::filesystem::path file(const std::string& text, const std::string& name = "result.json") {
        std::ofstream(dir / name, std::ios::binary) << text;
        return dir / name;
    }
    ImportSummary import(const std::filesystem::path& path, bool shift = false,
                         std::int64_t now = 0) {
        auto result = import_export(*store, path, {.shift_to_now = shift, .now = now});
        if (!result) ADD_FAILURE() << result.error();
        return result ? *result : ImportSummary{};
    }
    std::string refusal(const std::filesystem::path& path) {
        auto result = import_export(*store, path, {});
        return result ? "accepted" : result.error();
    }
    std::string text_of(const std::string& sql) {  // the first column of its first row
        auto statement = store->database().prepare(sql);
        return statement.step() ? std::string(statement.text(0)) : "no row";
    }
    std::int64_t count(const std::string& table) {
        auto statement = store->database().prepare("SELECT COUNT(*) FROM " + table);
        statement.step();
        return statement.integer(0);
    }
    // All counts, to compare states.
    std::string rollup_text() {
        std::ostringstream text;
        auto statement = store->database().prepare("SELECT * FROM rollups");
        while (statement.step()) {
            for (int column = 0; column < 16; ++column) text << statement.integer(column) << ' ';
            text << '\n';
        }
        return text.str();
    }

    std::filesystem::path dir;
    std::optional<Store> store;
};

}  // namespace tgstats
