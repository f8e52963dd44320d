// What the playground emits is what the published description of the Bot API allows. The
// description is not part of the project: without it beside the checkout the test is skipped.

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tgstats/playground/fixture_test.h"

namespace tgstats::playground {
namespace {

// Says where a value differs from its described type; empty when it fits.
class Schema {
public:
    explicit Schema(const json::value& api)
        : types_(api.at("types").as_object()), methods_(api.at("methods").as_object()) {}

    std::string check_result(const std::string& method, const json::value& value) const {
        return check_any(methods_.at(method).at("returns").as_array(), value, method);
    }

    std::string check(std::string_view type, const json::value& value,
                      const std::string& where) const {
        if (type.starts_with("Array of ")) return check_array(type.substr(9), value, where);
        if (type == "Integer")
            return value.is_int64() || value.is_uint64() ? "" : where + " is no integer";
        if (type == "Float") return value.is_number() ? "" : where + " is no number";
        if (type == "String") return value.is_string() ? "" : where + " is no string";
        if (type == "Boolean" || type == "True")
            return value.is_bool() ? "" : where + " is no boolean";
        const auto& described = types_.at(type).as_object();
        if (const auto* subtypes = described.if_contains("subtypes")) {
            return check_any(subtypes->as_array(), value, where);
        }
        return check_object(described, value, where);
    }

private:
    std::string check_any(const json::array& types, const json::value& value,
                          const std::string& where) const {
        std::string why;
        for (const auto& type : types) {
            const auto wrong = check(type.as_string(), value, where);
            if (wrong.empty()) return "";
            why += wrong + "; ";
        }
        return why;
    }

    std::string check_array(std::string_view type, const json::value& value,
                            const std::string& where) const {
        if (!value.is_array()) return where + " is no array";
        for (const auto& item : value.get_array()) {
            auto wrong = check(type, item, where + "[]");
            if (!wrong.empty()) return wrong;
        }
        return "";
    }

    std::string check_object(const json::object& described, const json::value& value,
                             const std::string& where) const {
        if (!value.is_object()) return where + " is no object";
        std::size_t known = 0;
        static const json::array no_fields;
        const auto* fields = described.if_contains("fields");
        for (const auto& field : fields ? fields->as_array() : no_fields) {
            const std::string name(field.at("name").as_string());
            const auto* own = value.get_object().if_contains(name);
            if (!own && field.at("required").as_bool()) return where + "." + name + " is missing";
            if (!own) continue;
            ++known;
            auto wrong = check_any(field.at("types").as_array(), *own, where + "." + name);
            if (!wrong.empty()) return wrong;
        }
        if (known != value.get_object().size())
            return where + " has a field that is not described: " + json::serialize(value);
        return "";
    }

    const json::object& types_;
    const json::object& methods_;
};

class BotApiSchema : public PlaygroundFixture {
protected:
    void SetUp() override {
        const auto file = std::filesystem::path(SOURCE_DIR) / "../shared/data/bot-api/api.json";
        if (!std::filesystem::exists(file))
            GTEST_SKIP() << "no Bot API description beside the checkout";
        std::stringstream text;
        text << std::ifstream(file).rdbuf();
        api_ = json::parse(text.str());
        schema_.emplace(api_);
    }

    json::value checked(const std::string& method, const json::object& arguments = {}) {
        auto result = call(method, arguments);
        EXPECT_EQ(schema_->check_result(method, result), "")
            << method << ": " << json::serialize(result);
        return result;
    }

    json::value api_;
    std::optional<Schema> schema_;
};

TEST_F(BotApiSchema, KnowsWrongFromRight) {
    EXPECT_EQ(
        schema_->check("User", json::parse(R"({"id":1,"is_bot":false,"first_name":"A"})"), "user"),
        "");
    EXPECT_EQ(schema_->check("User", json::parse(R"({"id":1,"is_bot":false})"), "user"),
              "user.first_name is missing");
    EXPECT_NE(schema_->check("User", json::parse(R"({"id":"1","is_bot":false,"first_name":"A"})"),
                             "user"),
              "");
    EXPECT_NE(schema_->check(
                  "User", json::parse(R"({"id":1,"is_bot":false,"first_name":"A","x":1})"), "user"),
              "");
}

TEST_F(BotApiSchema, ResultsFit) {
    const auto id = say(group, "hello /x @someone #tag");
    checked("getMe");
    const json::object keyboard{{"inline_keyboard", {{{{"text", "b"}, {"callback_data", "d"}}}}}};
    const auto sent = checked("sendMessage", {{"chat_id", group},
                                              {"text", "<b>x</b> <a href='tg://user?id=5'>Eve</a>"},
                                              {"parse_mode", "HTML"},
                                              {"reply_parameters", {{"message_id", id}}},
                                              {"message_thread_id", 3},
                                              {"reply_markup", keyboard}});
    const auto own = sent.at("message_id");
    checked("editMessageText", {{"chat_id", group}, {"message_id", own}, {"text", "y"}});
    checked("editMessageReplyMarkup",
            {{"chat_id", group}, {"message_id", own}, {"reply_markup", keyboard}});
    checked("setMessageReaction", {{"chat_id", group}, {"message_id", id}});
    checked("sendChatAction", {{"chat_id", group}, {"action", "typing"}});
    say(5, "in private");
    checked("getChat", {{"chat_id", group}});
    checked("getChat", {{"chat_id", 5}});
    checked("getChatMember", {{"chat_id", group}, {"user_id", 5}});
    checked("getChatMember", {{"chat_id", group}, {"user_id", 1000000001}});
    checked("getChatAdministrators", {{"chat_id", group}});
    checked("getChatMemberCount", {{"chat_id", group}});
    checked("setMyCommands", {{"commands", {{{"command", "x"}, {"description", "X"}}}}});
    checked("getMyCommands");
    checked("getMyName");
    checked("getMyDescription");
    checked("getWebhookInfo");
    checked("getUserProfilePhotos", {{"user_id", 5}});
}

TEST_F(BotApiSchema, MediaFit) {
    say(group, "m");
    auto upload = [&](const std::string& method, const std::string& field) {
        auto made = request("POST", bot + method + "?chat_id=-1009&caption=%23c",
                            "--X\r\nContent-Disposition: form-data; name=\"" + field +
                                "\"; filename=\"p.png\"\r\nContent-Type: image/png\r\n\r\n" +
                                png_header(64, 48) + "\r\n--X--");
        made.headers.set("Content-Type", "multipart/form-data; boundary=X");
        auto result = outcome(run(router.handle(made)));
        EXPECT_EQ(schema_->check_result(method, result), "") << json::serialize(result);
        return result;
    };
    const auto photo = upload("sendPhoto", "photo").at("photo").at(0).at("file_id");
    upload("sendDocument", "document");
    const json::object item{{"type", "photo"}, {"media", photo}};
    checked("sendMediaGroup", {{"chat_id", group}, {"media", json::array{item, item}}});
    checked("getFile", {{"file_id", photo}});
}

TEST_F(BotApiSchema, UpdatesFit) {
    call("getUpdates",
         {{"allowed_updates",
           {"message", "edited_message", "message_reaction", "callback_query", "chat_member",
            "my_chat_member", "business_connection", "business_message", "edited_business_message",
            "deleted_business_messages"}}});
    const auto id = say(group, "m");
    const json::object from{{"id", 5}};
    page("edits", {{"chat_id", group}, {"message_id", id}, {"text", "edited"}});
    page("reactions",
         {{"chat_id", group}, {"message_id", id}, {"from", from}, {"emoji", "\xF0\x9F\x91\x8D"}});
    const json::object keyboard{{"inline_keyboard", {{{{"text", "b"}, {"callback_data", "d"}}}}}};
    const auto own =
        call("sendMessage", {{"chat_id", group}, {"text", "?"}, {"reply_markup", keyboard}})
            .at("message_id");
    page("callback", {{"chat_id", group}, {"message_id", own}, {"from", from}, {"data", "d"}});
    const json::object newcomer{{"id", 6}, {"first_name", "Finn"}};
    for (const auto* status : {"member", "administrator", "kicked"}) {
        page("members", {{"chat_id", group}, {"user", newcomer}, {"status", status}});
    }
    call("leaveChat", {{"chat_id", group}});
    const auto connection = page("business/connections", {{"user", from}}).at("connection_id");
    checked("getBusinessConnection", {{"business_connection_id", connection}});
    const json::object both{{"connection_id", connection}, {"chat_id", 6}};
    auto written = both, edited = both, deleted = both;
    written["from"] = newcomer;
    written["text"] = "hello @someone";
    const auto number = page("business/messages", written).at("message_id");
    edited["message_id"] = number;
    edited["text"] = "edited";
    page("business/edits", edited);
    deleted["message_ids"] = json::array{number};
    page("business/deletions", deleted);
    const auto updates = checked("getUpdates");
    std::string kinds;
    for (const auto& update : updates.as_array()) {
        for (const auto& [name, value] : update.as_object())
            kinds += name == "update_id" ? "" : std::string(name) + " ";
    }
    EXPECT_EQ(kinds,
              "message edited_message message_reaction callback_query message chat_member "
              "chat_member message "
              "chat_member my_chat_member business_connection business_message "
              "edited_business_message deleted_business_messages ");
}

}  // namespace
}  // namespace tgstats::playground
