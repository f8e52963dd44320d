#pragma once
// Which generation answers which offer: an immutable snapshot, replaced whole. Readers keep the one
// that they took.

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "hotreload/reload/generation.h"

namespace hotreload {

struct RouteConflict {
    Offer offer;
    std::string kept;     // the plugin that answers
    std::string ignored;  // the plugin that offered the same

    auto operator<=>(const RouteConflict&) const = default;
};

struct RoutesInput;

bool offering(const Generation& generation, const std::string& kind, const std::string& name);

class Routes {
public:
    struct Route {
        const Offer* offer = nullptr;  // the generation's own
        std::shared_ptr<Generation> generation;
    };

    [[nodiscard]] const Route* find(std::string_view kind, std::string_view name) const;
    [[nodiscard]] std::vector<Offer> offers(const std::string& kind) const;  // sorted by name
    // Who serves for this plugin; null when nobody does.
    [[nodiscard]] std::shared_ptr<Generation> serving(const std::string& plugin) const;
    // The plugins that offer something of this kind and name; for kinds that many may share.
    [[nodiscard]] std::vector<std::string> plugins(const std::string& kind,
                                                   const std::string& name) const;
    // Sorted by plugin.
    [[nodiscard]] const std::vector<std::shared_ptr<Generation>>& serving() const {
        return serving_;
    }
    [[nodiscard]] const std::vector<RouteConflict>& conflicts() const { return conflicts_; }

private:
    friend std::shared_ptr<const Routes> make_routes(const RoutesInput& input);
    // A new table is made for each publication, of two hundred plugins two hundred times.
    std::vector<Route> routes_;  // by kind and name
    std::vector<std::shared_ptr<Generation>> serving_;
    std::vector<RouteConflict> conflicts_;
};

// The table for these generations. Two plugins with one offer: who had it before keeps it (so that
// nothing working is taken away); else, and when `incumbents_win` is false (the first start), the
// first by name. Of a shared kind everybody may offer everything.
struct RoutesInput {
    const Routes& before;
    std::vector<std::shared_ptr<Generation>> serving;
    bool incumbents_win = true;
    std::set<std::string> shared_kinds;
};
std::shared_ptr<const Routes> make_routes(const RoutesInput& input);

}  // namespace hotreload
