#pragma once
// What earlier versions of the store have made: tables and rows, in their own words. They must
// never change; with a new version the one before it is added.

namespace tgstats {

inline constexpr int old_formats = 6;
inline constexpr int newest_format = old_formats + 1;

// What a format, from 1, has added to the one before it, and rows as its programs wrote them.
const char* tables_of_format(int format);
const char* rows_of_format(int format);

}  // namespace tgstats
