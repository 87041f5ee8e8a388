#include "metrics/pushgateway.hpp"

#include "runtime/fault.hpp"
#include "runtime/notify/curl_call.hpp"
#include "runtime/notify/secret_line.hpp"
#include "runtime/ssh/encoding.hpp"

#include <chrono>
#include <stop_token>

namespace baton {

namespace {

constexpr duration push_deadline{5'000};
constexpr std::size_t said_max = 200;

/// For a path of a URL.
std::string escaped(const std::string& text) {
  constexpr const char* hex = "0123456789ABCDEF";
  std::string made;
  for (const char one : text) {
    const auto c = static_cast<unsigned char>(one);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
                       || c == '-' || c == '_' || c == '.';
    made += plain ? std::string{static_cast<char>(c)} : std::string{'%', hex[c >> 4], hex[c & 15]};
  }
  return made;
}

} // namespace

expected<void> push_metrics(const pushgateway& to, const std::string& controller,
                            const std::string& exposition) {
  auto root = to.url;
  while (root.ends_with('/'))
    root.pop_back();
  http_post what;
  what.url = root + "/metrics/job/baton/instance/" + escaped(controller);
  what.headers = {"Content-Type: text/plain; version=0.0.4"};
  if (!to.login_file.empty()) {
    const auto login = read_secret_line(to.login_file);
    if (!login)
      return tl::unexpected<error>{login.error()};
    what.headers.push_back("Authorization: Basic " + ssh::to_base64(*login));
  }
  what.body = exposition;
  what.deadline = push_deadline;
  const auto answer = post(what, std::stop_token{});
  if (!answer)
    return tl::unexpected<error>{answer.error()};
  if (answer->status / 100 != 2)
    return fault(ec::step_failed, "the Pushgateway answers with status "
                                      + std::to_string(answer->status) + ": "
                                      + answer->body.substr(0, said_max));
  return {};
}

} // namespace baton
