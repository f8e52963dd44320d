#pragma once
// Why a reload did not happen: the stage, one line for people, and the compiler's or interpreter's
// lines.

#include <filesystem>
#include <string>
#include <vector>

#include "hotreload/model/stage.h"

namespace hotreload {

enum class Severity { error, warning, note };

// One message with its place, as compilers and interpreters print it.
struct Diagnostic {
    std::string file;  // as printed; empty when unknown
    int line = 0;      // 1-based; 0 when unknown
    int column = 0;
    Severity severity = Severity::error;
    std::string message;

    [[nodiscard]] std::string text() const;  // "top_users.py:12:5: error: invalid syntax"
};

struct Failure {
    Stage stage = Stage::failed;          // the stage that failed
    std::string reason;                   // one line
    std::vector<Diagnostic> diagnostics;  // bounded by limits.h
    std::string output;                   // the tool's own words, bounded
    // Files beyond the source set that had a part in it, missing ones too: a change of one is a
    // reason to try again.
    std::vector<std::filesystem::path> dependencies;
    bool passing = false;  // the machine's fault rather than the content's: may succeed later
};

}  // namespace hotreload
