#include "tests/support/http_server.hpp"
#include "tests/support/script_host.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <filesystem>
#include <mutex>

using namespace baton;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
namespace fs = std::filesystem;

namespace {

constexpr const char* token = "12345:AbCdEf-secret_token";

/// examples/telegram-alert.sh against a stand-in of the Bot API.
class telegram : public ::testing::Test {
protected:
  telegram() { write_file(folder / "token", std::string{token} + "\n-100200\n"); }

  process_end send(const nlohmann::json& what) {
    process_request request;
    request.argv = {BATON_EXAMPLES "/telegram-alert.sh"};
    request.input = what.dump() + "\n";
    request.env["TELEGRAM_TOKEN_FILE"] = (folder / "token").string();
    request.env["TELEGRAM_API"] = api;
    return run_process(request).value();
  }
  /// How it answers from now on: with these in turn, the last of them again and again.
  void answers(std::vector<int> with, const std::string& text) {
    const std::scoped_lock lock{mutex};
    bodies.clear();
    statuses = std::move(with);
    answer = text;
  }
  nlohmann::json said(std::size_t which = 0) {
    const std::scoped_lock lock{mutex};
    return nlohmann::json::parse(bodies.at(which));
  }

  temp_folder folder;
  std::mutex mutex;
  std::vector<std::string> bodies;
  std::vector<int> statuses{200};
  std::string answer = R"({"ok":true})";
  http_server server{[this](const http_server::visit& visit) {
    const std::scoped_lock lock{mutex};
    EXPECT_EQ(visit.path(), "/bot" + std::string{token} + "/sendMessage");
    EXPECT_THAT(visit.head, HasSubstr("Content-Type: application/json"));
    const auto status = statuses[std::min(bodies.size(), statuses.size() - 1)];
    bodies.push_back(visit.body);
    visit.answer(status, answer);
  }};
  std::string api = server.url("");
};

const nlohmann::json raised = {
    {"type", "alert_raised"}, {"run", "20260102-030405-abcd"},
    {"severity", "critical"}, {"phase", "rtx1080"},
    {"host", "rtx1080"},      {"text", "a < b && \"c\" > 'd' \\ $(id) \xc3\xa4"}};

std::size_t characters(const std::string& text) {
  std::size_t count = 0;
  for (const char c : text)
    count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1U : 0U;
  return count;
}

} // namespace

TEST_F(telegram, gets_the_text_escaped_and_loud) {
  const auto end = send(raised);
  EXPECT_TRUE(end.ok()) << end.err;
  const auto body = said();
  EXPECT_EQ(body["chat_id"], "-100200");
  EXPECT_EQ(body["parse_mode"], "HTML");
  EXPECT_EQ(body["disable_notification"], false);
  EXPECT_THAT(body["text"].get<std::string>(),
              AllOf(HasSubstr("<b>critical: rtx1080 rtx1080</b>"),
                    HasSubstr("a &lt; b &amp;&amp; \"c\" &gt; 'd' \\ $(id) \xc3\xa4"),
                    EndsWith("<code>20260102-030405-abcd</code>")));
}

TEST_F(telegram, gets_no_more_than_4096_characters) {
  auto long_one = raised;
  std::string text;
  for (int i = 0; i < 5000; ++i)
    text += "\xc3\xa4";
  long_one["text"] = text;
  EXPECT_TRUE(send(long_one).ok());
  const auto sent = said()["text"].get<std::string>();
  EXPECT_LE(characters(sent), 4096U + std::string{"<b></b><code></code>"}.size());
  EXPECT_THAT(sent, HasSubstr("\xc3\xa4\xe2\x80\xa6\n<code>"));
}

TEST_F(telegram, is_waited_for_once_when_it_asks_to) {
  const auto* busy = R"({"ok":false,"error_code":429,"parameters":{"retry_after":1}})";
  answers({429, 200}, busy);
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_TRUE(send(raised).ok());
  EXPECT_GE(std::chrono::steady_clock::now() - begun, std::chrono::seconds{1});
  EXPECT_EQ(server.visits(), 2);

  answers({429}, busy);
  const auto end = send(raised);
  EXPECT_EQ(end.exit, 75);
  EXPECT_EQ(server.visits(), 4);
}

TEST_F(telegram, that_may_take_it_later_is_asked_again_by_baton) {
  for (const auto status : {408, 500, 502, 503}) {
    answers({status}, "<html>");
    EXPECT_EQ(send(raised).exit, 75) << status;
  }
  for (const auto status : {400, 403, 404}) {
    answers({status}, R"({"ok":false})");
    EXPECT_EQ(send(raised).exit, 1) << status;
  }
  api = "http://127.0.0.1:1";
  EXPECT_EQ(send(raised).exit, 75) << "no network";
}

TEST_F(telegram, is_not_waited_for_when_that_would_take_too_long) {
  for (const auto* pause : {"3600", "\"x; touch pwned\"", "-1", "{}"}) {
    answers({429}, R"({"ok":false,"parameters":{"retry_after":)" + std::string{pause} + "}}");
    EXPECT_EQ(send(raised).exit, 75) << pause;
  }
  EXPECT_EQ(server.visits(), 4);
  EXPECT_FALSE(fs::exists("pwned"));
}

TEST_F(telegram, that_refuses_is_told_without_the_token) {
  answers({401}, R"({"ok":false,"error_code":401,"description":"Unauthorized"})");
  const auto end = send(raised);
  EXPECT_EQ(end.exit, 1);
  EXPECT_THAT(end.err, AllOf(StartsWith("telegram-alert: not sent, status 401: Unauthorized"),
                             Not(HasSubstr("secret_token"))));
  EXPECT_EQ(server.visits(), 1);
}

TEST_F(telegram, that_cannot_be_reached_or_has_no_token_fails) {
  write_file(folder / "token", "");
  EXPECT_THAT(send(raised).err, HasSubstr("wants the token"));
  fs::remove(folder / "token");
  EXPECT_THAT(send(raised).err, HasSubstr("cannot read"));
  EXPECT_EQ(server.visits(), 0);
}
