#include "runtime/notify/curl_call.hpp"

#include "runtime/fault.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <curl/curl.h>
#include <memory>
#include <system_error>

namespace baton {

namespace {

constexpr std::size_t body_max = 64u << 10;
constexpr long connect_ms_max = 10'000;

struct easy_closer {
  void operator()(CURL* handle) const { ::curl_easy_cleanup(handle); }
};
struct multi_closer {
  void operator()(CURLM* handle) const { ::curl_multi_cleanup(handle); }
};
struct list_closer {
  void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
};
struct mime_closer {
  void operator()(curl_mime* mime) const { ::curl_mime_free(mime); }
};
using list_handle = std::unique_ptr<curl_slist, list_closer>;

void add(list_handle& to, const std::string& line) {
  auto* const longer = ::curl_slist_append(to.get(), line.c_str());
  if (longer == nullptr)
    return;
  static_cast<void>(to.release());
  to.reset(longer);
}

std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* into) {
  auto& body = *static_cast<std::string*>(into);
  const auto all = size * count;
  body.append(bytes, std::min(all, body_max - std::min(body_max, body.size())));
  return all;
}

/// A request that is stopped at once when somebody wants it.
class call {
public:
  call(const std::string& url, const char* schemes, duration deadline)
      : easy_{begin()}, multi_{::curl_multi_init()} {
    const auto limit = std::max<long>(static_cast<long>(deadline.count()), 1);
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_QUICK_EXIT, 1L); // a name server that does not answer holds nobody
    set(CURLOPT_PROTOCOLS_STR, schemes);
    set(CURLOPT_TIMEOUT_MS, limit);
    set(CURLOPT_CONNECTTIMEOUT_MS, std::min(limit, connect_ms_max));
    set(CURLOPT_ERRORBUFFER, said_.data());
    set(CURLOPT_WRITEFUNCTION, &take_body);
    set(CURLOPT_WRITEDATA, &body);
    set(CURLOPT_NOPROXY, no_proxy().c_str());
  }

  template <class Value>
  void set(CURLoption option, Value value) {
    ::curl_easy_setopt(easy_.get(), option, value);
  }

  CURL* handle() const { return easy_.get(); }

  /// In place of the system's authorities; empty: those.
  void trust(const std::string& ca_file) {
    has_ca_file_ = !ca_file.empty();
    if (!has_ca_file_)
      return;
    set(CURLOPT_CAINFO, ca_file.c_str());
    set(CURLOPT_CAPATH, nullptr);
  }

  long number(CURLINFO which) const {
    long found = 0;
    ::curl_easy_getinfo(easy_.get(), which, &found);
    return found;
  }

  /// Empty: somebody wanted it to stop.
  std::optional<CURLcode> run(const std::stop_token& stop) {
    const std::stop_callback wake{stop, [this] { ::curl_multi_wakeup(multi_.get()); }};
    if (::curl_multi_add_handle(multi_.get(), easy_.get()) != CURLM_OK)
      return CURLE_FAILED_INIT;
    std::optional<CURLcode> ended;
    constexpr int poll_ms = 1000; // libcurl shortens it to its own timers
    for (int running = 1; !stop.stop_requested() && !ended;) {
      ::curl_multi_perform(multi_.get(), &running);
      int left = 0;
      while (const auto* message = ::curl_multi_info_read(multi_.get(), &left))
        if (message->msg == CURLMSG_DONE)
          ended = message->data.result;
      if (!ended)
        ::curl_multi_poll(multi_.get(), nullptr, 0, poll_ms, nullptr);
    }
    ::curl_multi_remove_handle(multi_.get(), easy_.get());
    return ended;
  }

  error why(CURLcode how) const {
    switch (how) {
    case CURLE_OPERATION_TIMEDOUT:
      return make_error(ec::timed_out, "no answer in time");
    case CURLE_UNSUPPORTED_PROTOCOL:
      if (number(CURLINFO_NUM_CONNECTS) > 0)
        return make_error(ec::unreachable, "what answers there does not speak HTTP");
      [[fallthrough]];
    case CURLE_URL_MALFORMAT:
      return make_error(ec::usage, "that is no URL for it");
    case CURLE_PEER_FAILED_VERIFICATION:
      return make_error(ec::auth_failed, "its certificate is not accepted: " + said(how));
    case CURLE_SSL_CACERT_BADFILE:
      return make_error(ec::auth_failed, has_ca_file_
                                             ? "ca_file cannot be read, or has no certificate"
                                             : "the system's certificates cannot be read: "
                                               "install ca-certificates, or give ca_file");
    case CURLE_COULDNT_CONNECT:
      return make_error(ec::unreachable, "could not connect: "
                                             + std::generic_category().message(
                                                 static_cast<int>(number(CURLINFO_OS_ERRNO))));
    default:
      return make_error(ec::unreachable, said(how));
    }
  }

  std::string body;

private:
  std::string said(CURLcode how) const {
    return said_.front() != '\0' ? said_.data() : ::curl_easy_strerror(how);
  }

  static std::string no_proxy() {
    for (const auto* name : {"no_proxy", "NO_PROXY"})
      if (const char* hosts = std::getenv(name); hosts != nullptr && *hosts != '\0')
        return std::string{hosts} + ",localhost,127.0.0.1,::1";
    return "localhost,127.0.0.1,::1";
  }

  /// libcurl's own beginning is not for two threads at once.
  static CURL* begin() {
    static const CURLcode begun = ::curl_global_init(CURL_GLOBAL_DEFAULT);
    static_cast<void>(begun);
    return ::curl_easy_init();
  }

  std::array<char, CURL_ERROR_SIZE> said_{};
  bool has_ca_file_ = false;
  std::unique_ptr<CURL, easy_closer> easy_;
  std::unique_ptr<CURLM, multi_closer> multi_; // behind easy_: it is gone first
};

error cancelled() {
  return make_error(ec::cancelled, "it was stopped");
}

struct url_closer {
  void operator()(CURLU* handle) const { ::curl_url_cleanup(handle); }
};

/// Text and the same as HTML, of which a reader shows one.
std::unique_ptr<curl_mime, mime_closer> body_of(CURL* handle, const mail& what) {
  std::unique_ptr<curl_mime, mime_closer> whole{::curl_mime_init(handle)};
  auto* const both = ::curl_mime_init(handle);
  for (const auto& [text, type] : {std::pair{&what.text, "text/plain; charset=utf-8"},
                                   std::pair{&what.html, "text/html; charset=utf-8"}}) {
    auto* const part = ::curl_mime_addpart(both);
    ::curl_mime_data(part, text->data(), text->size());
    ::curl_mime_type(part, type);
    ::curl_mime_encoder(part, "quoted-printable");
  }
  auto* const part = ::curl_mime_addpart(whole.get());
  ::curl_mime_subparts(part, both);
  ::curl_mime_type(part, "multipart/alternative");
  return whole;
}

} // namespace

bool is_this_machine(const std::string& url) {
  const std::unique_ptr<CURLU, url_closer> parsed{::curl_url()};
  char* text = nullptr;
  if (::curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME)
          != CURLUE_OK
      || ::curl_url_get(parsed.get(), CURLUPART_HOST, &text, 0) != CURLUE_OK)
    return false;
  const std::unique_ptr<char, decltype(&::curl_free)> owner{text, &::curl_free};
  const std::string_view host{text};
  return host == "localhost" || host == "[::1]"
         || (host.starts_with("127.")
             && host.find_first_not_of("0123456789.") == std::string_view::npos);
}

expected<http_reply> post(const http_post& what, const std::stop_token& stop) {
  call one{what.url, "http,https", what.deadline};
  one.trust(what.ca_file);
  list_handle headers;
  add(headers, "Expect:"); // else a large body waits for an answer that some never give
  for (const auto& line : what.headers)
    add(headers, line);
  one.set(CURLOPT_HTTPHEADER, headers.get());
  one.set(CURLOPT_USERAGENT, "baton");
  one.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(what.body.size()));
  one.set(CURLOPT_POSTFIELDS, what.body.c_str());
  const auto ended = one.run(stop);
  if (!ended)
    return tl::unexpected<error>{cancelled()};
  if (*ended != CURLE_OK)
    return tl::unexpected<error>{one.why(*ended)};
  http_reply made;
  made.status = static_cast<int>(one.number(CURLINFO_RESPONSE_CODE));
  made.body = std::move(one.body);
  curl_off_t seconds = 0;
  if (::curl_easy_getinfo(one.handle(), CURLINFO_RETRY_AFTER, &seconds) == CURLE_OK && seconds > 0)
    made.retry_after = std::chrono::seconds{std::min<curl_off_t>(seconds, 86'400)};
  return made;
}

expected<mail_reply> send_mail(const mail& what, const std::stop_token& stop) {
  call one{what.server, "smtp,smtps", what.deadline};
  const bool here = is_this_machine(what.server);
  one.set(CURLOPT_USE_SSL, static_cast<long>(here ? CURLUSESSL_TRY : CURLUSESSL_ALL));
  if (here && what.ca_file.empty()) { // nobody is in between; its certificate is its own making
    one.set(CURLOPT_SSL_VERIFYPEER, 0L);
    one.set(CURLOPT_SSL_VERIFYHOST, 0L);
  }
  one.trust(what.ca_file);
  // To libcurl the greeting belongs to connecting, and some servers take their time with it.
  one.set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(what.deadline.count()));
  if (!what.user.empty()) {
    one.set(CURLOPT_USERNAME, what.user.c_str());
    one.set(CURLOPT_PASSWORD, what.password.c_str());
  }
  one.set(CURLOPT_MAIL_FROM, what.from.c_str());
  list_handle to;
  for (const auto& address : what.to)
    add(to, address);
  one.set(CURLOPT_MAIL_RCPT, to.get());
  list_handle headers;
  for (const auto& line : what.headers)
    add(headers, line);
  one.set(CURLOPT_HTTPHEADER, headers.get());
  const auto body = body_of(one.handle(), what);
  one.set(CURLOPT_MIMEPOST, body.get());
  const auto ended = one.run(stop);
  if (!ended)
    return tl::unexpected<error>{cancelled()};
  mail_reply made;
  made.sent = *ended == CURLE_OK;
  made.status = static_cast<int>(one.number(CURLINFO_RESPONSE_CODE));
  if (made.sent)
    return made;
  constexpr int first_refusal = 400;
  auto why = one.why(*ended);
  if (made.status < first_refusal || why.code == ec::timed_out)
    return tl::unexpected<error>{std::move(why)};
  made.why = why.what;
  curl_off_t content = 0;
  ::curl_easy_getinfo(one.handle(), CURLINFO_SIZE_UPLOAD_T, &content);
  constexpr int too_large = 552; // also said to the size that was announced, as of MAIL
  made.of_content =
      content > 0
      || (made.status == too_large && made.why.find("MAIL failed") != std::string::npos);
  return made;
}

} // namespace baton
