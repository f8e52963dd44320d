#pragma once
// What operators are told about reloads: the messages as they should read now, made from events. A
// reload is one message that changes until it has ended; a burst of reloads is one digest.

#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "hotreload/event/event.h"

namespace tgstats {

inline constexpr std::size_t burst_reloads = 5;           // more than so many …
inline constexpr hotreload::Millis burst_window{10'000};  // … begun within this are told as one
inline constexpr std::size_t notes_max = 64;              // the oldest are forgotten
inline constexpr std::size_t note_bytes_max = 4000;       // Telegram takes 4096 characters

struct Note {
    std::uint64_t key = 0;
    std::string html;
    bool failed = false;
    bool open = true;    // it will still change
    bool shown = false;  // somebody has it
};

class Notes {
public:
    void take(const hotreload::Event& event, hotreload::MonotonicTime now);
    // What was told until now makes no burst with what comes.
    void start_afresh();
    // Events were lost: what is open is told as such.
    void lost();
    [[nodiscard]] std::deque<Note>& all() { return notes_; }            // oldest first
    [[nodiscard]] std::uint64_t revision() const { return revision_; }  // changes with each change

private:
    struct Entry {
        std::string line;
        bool open = true;
        bool failed = false;
    };
    // One plugin's reload as it stands.
    struct Telling {
        std::string plugin;
        std::string html;
        std::string line;  // in a digest
        bool open = false;
        bool failed = false;
    };

    void tell(const Telling& telling, hotreload::MonotonicTime now);
    Note* open_note(const std::string& plugin);
    Note& add();
    void begin_digest();
    void put_into_digest(const Telling& telling);
    [[nodiscard]] bool digest_over(hotreload::MonotonicTime now) const;
    Note* find(std::uint64_t key);

    std::deque<Note> notes_;
    std::uint64_t last_key_ = 0;
    std::uint64_t revision_ = 0;
    std::map<std::string, std::uint64_t> told_;                       // plugin → its last note
    std::deque<std::pair<hotreload::MonotonicTime, Telling>> begun_;  // within the window
    std::uint64_t digest_ = 0;                                        // its note; 0: there is none
    std::map<std::string, Entry> digested_;
};

}  // namespace tgstats
