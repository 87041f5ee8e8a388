#include "web/server.hpp"

#include "runtime/fault.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <list>
#include <microhttpd.h>
#include <mutex>
#include <netinet/in.h>
#include <optional>
#include <stop_token>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <utility>

namespace baton {

namespace {

constexpr std::size_t head_bytes_max = 16 * 1024;

/// An address as the socket calls want it.
struct socket_address {
  sockaddr_storage bytes{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&bytes); }
};

expected<socket_address> resolve(const listen_address& at) {
  socket_address made;
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET, at.host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(at.port);
    made.size = sizeof v4;
    std::memcpy(&made.bytes, &v4, sizeof v4);
  } else if (::inet_pton(AF_INET6, at.host.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(at.port);
    made.size = sizeof v6;
    std::memcpy(&made.bytes, &v6, sizeof v6);
  } else {
    return fault(ec::usage, "\"" + at.host
                                + "\" is no numeric address; say 127.0.0.1:PORT, [::1]:PORT, or "
                                  "an address of this machine");
  }
  return made;
}

std::string shown(const listen_address& at) {
  const bool is_v6 = at.host.find(':') != std::string::npos;
  return (is_v6 ? "[" + at.host + "]" : at.host) + ":" + std::to_string(at.port);
}

/// Without its brackets; without brackets it is none: `::1:80` is an address, too.
std::optional<std::string> bare_host(const std::string& text) {
  const bool has_brackets = text.size() > 1 && text.front() == '[' && text.back() == ']';
  if (has_brackets)
    return text.substr(1, text.size() - 2);
  return text.find(':') == std::string::npos ? std::optional{text} : std::nullopt;
}

MHD_Result answer_with(MHD_Connection* to, const web_answer& answer,
                       const char* allowed = nullptr) {
  auto* response = ::MHD_create_response_from_buffer(
      answer.body.size(), const_cast<char*>(answer.body.data()), MHD_RESPMEM_MUST_COPY);
  if (!response)
    return MHD_NO;
  ::MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer.type.c_str());
  ::MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
  // One request each: so a connection's time is a request's time.
  ::MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
  if (allowed)
    ::MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, allowed);
  const auto queued = ::MHD_queue_response(to, static_cast<unsigned>(answer.status), response);
  ::MHD_destroy_response(response);
  return queued;
}

/// The connections that there are, and their end when their time is over: libmicrohttpd's idle time
/// begins anew with each byte.
class open_connections {
public:
  explicit open_connections(std::chrono::seconds life_max)
      : life_max_{life_max}, thread_{[this](const std::stop_token& end) { watch(end); }} {}

  void opened(int socket) {
    const std::lock_guard alone{mutex_};
    all_.push_back({socket, clock::now() + life_max_});
    wake_.notify_all();
  }

  /// While it is still open: its number is nobody else's yet.
  void closed(int socket) {
    const std::lock_guard alone{mutex_};
    all_.remove_if([&](const connection& one) { return one.socket == socket; });
  }

  void end_all() {
    const std::lock_guard alone{mutex_};
    for (const auto& one : all_)
      ::shutdown(one.socket, SHUT_RDWR);
  }

private:
  using clock = std::chrono::steady_clock;
  struct connection {
    int socket;
    clock::time_point until;
    bool is_ended = false;
  };

  void watch(const std::stop_token& end) {
    std::unique_lock alone{mutex_};
    while (!end.stop_requested()) {
      auto next = clock::time_point::max();
      for (auto& one : all_) {
        if (!one.is_ended && one.until <= clock::now()) {
          ::shutdown(one.socket, SHUT_RDWR); // whoever serves it sees its end
          one.is_ended = true;
        }
        if (!one.is_ended) {
          next = one.until; // the oldest stand first
          break;
        }
      }
      const auto is_due = [&] {
        return std::any_of(all_.begin(), all_.end(), [&](const connection& one) {
          return !one.is_ended && one.until < next;
        });
      };
      if (next == clock::time_point::max())
        wake_.wait(alone, end, is_due);
      else
        wake_.wait_until(alone, end, next, [] { return false; });
    }
  }

  std::chrono::seconds life_max_;
  std::mutex mutex_; ///< guards all_
  std::condition_variable_any wake_;
  std::list<connection> all_;
  std::jthread thread_; ///< last: it uses the others
};

} // namespace

struct web_server::impl {
  explicit impl(options given)
      : how{std::move(given)}, at{how.at}, connections{std::chrono::seconds{how.seconds_max}} {}

  options how;
  listen_address at; ///< with the port that it became
  open_connections connections;
  MHD_Daemon* daemon = nullptr;

  ~impl() {
    if (!daemon)
      return;
    connections.end_all();
    ::MHD_stop_daemon(daemon);
  }

  static void on_connection(void* self, MHD_Connection* of, void**,
                            MHD_ConnectionNotificationCode what) {
    const auto* about = ::MHD_get_connection_info(of, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (!about)
      return;
    auto& all = static_cast<impl*>(self)->connections;
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
      all.opened(about->connect_fd);
    else
      all.closed(about->connect_fd);
  }

  web_answer answer_to(const std::string& path) const {
    const auto route = how.routes.find(path);
    if (route == how.routes.end())
      return {404, "text/plain; charset=utf-8", "there is nothing at " + path + "\n"};
    try {
      return route->second();
    } catch (const std::exception& thrown) {
      return {500, "text/plain; charset=utf-8", std::string{thrown.what()} + "\n"};
    }
  }

  static MHD_Result on_request(void* self, MHD_Connection* from, const char* url,
                               const char* method, const char*, const char*, std::size_t* body_size,
                               void** seen) {
    static int begun; // the first call of a request only has its head
    const std::string_view verb{method};
    if (verb != MHD_HTTP_METHOD_GET && verb != MHD_HTTP_METHOD_HEAD)
      return answer_with(from, {405, "text/plain; charset=utf-8", "only GET and HEAD\n"},
                         "GET, HEAD"); // before its body
    if (!*seen) {
      *seen = &begun;
      return MHD_YES;
    }
    if (*body_size != 0)
      return MHD_NO;
    return answer_with(from, static_cast<impl*>(self)->answer_to(url));
  }

  static void on_message(void*, const char*, va_list) {} // what clients do wrong is theirs
};

web_server::web_server(std::unique_ptr<impl> made) : impl_(std::move(made)) {}
web_server::~web_server() = default;

expected<listen_address> parse_listen_address(const std::string& text) {
  const auto colon = text.rfind(':');
  listen_address made;
  if (colon != std::string::npos) {
    const auto* first = text.data() + colon + 1;
    const auto* last = text.data() + text.size();
    const auto [end, wrong] = std::from_chars(first, last, made.port);
    const auto host = bare_host(text.substr(0, colon));
    if (wrong == std::errc{} && end == last && first != last && host) {
      if (!host->empty())
        made.host = *host;
      if (auto there = resolve(made); !there)
        return tl::unexpected<baton::error>{there.error()};
      return made;
    }
  }
  return fault(ec::usage,
               "\"" + text + "\" is no address to listen on; say ADDRESS:PORT, as 127.0.0.1:22866");
}

expected<std::unique_ptr<web_server>> web_server::start(options how) {
  const auto there = resolve(how.at);
  if (!there)
    return tl::unexpected<error>{there.error()};
  auto made = std::make_unique<impl>(std::move(how));
  // Not epoll: of one that was accepted with its end already there, libmicrohttpd 0.9.75 hears
  // nothing any more. The ITC lets it be ended while it takes no more connections.
  unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_ITC | MHD_USE_ERROR_LOG;
  if (there->bytes.ss_family == AF_INET6)
    flags |= MHD_USE_IPv6;
  errno = 0;
  made->daemon = ::MHD_start_daemon(
      flags, made->at.port, nullptr, nullptr, &impl::on_request, made.get(),
      MHD_OPTION_EXTERNAL_LOGGER, &impl::on_message, nullptr, // first: else others speak before it
      MHD_OPTION_NOTIFY_CONNECTION, &impl::on_connection, made.get(), MHD_OPTION_SOCK_ADDR,
      there->get(), MHD_OPTION_CONNECTION_LIMIT, made->how.connections_max,
      MHD_OPTION_PER_IP_CONNECTION_LIMIT, made->how.connections_of_address_max,
      MHD_OPTION_CONNECTION_TIMEOUT, made->how.idle_seconds_max, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
      head_bytes_max, MHD_OPTION_END);
  if (!made->daemon)
    return fault(ec::unreachable, "cannot listen on " + shown(made->at) + ": "
                                      + (errno ? std::strerror(errno) : "no reason given")
                                      + "; choose another with --listen");
  if (const auto* bound = ::MHD_get_daemon_info(made->daemon, MHD_DAEMON_INFO_BIND_PORT))
    made->at.port = bound->port;
  return std::unique_ptr<web_server>{new web_server{std::move(made)}};
}

std::uint16_t web_server::port() const {
  return impl_->at.port;
}

std::string web_server::url() const {
  return "http://" + shown(impl_->at) + "/";
}

} // namespace baton
