#pragma once
// YAML nodes with the path they stand at, read strictly: what is not as expected throws a fault
// with line and words for people. Inside this folder only.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <yaml-cpp/node/node.h>

namespace hotreload {

struct ConfigFault {
    int line;
    std::string reason;
};

// A fault at the second document. Never asks for a third: yaml-cpp 0.7 finds documents without end
// in some broken texts.
void check_single_document(const std::string& text);

class YamlReader {
public:
    explicit YamlReader(YAML::Node root) : YamlReader(std::move(root), {}) {}

    [[nodiscard]] bool null() const { return node_.IsNull(); }
    // The members in the file's order. A fault when this is no mapping, or when a key is no plain
    // word or comes twice. Nothing at all (null) is an empty mapping.
    [[nodiscard]] std::vector<std::pair<std::string, YamlReader>> members(
        std::string_view expected) const;
    // A fault that names the known keys, about the key at hand.
    [[noreturn]] void unknown_key(std::string_view known) const;

    [[nodiscard]] bool boolean() const;
    [[nodiscard]] double number(double least, double most) const;
    [[nodiscard]] std::string text(std::string_view expected) const;
    [[nodiscard]] std::vector<std::string> texts() const;  // null is an empty list
    [[nodiscard]] std::vector<YamlReader> items() const;   // of a list of texts
    [[nodiscard]] boost::json::object object() const;

    [[noreturn]] void fail(const std::string& reason) const;  // "<path>: <reason>" at this line
    [[noreturn]] void expected(
        std::string_view what) const;  // "expected <what>, found <what is here>"

private:
    YamlReader(YAML::Node node, std::string path)
        : node_(std::move(node)), path_(std::move(path)) {}
    [[nodiscard]] YamlReader child(const YAML::Node& node, const std::string& name) const;
    [[nodiscard]] boost::json::value json(int depth, std::size_t& values) const;
    [[nodiscard]] boost::json::value scalar() const;
    [[nodiscard]] std::string found() const;
    // Written plainly, so that its spelling decides its type; quoted scalars are always text.
    [[nodiscard]] bool plain() const { return node_.Tag() == "?"; }

    YAML::Node node_;
    std::string path_;  // "settings.hot_reload"; empty for the document
    int key_line_ = 0;  // where a member's key stands: an empty value has no better place
};

}  // namespace hotreload
