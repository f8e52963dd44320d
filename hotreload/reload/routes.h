#pragma once
// Which generation answers which offer: an immutable snapshot, replaced whole. Readers keep the one
// that they took.

#include <map>
#include <memory>
#include <set>
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

    // Every generation that serves, by plugin.
    using Serving = std::map<std::string, std::shared_ptr<Generation>>;

    [[nodiscard]] const Route* find(const std::string& kind, const std::string& name) const;
    [[nodiscard]] std::vector<Offer> offers(const std::string& kind) const;  // sorted by name
    [[nodiscard]] const std::map<Key, Route>& all() const { return routes_; }
    [[nodiscard]] const std::vector<RouteConflict>& conflicts() const { return conflicts_; }
    [[nodiscard]] const Serving& serving() const { return serving_; }
    // Who is to handle it: `plugin`, if it serves and offers it, or (empty) the route's holder.
    [[nodiscard]] std::shared_ptr<Generation> holder(const std::string& plugin,
                                                     const Offer& offer) const;

private:
    friend std::shared_ptr<const Routes> make_routes(
        const Routes& before, const std::vector<std::shared_ptr<Generation>>& serving,
        bool incumbents_win, const std::set<std::string>& shared_kinds);
    std::map<Key, Route> routes_;
    Serving serving_;
    std::vector<RouteConflict> conflicts_;
};

// The table for these generations. Two plugins with one offer: who had it before keeps it (so that
// nothing working is taken away); else, and when `incumbents_win` is false (the first start), the
// first by name. Offers of a shared kind are no routes.
std::shared_ptr<const Routes> make_routes(const Routes& before,
                                          const std::vector<std::shared_ptr<Generation>>& serving,
                                          bool incumbents_win,
                                          const std::set<std::string>& shared_kinds = {});

}  // namespace hotreload
