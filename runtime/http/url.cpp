#include "runtime/http/url.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <memory>
#include <optional>

namespace baton {

namespace {

struct url_deleter {
  void operator()(CURLU* handle) const { ::curl_url_cleanup(handle); }
};
using url_handle = std::unique_ptr<CURLU, url_deleter>;

/// Null when it is no URL.
url_handle parse(const std::string& url) {
  url_handle made{::curl_url()};
  constexpr unsigned as_it_is = CURLU_NON_SUPPORT_SCHEME | CURLU_PATH_AS_IS;
  if (made && ::curl_url_set(made.get(), CURLUPART_URL, url.c_str(), as_it_is) != CURLUE_OK)
    made.reset();
  return made;
}

std::optional<std::string> part(const url_handle& of, CURLUPart which, unsigned how = 0) {
  char* text = nullptr;
  if (::curl_url_get(of.get(), which, &text, how) != CURLUE_OK)
    return std::nullopt;
  const std::unique_ptr<char, decltype(&::curl_free)> owner{text, &::curl_free};
  return std::string{text};
}

} // namespace

split_url split_login(const std::string& url) {
  split_url made{url, {}, {}, {}};
  const auto parsed = parse(url);
  const auto scheme = parsed ? part(parsed, CURLUPART_SCHEME).value_or("") : std::string{};
  if ((scheme != "http" && scheme != "https") || !part(parsed, CURLUPART_PASSWORD))
    return made;
  made.user = part(parsed, CURLUPART_USER, CURLU_URLDECODE).value_or("");
  made.password = part(parsed, CURLUPART_PASSWORD, CURLU_URLDECODE).value_or("");
  for (const auto which : {CURLUPART_USER, CURLUPART_PASSWORD})
    ::curl_url_set(parsed.get(), which, nullptr, 0);
  made.bare = part(parsed, CURLUPART_URL).value_or("");
  ::curl_url_set(parsed.get(), CURLUPART_PATH, "/", 0);
  for (const auto which : {CURLUPART_QUERY, CURLUPART_FRAGMENT})
    ::curl_url_set(parsed.get(), which, nullptr, 0);
  made.site = part(parsed, CURLUPART_URL).value_or("");
  return made;
}

std::vector<url_part> parts_of_url(const std::string& url) {
  std::vector<url_part> made;
  const auto parsed = parse(url);
  if (!parsed)
    return made;
  if (auto password = part(parsed, CURLUPART_PASSWORD))
    made.push_back({"", std::move(*password)});
  const auto query = part(parsed, CURLUPART_QUERY).value_or("");
  for (std::string_view rest = query; !rest.empty();) {
    const auto one = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    if (const auto equals = one.find('='); equals != std::string_view::npos)
      made.push_back({std::string{one.substr(0, equals)}, std::string{one.substr(equals + 1)}});
  }
  return made;
}

std::string url_decoded(std::string_view text) {
  int size = 0;
  const std::unique_ptr<char, decltype(&::curl_free)> made{
      ::curl_easy_unescape(nullptr, text.data(), static_cast<int>(text.size()), &size),
      &::curl_free};
  return made ? std::string{made.get(), static_cast<std::size_t>(size)} : std::string{text};
}

} // namespace baton
