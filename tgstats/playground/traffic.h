#pragma once
// Writes down what goes over the Bot API, one JSON object a line, for tests that hold it against
// the published description (tests/support/bot_api_schema.py):
//
//   {"method", "params", "files": [names of uploads], "text": true | false, "answer"}
//   {"update"}                                                   given to a webhook
//
// `text` says that the parameters came as a form or query has them. Each line is written before its
// answer is sent. Faults of the file are exceptions of the constructor only.

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "tgstats/playground/arguments.h"

namespace tgstats::playground {

class Traffic {
public:
    explicit Traffic(const std::filesystem::path& file);  // what is there already stays

    // The part of a call that is known before it is answered.
    static std::string asked(std::string_view method, const Arguments& arguments);
    void answered(const std::string& asked, std::string_view answer);
    void update(std::string_view update);

private:
    std::ofstream file_;
};

}  // namespace tgstats::playground
