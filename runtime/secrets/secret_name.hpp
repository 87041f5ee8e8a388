#pragma once

#include <string_view>

namespace baton {

/// Whether what is called so is a secret: `DB_PASSWORD`, `apiKey`, `X-Auth-Token`, `SMTP_PASS`;
/// but not what only speaks of one: `PASSWORD_FILE`, `TOKEN_TTL`, `ACCESS_KEY_ID`.
bool names_a_secret(std::string_view name);

} // namespace baton
