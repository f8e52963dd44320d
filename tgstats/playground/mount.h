#pragma once
// The playground on HTTP: /bot<TOKEN>/<METHOD>, /file/bot<TOKEN>/<PATH> and /playground/api/….

#include "tgstats/http/router.h"
#include "tgstats/playground/playground.h"

namespace tgstats::playground {

// The Bot API is open to whoever reaches the port and knows a token; the rest is for pages of this
// machine. Both must outlive the server.
void mount(http::Router& router, Playground& playground);

// The parts, for mount().
void mount_bot_api(http::Router& router, Playground& playground);
void mount_page_api(http::Router& router, Playground& playground);
void mount_business_api(http::Router& router, Playground& playground);

}  // namespace tgstats::playground
