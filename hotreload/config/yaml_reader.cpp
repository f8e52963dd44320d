#include "hotreload/config/yaml_reader.h"

#include <cmath>
#include <set>
#include <sstream>

#include <boost/json/array.hpp>
#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include "hotreload/config/yaml_scalar.h"

namespace hotreload {

namespace {

// Aliases make a small file mean a huge one; nobody's configuration is this large.
constexpr std::size_t values_max = 100'000;
constexpr int depth_max = 64;
constexpr std::size_t shown_bytes_max = 60;

std::string shown(const std::string& text) {
    return text.size() > shown_bytes_max ? "'" + text.substr(0, shown_bytes_max) + "…'"
                                         : "'" + text + "'";
}

// Hears of documents and of nothing in them.
class DocumentStarts : public YAML::EventHandler {
public:
    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++count_ > 1)
            throw ConfigFault{mark.line + 1, "a second document ('---'): expected one only"};
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
    void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
    void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  const std::string&) override {}
    void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                         YAML::EmitterStyle::value) override {}
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                    YAML::EmitterStyle::value) override {}
    void OnMapEnd() override {}

private:
    int count_ = 0;
};

}  // namespace

void check_single_document(const std::string& text) {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    DocumentStarts starts;
    while (parser.HandleNextDocument(starts)) {
    }
}

YamlReader YamlReader::child(const YAML::Node& node, const std::string& name) const {
    return YamlReader(node, path_.empty() ? name : path_ + '.' + name);
}

std::string YamlReader::found() const {
    if (node_.IsMap()) return "a mapping";
    if (node_.IsSequence()) return "a list";
    if (node_.IsScalar()) return shown(node_.Scalar());
    return "nothing";
}

void YamlReader::fail(const std::string& reason) const {
    const int line = node_.IsNull() && key_line_ > 0 ? key_line_ : node_.Mark().line + 1;
    throw ConfigFault{line, path_.empty() ? reason : path_ + ": " + reason};
}

void YamlReader::expected(std::string_view what) const {
    fail("expected " + std::string(what) + ", found " + found());
}

void YamlReader::unknown_key(std::string_view known) const {
    throw ConfigFault{key_line_, fmt::format("{}: unknown key; known here: {}", path_, known)};
}

std::vector<std::pair<std::string, YamlReader>> YamlReader::members(std::string_view what) const {
    std::vector<std::pair<std::string, YamlReader>> result;
    if (node_.IsNull()) return result;
    if (!node_.IsMap()) expected(what);
    std::set<std::string> seen;
    for (const auto& member : node_) {
        if (!member.first.IsScalar() || member.first.Scalar().empty()) {
            throw ConfigFault{member.first.Mark().line + 1,
                              (path_.empty() ? "" : path_ + ": ") + "a key must be a word"};
        }
        const auto& key = member.first.Scalar();
        auto value = child(member.second, key);
        value.key_line_ = member.first.Mark().line + 1;
        if (!seen.insert(key).second)
            throw ConfigFault{value.key_line_, value.path_ + ": this key comes twice"};
        result.emplace_back(key, std::move(value));
    }
    return result;
}

bool YamlReader::boolean() const {
    const auto value = node_.IsScalar() && plain() ? yaml_boolean(node_.Scalar()) : std::nullopt;
    if (!value) expected("true or false");
    return *value;
}

double YamlReader::number(double least, double most) const {
    const auto value = node_.IsScalar() && plain() ? yaml_number(node_.Scalar()) : std::nullopt;
    const double number = value ? value->to_number<double>() : std::nan("");
    if (!(number >= least && number <= most))
        expected(fmt::format("a number from {} to {}", least, most));
    return number;
}

std::string YamlReader::text(std::string_view what) const {
    if (!node_.IsScalar() || node_.Scalar().empty()) expected(what);
    return node_.Scalar();
}

std::vector<YamlReader> YamlReader::items() const {
    std::vector<YamlReader> result;
    if (node_.IsNull()) return result;
    if (!node_.IsSequence()) expected("a list of texts");
    for (std::size_t i = 0; i < node_.size(); ++i) {
        auto item = YamlReader(node_[i], path_ + '[' + std::to_string(i) + ']');
        item.key_line_ = key_line_;
        result.push_back(std::move(item));
    }
    return result;
}

std::vector<std::string> YamlReader::texts() const {
    std::vector<std::string> result;
    for (const auto& item : items()) result.push_back(item.text("a text"));
    return result;
}

boost::json::object YamlReader::object() const {
    if (node_.IsNull()) return {};
    if (!node_.IsMap()) expected("a mapping");
    std::size_t values = 0;
    return std::move(json(0, values).get_object());
}

boost::json::value YamlReader::json(int depth, std::size_t& values) const {
    if (depth > depth_max) fail("nested deeper than " + std::to_string(depth_max) + " levels");
    if (++values > values_max) fail("more than " + std::to_string(values_max) + " values");
    if (node_.IsMap()) {
        boost::json::object result;
        for (const auto& [key, value] : members("a mapping"))
            result.emplace(key, value.json(depth + 1, values));
        return result;
    }
    if (node_.IsSequence()) {
        boost::json::array result;
        for (std::size_t i = 0; i < node_.size(); ++i) {
            const auto item = YamlReader(node_[i], path_ + '[' + std::to_string(i) + ']');
            result.push_back(item.json(depth + 1, values));
        }
        return result;
    }
    if (node_.IsScalar()) return scalar();
    return nullptr;
}

boost::json::value YamlReader::scalar() const {
    const auto& text = node_.Scalar();
    if (!plain()) return boost::json::value(text);
    if (const auto boolean = yaml_boolean(text)) return *boolean;
    if (auto number = yaml_number(text)) {
        if (!std::isfinite(number->to_number<double>())) expected("a finite number");
        return std::move(*number);
    }
    return boost::json::value(text);
}

}  // namespace hotreload
