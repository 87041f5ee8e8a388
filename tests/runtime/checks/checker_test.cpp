#include "runtime/checks/checker.hpp"
#include "tests/support/http_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <future>
#include <thread>

using namespace baton;
using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

namespace {

using clock_type = std::chrono::steady_clock;

void serve(const http_server::visit& visit) {
  const auto path = visit.path();
  if (path == "/hang")
    visit.hold();
  else if (path == "/drip") {
    visit.send("HTTP/1.1 200 OK\r\nX: ");
    while (visit.send("x"))
      std::this_thread::sleep_for(5ms); // the peer's own slowness, nothing waits for it
  } else if (path == "/away")
    visit.answer(302, "moved", "Location: /200\r\n");
  else if (path == "/loop")
    visit.answer(302, "", "Location: /loop\r\n");
  else if (path == "/out")
    visit.answer(302, "", "Location: file:///etc/passwd\r\n");
  else if (path == "/endless") {
    const std::string piece(65536, 'x');
    visit.send("HTTP/1.1 200 OK\r\n\r\n");
    while (visit.send(piece)) {
    }
  } else if (path == "/garbage")
    visit.send(std::string("\0\xff garbage\r\n\r\n", 13));
  else if (path == "/close")
    return;
  else
    visit.answer(std::atoi(path.c_str() + 1), "version 7\n");
}

class checks : public ::testing::Test {
protected:
  expected<http_answer> get(http_request what) {
    std::promise<expected<http_answer>> promise;
    client.get(std::move(what),
               [&](expected<http_answer> got) { promise.set_value(std::move(got)); });
    return promise.get_future().get();
  }
  expected<http_answer> get(std::string_view path, duration deadline = 5s) {
    http_request what;
    what.url = server.url(path);
    what.deadline = deadline;
    return get(what);
  }
  check_result ask(const health_check& what, std::string_view address = "127.0.0.1") {
    std::promise<check_result> promise;
    checker{client}.ask(what, address,
                        [&](check_result got) { promise.set_value(std::move(got)); });
    return promise.get_future().get();
  }
  health_check http(std::string_view path) const {
    health_check what;
    what.url = "http://${host}:" + std::to_string(server.port()) + std::string{path};
    return what;
  }
  health_check tcp(std::string address) const {
    health_check what;
    what.kind = check_kind::tcp;
    what.address = std::move(address);
    what.timeout = 1s;
    return what;
  }

  http_server server{serve};
  http_client client;
};

} // namespace

TEST_F(checks, get_status_and_body) {
  const auto got = get("/200");
  ASSERT_TRUE(got) << got.error().what;
  EXPECT_EQ(got->status, 200);
  EXPECT_EQ(got->body, "version 7\n");
  EXPECT_EQ(get("/503")->status, 503);
}

TEST_F(checks, follow_redirects_only_as_far_as_asked_and_only_to_http) {
  EXPECT_EQ(get("/away")->status, 302);
  http_request what;
  what.redirects_max = 2;
  what.url = server.url("/away");
  EXPECT_EQ(get(what)->status, 200);
  what.url = server.url("/loop");
  EXPECT_EQ(get(what).error().code, ec::unreachable);
  what.url = server.url("/out");
  EXPECT_FALSE(get(what));
}

TEST_F(checks, keep_their_deadline_whatever_the_peer_does) {
  for (const auto* path : {"/hang", "/drip"}) {
    const auto begun = clock_type::now();
    const auto got = get(path, 200ms);
    EXPECT_EQ(got.error().code, ec::timed_out);
    EXPECT_LT(clock_type::now() - begun, 5s);
  }
}

TEST_F(checks, take_no_more_of_a_body_than_asked) {
  http_request what;
  what.url = server.url("/endless");
  what.body_max = 1000;
  const auto got = get(what);
  ASSERT_TRUE(got) << got.error().what;
  EXPECT_EQ(got->body.size(), 1000U);
  EXPECT_TRUE(got->cut);
}

TEST_F(checks, say_what_is_wrong_with_a_peer_and_not_who_asks) {
  EXPECT_EQ(get("/close").error().code, ec::unreachable);
  EXPECT_FALSE(get("/garbage"));
  http_request what;
  what.url = "http://me:s3cret@127.0.0.1:1/";
  const auto refused = get(what);
  EXPECT_EQ(refused.error().code, ec::unreachable);
  EXPECT_THAT(refused.error().what, Not(HasSubstr("s3cret")));
  for (const auto* url : {"file:///etc/passwd", "gopher://127.0.0.1/", "", "http://[", "://"}) {
    what.url = url;
    EXPECT_FALSE(get(what)) << url;
  }
}

TEST_F(checks, go_on_side_by_side) {
  std::vector<std::future<expected<http_answer>>> answers;
  const auto begin = [&](std::string_view path, duration deadline) {
    auto promise = std::make_shared<std::promise<expected<http_answer>>>();
    answers.push_back(promise->get_future());
    http_request what;
    what.url = server.url(path);
    what.deadline = deadline;
    client.get(what, [promise](expected<http_answer> got) { promise->set_value(std::move(got)); });
  };
  begin("/hang", 30s);
  for (int i = 0; i < 50; ++i)
    begin("/200", 30s);
  for (std::size_t i = 1; i < answers.size(); ++i)
    EXPECT_TRUE(answers[i].get());
  EXPECT_EQ(answers[0].wait_for(0s), std::future_status::timeout);
}

TEST_F(checks, answer_all_that_is_under_way_when_the_client_goes) {
  std::promise<expected<http_answer>> promise;
  const auto begun = clock_type::now();
  {
    http_client short_lived;
    http_request what;
    what.url = server.url("/hang");
    what.deadline = 60s;
    short_lived.get(what, [&](expected<http_answer> got) { promise.set_value(std::move(got)); });
  }
  EXPECT_EQ(promise.get_future().get().error().code, ec::cancelled);
  EXPECT_LT(clock_type::now() - begun, 10s);
}

TEST_F(checks, can_be_asked_from_an_answer) {
  std::promise<int> promise;
  http_request what;
  what.url = server.url("/200");
  client.get(what, [&](const expected<http_answer>&) {
    client.get(what, [&](const expected<http_answer>& got) { promise.set_value(got->status); });
  });
  EXPECT_EQ(promise.get_future().get(), 200);
}

TEST_F(checks, judge_http_answers_as_hosts_do) {
  EXPECT_TRUE(ask(http("/200")).ok);
  EXPECT_TRUE(ask(http("/away")).ok);
  EXPECT_EQ(ask(http("/404")).why, "answered with status 404");
  auto what = http("/404");
  what.expect_status = 404;
  EXPECT_TRUE(ask(what).ok);
  what.expect_status = 200;
  EXPECT_EQ(ask(what).why, "answered with status 404, not 200");
  what = http("/200");
  what.expect_body = "version 7";
  EXPECT_TRUE(ask(what).ok);
  what.expect_body = "version 8";
  EXPECT_THAT(ask(what).why, HasSubstr("without the expected text"));
  what = http("/hang");
  what.timeout = 100ms;
  EXPECT_THAT(ask(what).why, HasSubstr("no answer within"));
}

TEST_F(checks, see_whether_a_port_takes_connections) {
  const auto port = std::to_string(server.port());
  EXPECT_TRUE(ask(tcp("127.0.0.1:" + port)).ok);
  EXPECT_TRUE(ask(tcp("${host}:" + port)).ok);
  EXPECT_THAT(ask(tcp("127.0.0.1:1")).why, HasSubstr("port 1: Connection refused"));
  EXPECT_EQ(ask(tcp("me@127.0.0.1:" + port)).why, "me@127.0.0.1 is no host");
  EXPECT_FALSE(ask(tcp("[::1]:" + port)).ok); // the server has no IPv6
  for (const auto* address :
       {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", ":", "a b:1", "h:99999"})
    EXPECT_FALSE(ask(tcp(address)).ok) << address;
}

TEST_F(checks, do_not_ask_a_proxy_about_the_machine_itself) {
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  EXPECT_TRUE(ask(http("/200")).ok);
  EXPECT_TRUE(ask(tcp("${host}:" + std::to_string(server.port()))).ok);
  ::unsetenv("http_proxy");
}

TEST_F(checks, leave_commands_to_the_caller) {
  health_check what;
  what.kind = check_kind::command;
  EXPECT_FALSE(ask(what).ok);
}

TEST(with_host, puts_the_address_in) {
  EXPECT_EQ(with_host("http://${host}:80/${host}", "192.0.2.7"), "http://192.0.2.7:80/192.0.2.7");
  EXPECT_EQ(with_host("${host}:22", "2001:db8::7"), "[2001:db8::7]:22");
  EXPECT_EQ(with_host("x", "${host}"), "x");
}
