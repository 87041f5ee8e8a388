#include "web/server.hpp"

#include "runtime/http/client.hpp"

#include <arpa/inet.h>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

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
