#include "embedded/scripts.hpp"
#include "runtime/shell_quote.hpp"
#include "tests/support/http_server.hpp"
#include "tests/support/script_host.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

using namespace baton;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
namespace fs = std::filesystem;

namespace {

/// Which shell, and which of the tools that can ask the host has.
struct kit {
  std::string name;
  std::vector<std::string> shell;
  std::vector<std::string> tools;
  bool busybox_tools = false;
  friend void PrintTo(const kit& of, std::ostream* to) { *to << of.name; }
};

/// A host whose PATH has only some tools.
class host_check : public ::testing::TestWithParam<kit> {
protected:
  void SetUp() override {
    for (const std::string tool :
         {"sh", "sed", "tr", "dd", "cat", "sleep", "setsid", "tail", "true"})
      ASSERT_TRUE(provide(tool)) << tool;
    for (const auto& tool : GetParam().tools)
      if (!provide(tool))
        GTEST_SKIP() << tool << " is not on this machine";
  }

  bool provide(const std::string& tool) {
    fs::path there = "/bin/busybox";
    if (!GetParam().busybox_tools)
      there = "/usr/bin/" + tool; // not what a version manager puts before it
    if (!fs::exists(there))
      return false;
    fs::create_symlink(there, bin / tool);
    return true;
  }

  /// `ok`, or why not; then the status of the function.
  std::string ask(const std::string& words) {
    process_request request;
    request.argv = GetParam().shell;
    request.argv.push_back((bin / "script").string());
    request.env["PATH"] = bin.path().string();
    write_file(bin / "script", std::string{embedded::host_check_sh} + words
                                   + " && echo ok || echo \"$? $check_why\"\n");
    const auto end = run_process(request);
    EXPECT_THAT(end->err, IsEmpty());
    return end->out.substr(0, end->out.find('\n'));
  }
  std::string http(const std::string& path, int status = 0, const std::string& body = "") {
    return ask("check_http " + shell_quote(server.url(path)) + " " + std::to_string(status) + " "
               + shell_quote(body) + " 2");
  }

  temp_folder bin;
  http_server server{[](const http_server::visit& visit) {
    const auto path = visit.path();
    if (path == "/hang")
      visit.hold();
    else if (path == "/302")
      visit.answer(302, "", "Location: /500\r\n");
    else
      visit.answer(std::atoi(path.c_str() + 1), std::string("say \"hello\"\nversion 7\0end", 25));
  }};
};

std::vector<kit> kits() {
  const std::vector<std::string> dash{"/usr/bin/dash"};
  return {{"curl_and_bash", dash, {"curl", "bash"}},
          {"wget_and_bash", dash, {"wget", "bash"}},
          {"python", dash, {"python3"}},
          {"busybox", {"/bin/busybox", "sh"}, {"wget", "nc"}, true}};
}

INSTANTIATE_TEST_SUITE_P(kits, host_check, ::testing::ValuesIn(kits()),
                         [](const auto& of) { return of.param.name; });

} // namespace

TEST_P(host_check, judges_http_answers) {
  EXPECT_EQ(http("/200"), "ok");
  EXPECT_EQ(http("/503"), "1 answered with status 503");
  EXPECT_EQ(http("/503", 503), "ok");
  EXPECT_EQ(http("/200", 503), "1 answered with status 200, not 503");
  EXPECT_EQ(http("/302"), "ok");
  EXPECT_EQ(http("/302", 302), "ok");
}

TEST_P(host_check, looks_for_text_as_it_is) {
  EXPECT_EQ(http("/200", 0, "\"hello\"\nversion 7"), "ok");
  EXPECT_EQ(http("/200", 0, "*"), "1 answered with status 200, without the expected text");
  EXPECT_EQ(http("/200", 0, "version 8"), "1 answered with status 200, without the expected text");
}

TEST_P(host_check, says_when_there_is_no_answer) {
  EXPECT_THAT(ask("check_http http://127.0.0.1:1/ 0 '' 2"),
              MatchesRegex("1 .*([Rr]efused|connect).*"));
  EXPECT_THAT(ask("check_http " + server.url("/hang") + " 0 '' 1"),
              MatchesRegex("1 .*(timed out|no answer within).*"));
}

TEST_P(host_check, takes_a_hostile_url_as_a_url) {
  EXPECT_THAT(http("/200/$(touch pwned)\"`touch pwned`' -o pwned\\"), AnyOf("ok", HasSubstr("1 ")));
  EXPECT_FALSE(fs::exists("pwned"));
}

TEST_P(host_check, sees_whether_a_port_takes_connections) {
  EXPECT_EQ(ask("check_tcp 127.0.0.1 " + std::to_string(server.port()) + " 2"), "ok");
  EXPECT_EQ(ask("check_tcp 127.0.0.1 1 2"), "1 connection refused");
}

TEST_P(host_check, runs_commands_and_ends_those_that_do_not) {
  EXPECT_EQ(ask("check_command 5 sh -c 'echo fine'"), "ok");
  EXPECT_EQ(ask("check_command 5 sh -c 'echo one; echo bad >&2; exit 3'"),
            "1 ended with status 3: bad");
  EXPECT_EQ(ask("check_command 1 sh -c 'echo x; sleep 20'"), "1 did not end within 1 s");
  EXPECT_THAT(ask("check_command 5 sh -c 'kill -SEGV $$'"), HasSubstr("1 was killed by signal 11"));
  EXPECT_EQ(ask("check_command 5 no-such-thing"), "1 no-such-thing was not found");
}

TEST(host_check_without_tools, says_what_is_missing) {
  temp_folder bin;
  process_request request;
  request.argv = {"/usr/bin/dash", (bin / "script").string()};
  request.env["PATH"] = bin.path().string();
  write_file(bin / "script", std::string{embedded::host_check_sh}
                                 + "check_http http://127.0.0.1/ 0 '' 1; echo $? $check_why\n"
                                   "check_tcp 127.0.0.1 1 1; echo $? $check_why\n");
  EXPECT_EQ(run_process(request)->out,
            "2 this host has none of curl, wget, python3 to ask with\n"
            "2 this host has none of bash, python3, nc to connect with\n");
}
