#include "hotreload/reload/routes.h"

#include <algorithm>
#include <span>
#include <tuple>

namespace hotreload {
namespace {

using Key = std::tuple<std::string_view, std::string_view>;  // kind, name

Key key_of(const Routes::Route& route) { return {route.offer->kind, route.offer->name}; }

std::string_view plugin_of(const std::shared_ptr<Generation>& generation) {
    return generation->plugin();
}

}  // namespace

const Routes::Route* Routes::find(std::string_view kind, std::string_view name) const {
    const auto found = std::ranges::lower_bound(routes_, Key(kind, name), {}, key_of);
    return found == routes_.end() || key_of(*found) != Key(kind, name) ? nullptr : &*found;
}

std::vector<Offer> Routes::offers(const std::string& kind) const {
    std::vector<Offer> offers;
    for (const auto& route : routes_)
        if (route.offer->kind == kind) offers.push_back(*route.offer);
    return offers;
}

std::shared_ptr<Generation> Routes::serving(const std::string& plugin) const {
    const auto found = std::ranges::lower_bound(serving_, std::string_view(plugin), {}, plugin_of);
    return found == serving_.end() || (*found)->plugin() != plugin ? nullptr : *found;
}

std::vector<std::string> Routes::plugins(const std::string& kind, const std::string& name) const {
    std::vector<std::string> found;
    for (const auto& generation : serving_)
        if (offering(*generation, kind, name)) found.push_back(generation->plugin());
    return found;
}

bool offering(const Generation& generation, const std::string& kind, const std::string& name) {
    return std::ranges::any_of(generation.manifest().offers, [&](const Offer& offer) {
        return offer.kind == kind && offer.name == name;
    });
}

std::shared_ptr<const Routes> make_routes(const RoutesInput& input) {
    auto routes = std::make_shared<Routes>();
    routes->serving_ = input.serving;
    std::ranges::sort(routes->serving_, {}, plugin_of);

    std::vector<Routes::Route> offered;
    for (const auto& generation : routes->serving_)
        for (const auto& offer : generation->manifest().offers)
            offered.push_back({&offer, generation});
    std::ranges::stable_sort(offered, {}, key_of);  // so those of one key stay sorted by plugin

    const auto holder_of = [&](std::span<const Routes::Route> same) {
        const auto& [offer, first] = same.front();
        const auto* before = input.incumbents_win && !input.shared_kinds.contains(offer->kind)
                                 ? input.before.find(offer->kind, offer->name)
                                 : nullptr;
        const auto is_incumbent = [&](const Routes::Route& route) {
            return before != nullptr &&
                   plugin_of(before->generation) == plugin_of(route.generation);
        };
        const auto found = std::ranges::find_if(same, is_incumbent);
        return found == same.end() ? same.begin() : found;
    };
    for (auto rest = std::span<const Routes::Route>(offered); !rest.empty();) {
        const auto end = std::ranges::find_if(
            rest, [&](const auto& route) { return key_of(route) != key_of(rest.front()); });
        const auto same = rest.first(static_cast<std::size_t>(end - rest.begin()));
        rest = rest.subspan(same.size());
        const auto holder = holder_of(same);
        routes->routes_.push_back(*holder);
        if (input.shared_kinds.contains(holder->offer->kind)) continue;
        for (auto other = same.begin(); other != same.end(); ++other)
            if (other != holder)
                routes->conflicts_.push_back(
                    {*other->offer, holder->generation->plugin(), other->generation->plugin()});
    }
    return routes;
}

}  // namespace hotreload
