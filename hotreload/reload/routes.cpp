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

std::shared_ptr<Generation> Routes::serving(const std::string& plugin) const {
    const auto found = serving_.find(plugin);
    return found == serving_.end() ? nullptr : found->second;
}

std::vector<std::string> Routes::plugins(const std::string& kind, const std::string& name) const {
    std::vector<std::string> found;
    for (const auto& [plugin, generation] : serving_)
        if (offering(*generation, kind, name)) found.push_back(plugin);
    return found;
}

bool offering(const Generation& generation, const std::string& kind, const std::string& name) {
    return std::ranges::any_of(generation.manifest().offers, [&](const Offer& offer) {
        return offer.kind == kind && offer.name == name;
    });
}

std::shared_ptr<const Routes> make_routes(const RoutesInput& input) {
    auto by_name = input.serving;
    std::ranges::sort(by_name, {}, [](const auto& generation) { return generation->plugin(); });

    const auto incumbent = [&](const Routes::Key& key, const std::string& plugin) {
        if (!input.incumbents_win) return false;
        const auto* route = input.before.find(key.first, key.second);
        return route != nullptr && route->generation->plugin() == plugin;
    };

    auto routes = std::make_shared<Routes>();
    for (const auto& generation : by_name) {
        routes->serving_[generation->plugin()] = generation;
        for (const auto& offer : generation->manifest().offers) {
            const Routes::Key key{offer.kind, offer.name};
            const auto [place, added] =
                routes->routes_.try_emplace(key, Routes::Route{offer, generation});
            if (added || input.shared_kinds.contains(offer.kind)) continue;
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
