#pragma once
// Serves the embedded pages: "/" is the web chat (playground) or the panel alone, "/static/NAME"
// the rest.

#include "tgstats/http/router.h"

namespace tgstats {

void mount_pages(http::Router& router, bool with_playground);

}  // namespace tgstats
