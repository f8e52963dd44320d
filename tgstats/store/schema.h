#pragma once
// The store's tables, version by version.

#include "tgstats/store/sqlite.h"

namespace tgstats {

// Brings the database to the newest version (PRAGMA user_version), each step in one transaction.
// Throws SqlError when the file was written by a newer program; then nothing of it is changed.
void migrate_schema(Database& database);

}  // namespace tgstats
