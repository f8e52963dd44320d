#pragma once
// What the program's exit status says to whoever keeps it running (packaging/).

namespace tgstats::exit_status {

inline constexpr int done = 0;
inline constexpr int failed = 1;         // may pass: it is worth a restart
inline constexpr int misconfigured = 2;  // the words, the token or tgstats.yaml must change first
inline constexpr int cut_off = 3;        // asked to stop, it hung

}  // namespace tgstats::exit_status
