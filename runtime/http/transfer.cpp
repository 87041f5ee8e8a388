#include "runtime/http/transfer.hpp"

#include "runtime/fault.hpp"

#include <algorithm>
#include <cstdlib>
#include <system_error>

namespace baton {

namespace {

constexpr const char* schemes = "http,https";

/// Whatever the user's environment says of proxies, the machine itself is asked directly.
std::string without_proxy() {
  for (const auto* name : {"no_proxy", "NO_PROXY"})
    if (const char* hosts = std::getenv(name); hosts != nullptr && *hosts != '\0')
      return std::string{hosts} + ",localhost,127.0.0.1,::1";
  return "localhost,127.0.0.1,::1";
}

ec code_of(CURLcode how) {
  switch (how) {
  case CURLE_OPERATION_TIMEDOUT:
    return ec::timed_out;
  case CURLE_URL_MALFORMAT:
  case CURLE_UNSUPPORTED_PROTOCOL:
    return ec::usage;
  default:
    return ec::unreachable;
  }
}

/// libcurl says that it could not connect, and after how long, but not why.
std::string with_reason(const std::string& said, CURL* easy) {
  long number = 0;
  ::curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
  if (number == 0)
    return said;
  return said.substr(0, said.find(" after ")) + ": "
         + std::generic_category().message(static_cast<int>(number));
}

} // namespace

transfer::transfer(duration deadline, finish answer)
    : easy_{::curl_easy_init()}, answer_{std::move(answer)} {
  auto* easy = easy_.get();
  const auto limit = static_cast<long>(std::max<std::int64_t>(deadline.count(), 1));
  ::curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L); // other threads have signals of their own
  // Else a name server that does not answer would hold the whole thread at the deadline.
  ::curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  ::curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, schemes);
  ::curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, schemes);
  ::curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, limit);
  ::curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, limit);
  ::curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  ::curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  ::curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, said_.data());
  ::curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
  ::curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &transfer::take);
  ::curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
}

std::unique_ptr<transfer> transfer::of_get(http_request what, finish answer) {
  std::unique_ptr<transfer> made{new transfer{what.deadline, std::move(answer)}};
  auto* easy = made->handle();
  ::curl_easy_setopt(easy, CURLOPT_URL, what.url.c_str());
  ::curl_easy_setopt(easy, CURLOPT_USERAGENT, "baton");
  ::curl_easy_setopt(easy, CURLOPT_NOPROXY, without_proxy().c_str());
  ::curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, what.redirects_max > 0 ? 1L : 0L);
  ::curl_easy_setopt(easy, CURLOPT_MAXREDIRS, static_cast<long>(what.redirects_max));
  made->what_ = std::move(what);
  return made;
}

std::unique_ptr<transfer> transfer::of_connect(std::string_view host, std::string_view port,
                                               duration deadline, finish answer) {
  std::unique_ptr<transfer> made{new transfer{deadline, std::move(answer)}};
  auto* easy = made->handle();
  const bool bare_ipv6 = host.find(':') != std::string_view::npos && !host.starts_with('[');
  const std::string name{host};
  made->what_.url =
      "http://" + (bare_ipv6 ? "[" + name + "]" : name) + ":" + std::string{port} + "/";
  ::curl_easy_setopt(easy, CURLOPT_URL, made->what_.url.c_str());
  ::curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
  ::curl_easy_setopt(easy, CURLOPT_PROXY, "");
  return made;
}

std::size_t transfer::take(char* bytes, std::size_t size, std::size_t count, void* self) {
  auto& of = *static_cast<transfer*>(self);
  const auto all = size * count;
  const auto room = of.what_.body_max - std::min(of.what_.body_max, of.got_.body.size());
  of.got_.body.append(bytes, std::min(room, all));
  of.got_.cut = of.got_.cut || all > room;
  return of.got_.cut ? 0 : all;
}

void transfer::ended(CURLcode how) {
  answer_(outcome(how));
}

expected<http_answer> transfer::outcome(CURLcode how) {
  const auto now = std::chrono::steady_clock::now();
  got_.took = std::chrono::duration_cast<duration>(now - begun_);
  // We ended it ourselves: all that was wanted is here.
  if (how == CURLE_OK || (how == CURLE_WRITE_ERROR && got_.cut)) {
    long status = 0;
    ::curl_easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &status);
    got_.status = static_cast<int>(status);
    return std::move(got_);
  }
  const std::string said = said_.front() != '\0' ? said_.data() : ::curl_easy_strerror(how);
  if (how == CURLE_OPERATION_TIMEDOUT)
    return fault(ec::timed_out, "no answer within " + std::to_string(got_.took.count()) + " ms");
  return fault(code_of(how), how == CURLE_COULDNT_CONNECT ? with_reason(said, handle()) : said);
}

} // namespace baton
