#include "hotreload/reload/routes.h"

#include <algorithm>

namespace hotreload {

const Routes::Route* Routes::find(const std::string& kind, const std::string& name) const {
    const auto found = routes_.find({kind, name});
    return found == routes_.end() ? nullptr : &found->second;
}

std::vector<Offer> Routes::offers(const std::string& kind) const {
    std::vector<Offer> offers;
    for (const auto& [key, route] : routes_)
        if (key.first == kind) offers.push_back(route.offer);
    return offers;
}

std::shared_ptr<Generation> Routes::holder(const std::string& plugin, const Offer& offer) const {
    if (plugin.empty()) {
        const auto* route = find(offer.kind, offer.name);
        return route != nullptr ? route->generation : nullptr;
    }
    const auto found = serving_.find(plugin);
    if (found == serving_.end()) return nullptr;
    const auto makes_it = [&](const Offer& made) {
        return made.kind == offer.kind && made.name == offer.name;
    };
    return std::ranges::any_of(found->second->manifest().offers, makes_it) ? found->second
                                                                           : nullptr;
}

std::shared_ptr<const Routes> make_routes(const Routes& before,
                                          const std::vector<std::shared_ptr<Generation>>& serving,
                                          bool incumbents_win,
                                          const std::set<std::string>& shared_kinds) {
    auto by_name = serving;
    std::ranges::sort(by_name, {}, [](const auto& generation) { return generation->plugin(); });

    const auto incumbent = [&](const Routes::Key& key, const std::string& plugin) {
        if (!incumbents_win) return false;
        const auto* route = before.find(key.first, key.second);
        return route != nullptr && route->generation->plugin() == plugin;
    };

    auto routes = std::make_shared<Routes>();
    for (const auto& generation : by_name) {
        routes->serving_[generation->plugin()] = generation;
        for (const auto& offer : generation->manifest().offers) {
            if (shared_kinds.contains(offer.kind)) continue;
            const Routes::Key key{offer.kind, offer.name};
            const auto [place, added] =
                routes->routes_.try_emplace(key, Routes::Route{offer, generation});
            if (added) continue;
            auto& holder = place->second;
            auto loser = generation->plugin();
            if (incumbent(key, generation->plugin())) {
                loser = holder.generation->plugin();
                holder = {offer, generation};
            }
            routes->conflicts_.push_back({offer, holder.generation->plugin(), loser});
        }
    }
    return routes;
}

}  // namespace hotreload
