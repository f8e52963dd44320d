#pragma once
// What people decide about their own data: /optout, /optin, /mydata, /forgetme. In a group they
// speak for that group, in the private chat for all.

#include "tgstats/settings/replies.h"
#include "tgstats/settings/sweeper.h"

namespace tgstats {

inline constexpr std::string_view forget_prefix = "f1:";  // of callback data

class PrivacyCommands {
public:
    struct Parts {
        StoreThread& store;
        Sweeper& sweeper;
    };
    explicit PrivacyCommands(Parts parts) : parts_(parts) {}

    void add_to(BuiltIns& built_ins);  // `this` must outlive them

private:
    Task<BuiltInOutcome> opt_out_of(BuiltInCallPtr call);
    Task<BuiltInOutcome> opt_in_to(BuiltInCallPtr call);
    Task<BuiltInOutcome> export_data(BuiltInCallPtr call);
    Task<BuiltInOutcome> forget(BuiltInCallPtr call);
    Task<BuiltInOutcome> forget_pressed(BuiltInCallPtr call);

    Parts parts_;
};

}  // namespace tgstats
