#include "runtime/config/read_url.hpp"

#include "runtime/secrets/said_secrets.hpp"

#include <algorithm>

namespace baton {

namespace {

bool begins_with_one_of(const std::string& text, std::initializer_list<std::string_view> those) {
  return std::any_of(those.begin(), those.end(),
                     [&](std::string_view one) { return text.starts_with(one); });
}

} // namespace

void read_url(const view& in, std::string& into, std::initializer_list<std::string_view> schemes,
              const std::string& wanted, const std::string& secret_goes) {
  in.read(into);
  if (into.empty())
    return;
  if (!begins_with_one_of(into, schemes))
    in.fault("a URL is wanted that begins with " + wanted + ", not \""
             + without_secrets({}, into).substr(0, 60) + '"');
  else if (std::any_of(into.begin(), into.end(),
                       [](unsigned char c) { return c <= 0x20 || c == 0x7f; }))
    in.fault("a URL has no blanks");
  else if (!secrets_in({}, into).empty())
    in.fault("holds a secret", secret_goes);
}

} // namespace baton
