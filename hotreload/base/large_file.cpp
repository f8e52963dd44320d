#include "hotreload/base/large_file.h"

namespace hotreload {

Digest digest_of_mark(std::string_view mark) {
    return Sha256().field("large file").field(mark).finish();
}

}  // namespace hotreload
