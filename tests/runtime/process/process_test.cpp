#include "runtime/process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>

using namespace baton;
using namespace std::chrono_literals;
using testing::HasSubstr;

namespace {

process_request sh(const std::string& script) {
  process_request request;
  request.argv = {"/bin/sh", "-c", script};
  return request;
}

bool alive(pid_t pid) {
  return ::kill(pid, 0) == 0;
}

} // namespace

TEST(process, keeps_both_outputs_and_the_status) {
  const auto end = run_process(sh("echo out; echo err >&2; exit 7"));
  ASSERT_TRUE(end);
  EXPECT_EQ(end->exit, 7);
  EXPECT_EQ(end->out, "out\n");
  EXPECT_EQ(end->err, "err\n");
  EXPECT_FALSE(end->ok());
}

TEST(process, runs_words_as_they_are) {
  process_request request;
  request.argv = {"printf", "%s", "$(id) `id` ; ' \" *"};
  EXPECT_EQ(run_process(request)->out, "$(id) `id` ; ' \" *");
}

TEST(process, gives_input_environment_and_folder) {
  auto request = sh("cat; printf '%s' \"$BATON_A\"; pwd");
  request.input = std::string(200'000, 'x');
  request.env = {{"BATON_A", "one two"}};
  request.folder = "/tmp";
  const auto end = run_process(request);
  EXPECT_EQ(end->out, request.input + "one two/tmp\n");
}

TEST(process, survives_a_child_that_does_not_read_its_input) {
  auto request = sh("exit 0");
  request.input = std::string(2'000'000, 'x');
  EXPECT_TRUE(run_process(request)->ok());
}

TEST(process, names_the_signal_that_ended_it) {
  const auto end = run_process(sh("kill -SEGV $$"));
  EXPECT_EQ(end->exit, std::nullopt);
  EXPECT_EQ(end->signal, "SEGV");
  EXPECT_THAT(failure_of(*end, ec::step_failed, "the hook")->what, HasSubstr("SIGSEGV"));
}

TEST(process, ends_the_whole_group_at_its_deadline_also_when_TERM_is_ignored) {
  auto request = sh("trap '' TERM; (trap '' TERM; while :; do sleep 1; done) & echo $!; wait");
  request.deadline = 150ms;
  request.grace = 100ms;
  const auto end = run_process(request);
  EXPECT_TRUE(end->deadline_hit);
  EXPECT_EQ(end->signal, "KILL");
  EXPECT_EQ(failure_of(*end, ec::step_failed, "it")->code, ec::timed_out);
  // Its parent is gone, so whoever reaps orphans here may take a moment.
  const auto grandchild = static_cast<pid_t>(std::atoi(end->out.c_str()));
  ASSERT_GT(grandchild, 1);
  const auto state = run_process(sh("for i in 1 2 3 4 5 6 7 8 9; do s=$(cut -d' ' -f3 /proc/"
                                    + std::to_string(grandchild)
                                    + "/stat 2>/dev/null); case $s in ''|Z) exit 0;; esac; sleep "
                                      "0.1; done; exit 1"));
  EXPECT_TRUE(state->ok());
}

TEST(process, is_not_held_up_by_a_grandchild_that_keeps_the_pipes) {
  auto request = sh("sleep 30 & echo $!");
  const auto begun = std::chrono::steady_clock::now();
  const auto end = run_process(request);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s);
  const auto left = static_cast<pid_t>(std::atoi(end->out.c_str()));
  ASSERT_TRUE(left > 1 && alive(left));
  ::kill(left, SIGKILL);
}

TEST(process, is_cancelled_from_another_thread) {
  std::stop_source stop;
  auto request = sh("echo ready; exec sleep 30");
  request.cancel = stop.get_token();
  std::jthread other{[&] { stop.request_stop(); }};
  const auto end = run_process(request);
  EXPECT_TRUE(end->cancelled);
  EXPECT_EQ(end->signal, "TERM");
}

TEST(process, keeps_no_more_output_than_asked_and_reads_on) {
  auto request = sh("head -c 3000000 /dev/zero; echo done >&2");
  request.output_max = 1000;
  const auto end = run_process(request);
  EXPECT_TRUE(end->ok());
  EXPECT_EQ(end->out.size(), 1000U);
  EXPECT_TRUE(end->cut);
  EXPECT_EQ(end->err, "done\n");
}

TEST(process, says_which_program_is_missing) {
  process_request request;
  request.argv = {"no-such-program-here"};
  const auto end = run_process(request);
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, ec::missing_tool);
  EXPECT_THAT(end.error().what, HasSubstr("no-such-program-here"));
}

TEST(process, inherits_no_descriptors) {
  EXPECT_EQ(run_process(sh("ls /proc/self/fd | wc -l"))->out, "4\n"); // 0 1 2 and ls's own
}

TEST(process, what_it_prints_is_kept_without_secrets) {
  auto secrets = std::make_shared<redactor>();
  secrets->add("s3cr3t-token");
  process_request asked;
  // One line that is longer than what an error tells of it.
  asked.argv = {"/bin/sh", "-c",
                "printf s3cr3t; printf '%0300d' 1; printf -- '-%s' s3cr3t-token s3cr3t-token >&2;"
                "printf '%0590d' 1 >&2; exit 1"};
  asked.secrets = secrets;
  const auto end = run_process(asked);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->out.substr(0, 7), "s3cr3t0");
  EXPECT_EQ(end->err.substr(0, 8), "-***-***");
  EXPECT_THAT(failure_of(*end, ec::step_failed, "it")->what, testing::Not(HasSubstr("token")));
}

TEST(process, last_lines_are_whole_and_trimmed_and_become_one) {
  EXPECT_EQ(last_lines("\n a\nb \r\n\n c\n"), "a; b; c");
  EXPECT_EQ(last_lines("first\nsecond\nthird\n", 8), "third");
  EXPECT_EQ(last_lines("", 8), "");
  EXPECT_EQ(last_lines("äää", 3), "ä");
}
