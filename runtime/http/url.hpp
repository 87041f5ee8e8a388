#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace baton {

/// A URL apart from the login that stands in it.
struct split_url {
  std::string bare;     ///< without user and password, when it has a password; else as it was
  std::string site;     ///< `https://host:port/`; empty: no login was taken out
  std::string user;     ///< decoded
  std::string password; ///< decoded
};

/// What is no URL of HTTP (`git@host:path`, a path), or has no password, comes back as `bare` alone.
split_url split_login(const std::string& url);

/// A part of a URL that may be secret, as it is written there.
struct url_part {
  std::string name; ///< of a query's parameter; empty: the password
  std::string text;
};

/// The password and the query's values; none of what is no URL.
std::vector<url_part> parts_of_url(const std::string& url);

/// With `%41` as `A`.
std::string url_decoded(std::string_view text);

} // namespace baton
