#pragma once
// Candidates that belong together: published with one assignment, or not at all. A plugin that
// stands alone is a transaction of one.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hotreload/base/condition.h"
#include "hotreload/model/failure.h"
#include "hotreload/reload/generation.h"

namespace hotreload {

struct Slot;
struct Attempt;

class Transaction {
public:
    // A candidate that has come as far as it can by itself.
    struct Member {
        std::shared_ptr<Slot> slot;
        std::shared_ptr<Attempt> attempt;
        std::shared_ptr<Generation> generation;
        std::shared_ptr<Generation> previous;  // after the publication: what served before
    };
    struct FallenOut {
        std::string plugin;
        bool superseded = false;  // by newer content; else it failed
        Failure failure;          // why, when it was found out by another member
    };
    enum class Verdict { publish, published, fallen };

    Transaction(asio::any_io_executor executor, std::vector<std::string> plugins);

    // Waits for the others. `publish`: this one came last and must now publish them all, or say
    // who falls out; `published` and `fallen`: it has been decided.
    Task<Verdict> ready(Member member);
    void fall_out(FallenOut who);  // the first one counts
    void published();

    [[nodiscard]] std::vector<Member>& members() { return ready_; }
    [[nodiscard]] const Member& member(const std::string& plugin) const;
    [[nodiscard]] const std::vector<std::string>& plugins() const { return plugins_; }
    [[nodiscard]] const std::optional<FallenOut>& fallen() const { return fallen_; }

private:
    std::vector<std::string> plugins_;
    std::vector<Member> ready_;
    std::optional<FallenOut> fallen_;
    bool published_ = false;
    Condition change_;
};

}  // namespace hotreload
