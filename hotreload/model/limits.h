#pragma once
// Every bound of the engine, named, with its unit.

#include <chrono>
#include <cstddef>

namespace hotreload::limits {

using std::chrono::milliseconds;

inline constexpr std::size_t message_bytes_max = 16u << 20;  // one protocol line, newline included
inline constexpr std::size_t message_depth_max = 64;         // objects and arrays within each other
inline constexpr std::size_t peer_queue_bytes_max =
    64u << 20;  // written but not yet taken by the other side
inline constexpr std::size_t peer_calls_in_flight_max =
    1024;                                             // requests of one side without a reply
inline constexpr std::size_t handle_queue_max = 256;  // events waiting for one generation
inline constexpr std::size_t output_line_bytes_max = 8u << 10;   // one captured stdout/stderr line
inline constexpr std::size_t output_tail_bytes_max = 32u << 10;  // what `why` remembers of stderr
inline constexpr std::size_t output_lines_per_second_max =
    100;  // further lines of one worker are counted, not logged
inline constexpr std::size_t compiler_output_bytes_max = 256u << 10;
inline constexpr std::size_t diagnostics_max = 50;
inline constexpr std::size_t event_ring_max = 4096;       // events a late subscriber can still read
inline constexpr std::size_t source_files_max = 100'000;  // per plugin root

inline constexpr milliseconds build_deadline{120'000};
inline constexpr milliseconds start_deadline{30'000};  // process to connected socket
inline constexpr milliseconds load_deadline{10'000};
inline constexpr milliseconds migrate_deadline{10'000};
inline constexpr milliseconds probe_deadline{5'000};
inline constexpr milliseconds handle_deadline{30'000};
// Editors move a file away before they write it anew: what has gone is believed to be gone only
// when it is still away after this time.
inline constexpr milliseconds vanish_grace{300};
// End of a worker's conversation to its exit status, which explains it; the kernel may be writing a
// core file meanwhile. Less than the shutdown grace: who closes its socket and runs on has none.
inline constexpr milliseconds exit_report_grace{1'500};
inline constexpr milliseconds drain_deadline{30'000};  // gate closed to last call left
inline constexpr milliseconds shutdown_grace{2'000};   // socket closed to SIGTERM
inline constexpr milliseconds terminate_grace{1'000};  // SIGTERM to SIGKILL

}  // namespace hotreload::limits
