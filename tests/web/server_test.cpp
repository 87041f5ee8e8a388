#include "web/server.hpp"

#include "runtime/http/client.hpp"

#include <arpa/inet.h>
#include <chrono>
#include <condition_variable>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace baton {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

expected<http_answer> get(const std::string& url) {
  http_client client;
  std::promise<expected<http_answer>> told;
  client.get({url}, [&told](expected<http_answer> answer) { told.set_value(std::move(answer)); });
  return told.get_future().get();
}

std::unique_ptr<web_server> start(listen_address at = {}) {
  web_server::options how;
  how.at = std::move(at);
  how.routes = {{"/here",
                 [] {
                   return web_answer{200, "text/plain", "it is here"};
                 }},
                {"/broken", []() -> web_answer { throw std::runtime_error{"broken inside"}; }}};
  auto made = web_server::start(std::move(how));
  EXPECT_TRUE(made) << describe(made.error());
  return made ? std::move(*made) : nullptr;
}

/// What comes back on a connection after these bytes, until the other side closes it.
std::string talk(std::uint16_t port, const std::string& bytes) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  EXPECT_EQ(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(bytes.size()));
  ::shutdown(fd, SHUT_WR);
  std::string got;
  char some[4096];
  for (ssize_t n = 0; (n = ::read(fd, some, sizeof some)) > 0;)
    got.append(some, static_cast<std::size_t>(n));
  ::close(fd);
  return got;
}

TEST(a_web_server, answers_what_it_has_a_route_for) {
  const auto server = start();
  const auto answer = get(server->url() + "here?and=more");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "it is here");
  EXPECT_EQ(get(server->url() + "there")->status, 404);
}

TEST(a_web_server, survives_a_handler_that_throws) {
  const auto server = start();
  const auto answer = get(server->url() + "broken");
  EXPECT_EQ(answer->status, 500);
  EXPECT_EQ(get(server->url() + "here")->status, 200);
}

TEST(a_web_server, listens_on_ipv6_too) {
  const auto server = start({"::1", 0});
  EXPECT_THAT(server->url(), StartsWith("http://[::1]:"));
  EXPECT_EQ(get(server->url() + "here")->status, 200);
}

TEST(a_web_server, takes_neither_bodies_nor_other_methods) {
  const auto server = start();
  const auto ask = [&](const std::string& line) {
    return talk(server->port(), line + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  };
  EXPECT_THAT(ask("POST /here"), StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(ask("POST /here"), HasSubstr("Allow: GET, HEAD"));
  const auto head = ask("HEAD /here");
  EXPECT_THAT(head, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(head, testing::Not(HasSubstr("it is here")));
  EXPECT_THAT(
      talk(server->port(), "GET /here HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"),
      testing::Not(HasSubstr("it is here")));
}

TEST(a_web_server, ends_a_request_whose_head_has_no_end) {
  const auto server = start();
  const auto got = talk(server->port(), "GET /here HTTP/1.1\r\nX: " + std::string(100'000, 'x'));
  EXPECT_THAT(got, testing::Not(HasSubstr("200 OK")));
  EXPECT_EQ(get(server->url() + "here")->status, 200);
}

/// A connection that has sent that much, and goes on as long as it lives.
class client {
public:
  explicit client(std::uint16_t port, const std::string& bytes = {})
      : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    send(bytes);
  }
  client(client&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  client& operator=(client&&) = delete;
  ~client() {
    if (fd_ >= 0)
      ::close(fd_);
  }

  bool send(const std::string& bytes) const {
    return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL)
           == static_cast<ssize_t>(bytes.size());
  }

  /// Waits for the other side's end.
  void await_end() const {
    char some[4096];
    while (::read(fd_, some, sizeof some) > 0) {
    }
  }

private:
  int fd_;
};

using seconds = std::chrono::duration<double>;

seconds since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::steady_clock::now() - begin;
}

TEST(a_web_server, answers_after_many_that_went_away_in_the_midst) {
  const auto server = start();
  for (int i = 0; i < 1000; ++i)
    client{server->port(), "GET /here HTTP/1.1\r\nX"};
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(get(server->url() + "here")->status, 200);
  EXPECT_LT(since(begin).count(), 4) << "less than the idle time";
}

TEST(a_web_server, ends_at_once_whatever_is_open) {
  auto server = start();
  std::vector<client> open;
  for (int i = 0; i < 300; ++i)
    open.emplace_back(server->port(), "GET /here HTTP/1.1\r\nX");
  const auto begin = std::chrono::steady_clock::now();
  server.reset();
  EXPECT_LT(since(begin).count(), 4);
}

TEST(a_web_server, gives_a_request_that_drips_only_so_much_time) {
  web_server::options how;
  how.seconds_max = 1;
  how.connections_max = 2;
  how.routes = {{"/here", [] { return web_answer{}; }}};
  const auto server = *web_server::start(std::move(how));
  std::vector<client> drips;
  for (int i = 0; i < 2; ++i)
    drips.emplace_back(server->port(), "GET /here HTTP/1.1\r\n");
  std::jthread dripping{[&](const std::stop_token& end) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock alone{mutex};
    while (!wake.wait_for(alone, end, std::chrono::milliseconds{100}, [] { return false; })
           && !end.stop_requested())
      for (const auto& one : drips)
        (void)one.send("X: y\r\n");
  }};
  EXPECT_EQ(get(server->url() + "here")->status, 200) << "it waited for a place";
  for (const auto& one : drips)
    one.await_end();
}

TEST(a_web_server, leaves_room_for_others_whatever_one_address_does) {
  const auto server = start({"0.0.0.0", 0});
  std::vector<client> open;
  for (int i = 0; i < 300; ++i)
    open.emplace_back(server->port(), "GET /here HTTP/1.1\r\nX");
  open.back().await_end(); // above the limit of one address
}

TEST(a_web_server, says_why_it_cannot_listen) {
  const auto server = start();
  web_server::options same;
  same.at = {"127.0.0.1", server->port()};
  const auto second = web_server::start(std::move(same));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ec::unreachable);
  EXPECT_THAT(second.error().what, HasSubstr(std::to_string(server->port())));
}

TEST(an_address_to_listen_on, is_numeric_with_a_port) {
  const auto all = parse_listen_address("0.0.0.0:9000");
  ASSERT_TRUE(all);
  EXPECT_EQ(all->host, "0.0.0.0");
  EXPECT_EQ(all->port, 9000);
  EXPECT_EQ(parse_listen_address("[::1]:80")->host, "::1");
  EXPECT_EQ(parse_listen_address(":80")->host, "127.0.0.1");
  for (const auto* wrong :
       {"", ":", "9000", "localhost:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000",
        "127.0.0.1:-1", "127.0.0.1:80x", "1.2.3:80", "[::1:80", "::1:80"})
    EXPECT_FALSE(parse_listen_address(wrong)) << wrong;
}

} // namespace
} // namespace baton
