// The command line: what each subcommand takes, and nothing else.

#include <iostream>

#include <CLI/CLI.hpp>

#include "tgstats/app/check_command.h"
#include "tgstats/app/exit_status.h"
#include "tgstats/app/import_command.h"
#include "tgstats/app/new_command.h"
#include "tgstats/app/plugins_command.h"
#include "tgstats/app/serve.h"

namespace {

using namespace tgstats;

struct Arguments {
    std::filesystem::path config = "tgstats.yaml";
    bool config_named = false;  // then it must be there
    std::string listen, plugins, data, log;
    bool playground = false;
    bool quiet = false;
    std::string playground_listen = "127.0.0.1:8081";
    ImportCommand import_command;
    PluginsCommand plugins_command;
    CheckCommand check_command;
    NewCommand new_command;
};

void add_serve(CLI::App& app, Arguments& arguments) {
    auto& serve = *app.add_subcommand("serve", "Run the bot");
    serve.add_flag("--playground", arguments.playground,
                   "Talk to a built-in Telegram with a web chat; needs no token");
    serve.add_option("--listen", arguments.listen,
                     "Address of the web pages and the API (127.0.0.1:8080)");
    serve.add_option("--plugins", arguments.plugins, "Folder of the plugins (plugins)");
    serve.add_option("--data", arguments.data, "Folder of the database and the build cache (data)");
    serve.add_option("--log", arguments.log, "The log, JSON lines (logs/tgstats.log)");
    serve.add_option("--config", arguments.config, "The bot's settings (tgstats.yaml)")
        ->each([&arguments](const std::string&) { arguments.config_named = true; });
    serve.add_flag("--quiet", arguments.quiet, "No events on the terminal");
}

void add_plugins(CLI::App& app, Arguments& arguments) {
    auto& command = arguments.plugins_command;
    auto& plugins = *app.add_subcommand("plugins", "Ask the running bot about its plugins");
    plugins.require_subcommand(1);
    const auto add = [&](CLI::App& to, const std::string& verb, const std::string& text,
                         bool named) -> CLI::App* {
        auto& sub = *to.add_subcommand(verb, text);
        auto& name = *sub.add_option("name", command.name, "The plugin");
        if (named) name.required();
        sub.add_option("--listen", command.address, "Address of the running bot");
        sub.add_flag("--json", command.json, "For scripts");
        sub.callback([&command, verb] { command.verb = verb; });
        return &sub;
    };
    add(plugins, "list", "All plugins, a line each", false);
    add(plugins, "show", "One plugin in full", true);
    add(plugins, "reload",
        "Build and start it anew; without a name: wait until all that was saved is live", false);
    add(plugins, "enable", "Switch it on", true);
    add(plugins, "disable", "Switch it off", true);
    add(plugins, "history", "Its last generations: why each was made, and how it ended", true);
    add(plugins, "rollback", "Back to an earlier generation, until a file of it is saved", true)
        ->add_option("generation", command.generation, "Its number (the one before)");
    add(app, "why", "Why a plugin is the way it is: last plan, compiler's words, stderr", true);
}

void add_rest(CLI::App& app, Arguments& arguments) {
    auto& play =
        *app.add_subcommand("playground", "Run the built-in Telegram and its web chat alone");
    play.add_option("--listen", arguments.playground_listen, "Address (127.0.0.1:8081)");

    auto& import = *app.add_subcommand(
        "import", "Read a Telegram Desktop export (result.json) into the database");
    import
        .add_option("file", arguments.import_command.file,
                    "The export: one chat or a whole account")
        ->required();
    import.add_option("--data", arguments.import_command.data, "Folder of the database (data)");
    import.add_flag("--shift-to-now", arguments.import_command.shift_to_now,
                    "Move all dates so that the newest message is now");

    auto& check = *app.add_subcommand(
        "check", "Build and load every plugin of a folder, and say what is wrong");
    check.add_option("dir", arguments.check_command.plugins, "Folder of the plugins (plugins)");
    check.add_flag("--json", arguments.check_command.json, "For scripts");

    auto& plugin = *app.add_subcommand("plugin", "Work on plugins");
    plugin.require_subcommand(1);
    auto& fresh = *plugin.add_subcommand("new", "Write a first plugin that works");
    fresh.add_option("name", arguments.new_command.name, "Its name and its command")->required();
    fresh.add_option("--language", arguments.new_command.language, "python or cpp");
    fresh.add_option("--plugins", arguments.new_command.plugins, "Folder of the plugins (plugins)");
}

int run_serve(const Arguments& arguments) {
    if (arguments.config_named && !std::filesystem::exists(arguments.config)) {
        std::cerr << "tgstats: " << arguments.config.string() << ": there is no such file\n";
        return exit_status::misconfigured;
    }
    auto settings = read_settings(arguments.config);
    if (!settings) {
        std::cerr << "tgstats: " << settings.error() << '\n';
        return exit_status::misconfigured;
    }
    if (!arguments.listen.empty()) settings->listen = arguments.listen;
    if (!arguments.plugins.empty()) settings->plugins = arguments.plugins;
    if (!arguments.data.empty()) settings->data = arguments.data;
    if (!arguments.log.empty()) settings->log = arguments.log;
    return serve({.settings = std::move(*settings),
                  .version = TGSTATS_VERSION,
                  .playground = arguments.playground,
                  .quiet = arguments.quiet});
}

int run(const CLI::App& app, Arguments& arguments) {
    if (app.got_subcommand("serve")) return run_serve(arguments);
    if (app.got_subcommand("playground"))
        return serve_playground(arguments.playground_listen, false);
    if (app.got_subcommand("import")) return run_import(arguments.import_command);
    if (app.got_subcommand("check")) return run_check(arguments.check_command);
    if (app.got_subcommand("plugin")) return run_new(arguments.new_command);
    if (const char* token = std::getenv("ADMIN_TOKEN"))
        arguments.plugins_command.admin_token = token;
    return run_plugins(arguments.plugins_command);
}

// One line: what is wrong with the words given, and where to read on.
std::string complaint(const CLI::App* app, const CLI::Error& error) {
    const auto unknown = app->remaining();
    const bool no_subcommand = error.get_name() == "RequiredError" && !unknown.empty();
    const auto what = no_subcommand ? "there is no subcommand '" + unknown.front() + "'"
                                    : std::string(error.what());
    return "tgstats: " + what + "; 'tgstats --help' shows what there is\n";
}

}  // namespace

int main(int argc, char** argv) {
    Arguments arguments;
    CLI::App app(
        "tgstats: group statistics for Telegram, with plugins that change while the bot runs");
    app.set_version_flag("--version", TGSTATS_VERSION);
    app.require_subcommand(1);
    app.failure_message(complaint);
    add_serve(app, arguments);
    add_plugins(app, arguments);
    add_rest(app, arguments);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_status::done : exit_status::misconfigured;
    }
    try {
        return run(app, arguments);
    } catch (const std::exception& error) {
        std::cerr << "tgstats: " << error.what() << '\n';
        return exit_status::failed;
    }
}
