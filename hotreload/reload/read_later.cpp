// What the reloader does about files that workers have read, at their load and later.

#include <algorithm>
#include <utility>

#include "hotreload/reload/reloader.h"

namespace hotreload {

FilesRead Reloader::follow(std::shared_ptr<Attempt> attempt) {
    return [this, attempt](std::vector<LoadedFile> files) {
        // Python from the history reads what is kept there.
        if (attempt->restored && attempt->entry.source.language == Language::python) return;
        // Its own files are its content, whenever it reads them.
        std::erase_if(files, [&](const LoadedFile& file) {
            return file.sha256 && contains_path(attempt->entry.source.files, file.path);
        });
        if (files.empty()) return;
        if (const auto generation = attempt->generation.lock()) {
            generation->has_read(std::move(files));
            return parts_.files_read();
        }
        auto& later = attempt->read_later;
        if (later.size() < Generation::read_later_max)
            later.insert(later.end(), files.begin(), files.end());
    };
}

// Without what is there, but not for this plugin: it would never be as the worker says.
std::vector<LoadedFile> Reloader::what_counts(const CatalogEntry& entry,
                                              std::vector<LoadedFile> files) {
    std::erase_if(files, [&](const LoadedFile& file) {
        return !file.sha256 && parts_.catalog.digest_of(file.path) &&
               !confinement_.may_read(entry, file.path);
    });
    return files;
}

namespace {

// A file may take another's place again while the next worker starts; but where several in a row
// could not read the same, one more will not.
constexpr int workers_max = 5;

bool wanted_in_vain(Slot& slot, const std::filesystem::path& file, const Digest& now) {
    const auto number = slot.serving->number();
    auto& wanted = slot.wanted.try_emplace(file, now, number).first->second;
    if (wanted.digest != now) wanted = {now, number};
    if (wanted.number != number) wanted = {now, number, wanted.workers + 1};
    return wanted.workers > workers_max;
}

}  // namespace

std::vector<std::string> Reloader::outdated(Slot& slot, bool patient) {
    std::vector<std::string> names;
    if (!slot.serving || !slot.entry) return names;
    for (const auto& [file, digest] : slot.serving->read_later()) {
        const auto now = parts_.catalog.digest_of(file);
        if (now == digest || (!now && !patient)) continue;
        if (digest)
            slot.wanted.erase(file);
        else if (!confinement_.may_read(*slot.entry, file) || wanted_in_vain(slot, file, *now))
            continue;
        names.push_back(file.filename().string());
    }
    return names;
}

}  // namespace hotreload
