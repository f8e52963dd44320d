#include "tgstats/playground/traffic.h"

#include <stdexcept>

#include <boost/json/serialize.hpp>

namespace tgstats::playground {

Traffic::Traffic(const std::filesystem::path& file) : file_(file, std::ios::app) {
    if (!file_) throw std::runtime_error(file.string() + ": cannot be written");
}

std::string Traffic::asked(std::string_view method, const Arguments& arguments) {
    json::array files;
    for (const auto& [name, upload] : arguments.uploads()) files.emplace_back(name);
    const json::object call{{"method", method},
                            {"params", arguments.values()},
                            {"files", std::move(files)},
                            {"text", arguments.as_text()}};
    auto line = json::serialize(call);
    line.back() = ',';  // the answer follows
    return line;
}

void Traffic::answered(const std::string& asked, std::string_view answer) {
    file_ << asked << "\"answer\":" << answer << "}\n" << std::flush;
}

void Traffic::update(std::string_view update) {
    file_ << "{\"update\":" << update << "}\n" << std::flush;
}

}  // namespace tgstats::playground
