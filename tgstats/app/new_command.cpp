#include "tgstats/app/new_command.h"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <utility>

#include <fmt/format.h>

namespace tgstats {
namespace {

constexpr std::string_view python_text =
    R"(from tgstats.plugins.base import CommandPlugin, PluginMetadata


class {class_name}(CommandPlugin):
    @property
    def metadata(self):
        return PluginMetadata(
            name="{name}", version="1.0.0", description="Says hello", author="you"
        )

    def get_commands(self):
        return {{"{name}": self.answer}}

    def get_command_descriptions(self):
        return {{"{name}": "Say hello"}}

    async def answer(self, update, context):
        await update.message.reply_text(f"Hello, {{update.effective_user.first_name}}")
)";

constexpr std::string_view cpp_text = R"(#include <tgstats/plugin.hpp>

class {class_name} : public tgstats::CommandPlugin {{
public:
    tgstats::Metadata metadata() const override {{
        return {{.name = "{name}",
                .version = "1.0.0",
                .description = "Says hello",
                .author = "you"}};
    }}
    void commands(tgstats::Commands& commands) override {{
        commands.add("{name}", "Say hello",
                     [](tgstats::Call& call) {{ call.reply_text("Hello"); }});
    }}
}};

TGSTATS_PLUGIN({class_name})
)";

bool good_name(const std::string& name) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    return !name.empty() && name.size() <= 32 && name[0] >= 'a' && name[0] <= 'z' &&
           std::ranges::all_of(name, fits);
}

// word_cloud → WordCloudPlugin
std::string class_name(const std::string& name) {
    std::string all;
    bool upper = true;
    for (const char c : name) {
        if (c == '_')
            upper = true;
        else
            all += std::exchange(upper, false) && c >= 'a' && c <= 'z'
                       ? static_cast<char>(c - 'a' + 'A')
                       : c;
    }
    return all + "Plugin";
}

int fail(const std::string& line) {
    std::cerr << "tgstats: " << line << '\n';
    return 1;
}

}  // namespace

int run_new(const NewCommand& command) {
    const auto& name = command.name;
    if (!good_name(name))
        return fail(fmt::format(
            "'{}' cannot be a plugin's name: lower-case letters, digits and '_', a letter first, "
            "at most 32",
            name));
    if (command.language != "python" && command.language != "cpp")
        return fail(fmt::format("'{}' is no language for plugins; there are: python, cpp",
                                command.language));
    if (!std::filesystem::is_directory(command.plugins))
        return fail(
            fmt::format("{}: there is no such folder; name the plugins' folder with --plugins",
                        command.plugins.string()));
    for (const auto* ending : {"", ".py", ".cpp", ".so"})
        if (std::filesystem::exists(command.plugins / (name + ending)))
            return fail(
                fmt::format("{} is there already", (command.plugins / (name + ending)).string()));
    const bool python = command.language == "python";
    const auto file = command.plugins / (name + (python ? ".py" : ".cpp"));
    const auto text = fmt::format(fmt::runtime(python ? python_text : cpp_text),
                                  fmt::arg("name", name), fmt::arg("class_name", class_name(name)));
    std::ofstream out(file);
    out << text;
    out.close();
    if (!out) return fail(fmt::format("{}: cannot be written", file.string()));
    std::cout << fmt::format(
        "{}: a running bot answers /{} from now on; change the file and try again\n", file.string(),
        name);
    return 0;
}

}  // namespace tgstats
