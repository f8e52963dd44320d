#pragma once
// Which generation answers which offer: an immutable snapshot, replaced whole. Readers keep the one
// that they took.

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "hotreload/reload/generation.h"

namespace hotreload {

struct RouteConflict {
    Offer offer;
    std::string kept;     // the plugin that answers
    std::string ignored;  // the plugin that offered the same

    auto operator<=>(const RouteConflict&) const = default;
};

class Routes {
public:
    using Key = std::pair<std::string, std::string>;  // kind, name
    struct Route {
        Offer offer;
        std::shared_ptr<Generation> generation;
    };

    [[nodiscard]] const Route* find(const std::string& kind, const std::string& name) const;
    [[nodiscard]] std::vector<Offer> offers(const std::string& kind) const;  // sorted by name
    [[nodiscard]] const std::map<Key, Route>& all() const { return routes_; }
    [[nodiscard]] const std::vector<RouteConflict>& conflicts() const { return conflicts_; }

private:
    friend std::shared_ptr<const Routes> make_routes(
        const Routes& before, const std::vector<std::shared_ptr<Generation>>& serving,
        bool incumbents_win);
    std::map<Key, Route> routes_;
    std::vector<RouteConflict> conflicts_;
};

// The table for these generations. Two plugins with one offer: who had it before keeps it (so that
// nothing working is taken away); else, and when `incumbents_win` is false (the first start), the
// first by name.
std::shared_ptr<const Routes> make_routes(const Routes& before,
                                          const std::vector<std::shared_ptr<Generation>>& serving,
                                          bool incumbents_win);

}  // namespace hotreload
