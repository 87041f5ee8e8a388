#include "runtime/testing/tests_job.hpp"

#include "runtime/release/bundle.hpp"
#include "runtime/release/names.hpp"
#include "tests/support/script_host.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

using namespace baton;
using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

namespace {

std::string output_of(std::vector<std::string> argv) {
  process_request request;
  request.argv = std::move(argv);
  const auto end = run_process(request);
  EXPECT_TRUE(end && end->ok()) << (end ? end->err : end.error().what);
  return end ? end->out.substr(0, end->out.find('\n')) : "";
}

class tests_step : public ::testing::TestWithParam<std::vector<std::string>> {
protected:
  tests_step() {
    of.run = "20260102-030405-abcd";
    of.request.environment = "staging";
    of.hosts = {"thinkpad"};
    of.units = {{"controller", ""}, {"thinkpad", ""}, {"thinkpad", "app"}};
    stage only;
    only.name = "thinkpad";
    only.hosts = {"thinkpad"};
    stack app;
    app.name = "app";
    app.path = "~/the app";
    app.vars = {{"COLOUR", "it's blue"}, {"bad name", "x"}};
    only.stacks.push_back(app);
    of.stages.push_back(only);
    baton::host thinkpad;
    thinkpad.reach.name = "thinkpad";
    of.fleet.hosts.push_back(thinkpad);
    of.fleet.tests.wanted = true;
    of.fleet.tests.on = "thinkpad";
    facts[{step_kind::resolve, 0}]["commit"] = commit;
    fs::create_directories(checkout());
  }

  fs::path checkout() const { return target.home() / "the app"; }
  void runs(std::string line) { of.fleet.tests.run = {{}, std::move(line)}; }

  step_outcome run(duration deadline = 30s) {
    const auto& on = of.fleet.tests.on;
    event::step_started step{"tests", step_kind::run_tests, on == "controller" ? 0U : 1U, on, 1,
                             {}};
    const job_context context{of, step, facts};
    const auto made = run_tests_job(context);
    if (!made) {
      step_outcome failed;
      failed.why = made.error();
      return failed;
    }
    end = target.run(*made, deadline);
    return run_tests_outcome(context, end);
  }

  static std::string why(const step_outcome& outcome) {
    return outcome.why ? describe(*outcome.why) : std::string{};
  }

  std::string commit = "0123456789012345678901234567890123456789";
  plan of;
  run_facts facts;
  script_host target{GetParam()};
  job_end end;
};

INSTANTIATE_TEST_SUITE_P(shells, tests_step, ::testing::ValuesIn(shells()),
                         [](const auto& which) { return which.index == 0 ? "dash" : "busybox"; });

constexpr const char* report =
    R"(<testsuite tests="3"><testcase classname="t" name="a"/><testcase classname="t" name="b\c"><failure/></testcase>
<testcase classname="t" name="d"><skipped/></testcase></testsuite>)";

} // namespace

TEST_P(tests_step, runs_in_the_checkout_with_the_stacks_environment) {
  runs("echo \"$COLOUR|$BATON_COMMIT|$BATON_ENVIRONMENT|${BATON_FACTS-unset}|$(pwd)\" >seen; cat");
  EXPECT_THAT(why(run()), IsEmpty());
  EXPECT_EQ(read_file(checkout() / "seen"),
            "it's blue|" + commit + "|staging|unset|" + checkout().string() + "\n");
}

TEST_P(tests_step, takes_words_as_words) {
  of.fleet.tests.run.argv = {"sh", "-c", "printf '%s' \"$1\" >seen", "sh", "$(id)'\"; exit 1"};
  EXPECT_THAT(why(run()), IsEmpty());
  EXPECT_EQ(read_file(checkout() / "seen"), "$(id)'\"; exit 1");
}

TEST_P(tests_step, names_the_tests_that_failed) {
  of.fleet.tests.junit = "out/junit.xml";
  runs("mkdir -p out; cat >out/junit.xml <<'E'\n" + std::string{report} + "\nE\nexit 1");
  const auto outcome = run();
  ASSERT_TRUE(outcome.why);
  EXPECT_EQ(outcome.why->code, ec::tests_failed);
  EXPECT_FALSE(outcome.why->retryable);
  EXPECT_EQ(outcome.why->what, "1 of 3 tests failed: t.b\\c (the tests ended with status 1)");
  EXPECT_EQ(outcome.facts.at("tests"), "3");
  EXPECT_EQ(outcome.facts.at("skipped"), "1");
  EXPECT_EQ(outcome.facts.at("failing"), "t.b\\c");
  EXPECT_FALSE(outcome.facts.contains("junit"));
}

TEST_P(tests_step, believes_the_report_though_the_command_says_all_is_well) {
  of.fleet.tests.junit = "junit.xml";
  runs("cat >junit.xml <<'E'\n" + std::string{report} + "\nE");
  const auto outcome = run();
  EXPECT_EQ(outcome.why->code, ec::tests_failed);
  EXPECT_THAT(why(outcome), HasSubstr("though the command ended with status 0"));
}

TEST_P(tests_step, believes_the_status_though_the_report_is_good) {
  of.fleet.tests.junit = "junit.xml";
  runs("echo '<testsuite tests=\"1\"><testcase name=\"a\"/></testsuite>' >junit.xml\n"
       "echo 'coverage is too low'; exit 2");
  const auto outcome = run();
  EXPECT_THAT(why(outcome), AllOf(HasSubstr("ended with status 2"), HasSubstr("coverage")));
  EXPECT_EQ(outcome.facts.at("failures"), "0");
}

TEST_P(tests_step, does_not_take_an_old_report_for_this_one) {
  of.fleet.tests.junit = "junit.xml";
  write_file(checkout() / "junit.xml", report);
  runs("exit 0");
  const auto outcome = run();
  EXPECT_THAT(why(outcome), IsEmpty());
  EXPECT_THAT(outcome.notes, ElementsAre(HasSubstr("left no report junit.xml")));
}

TEST_P(tests_step, says_when_the_report_is_none) {
  of.fleet.tests.junit = "junit.xml";
  runs("echo '<html>' >junit.xml");
  const auto outcome = run();
  EXPECT_THAT(why(outcome), IsEmpty());
  EXPECT_THAT(outcome.notes, ElementsAre(HasSubstr("cannot be read")));
}

TEST_P(tests_step, reads_the_beginning_of_a_huge_report) {
  of.fleet.tests.junit = "junit.xml";
  runs("{ echo '<testsuites tests=\"40000\" failures=\"7\">'; i=0; while [ $i -lt 100 ]; do "
       "i=$((i+1))\n"
       "printf '<testcase name=\"a\"><failure>'; head -c 20000 /dev/zero | tr '\\0' '\\\\'\n"
       "echo '</failure></testcase>'; done; echo '</testsuites>'; } >junit.xml; exit 1");
  const auto outcome = run();
  EXPECT_THAT(why(outcome), HasSubstr("of 40000 tests failed"));
  EXPECT_LE(end.facts.size(), 1U << 21);
}

TEST_P(tests_step, names_the_signal_and_the_deadline) {
  runs("echo last words; kill -SEGV $$");
  EXPECT_THAT(why(run()), AllOf(HasSubstr("killed by SIGSEGV"), HasSubstr("last words")));
  runs("exec sleep 30");
  const auto outcome = run(300ms);
  EXPECT_EQ(outcome.why->code, ec::timed_out);
}

TEST_P(tests_step, says_what_is_missing) {
  of.fleet.tests.run.argv = {".venv/bin/python", "-m", "pytest"};
  const auto outcome = run();
  EXPECT_EQ(outcome.why->code, ec::tests_failed);
  EXPECT_THAT(why(outcome), AllOf(HasSubstr("not found"), HasSubstr(".venv/bin/python")));
  of.fleet.tests.workdir = "~/elsewhere";
  EXPECT_THAT(why(run()), HasSubstr("elsewhere to run the tests in"));
}

TEST_P(tests_step, runs_on_the_controller_in_a_clean_clone_that_is_gone_afterwards) {
  const auto origin = (target.home() / "origin").string();
  const auto git = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"git", "-C", origin, "-c", "user.name=t", "-c", "user.email=t@t"});
    return output_of(std::move(words));
  };
  output_of({"git", "init", "-q", origin});
  write_file(fs::path{origin} / "version", "one\n");
  git({"add", "."});
  git({"commit", "-qm", "one"});
  commit = git({"rev-parse", "HEAD"});
  write_file(fs::path{origin} / "version", "two\n");
  git({"commit", "-qam", "two"});
  facts[{step_kind::resolve, 0}]["commit"] = commit;
  of.stages[0].stacks[0].repository = origin;
  of.fleet.tests.on = "controller";
  // What step `resolve` has made before.
  ::setenv("XDG_CACHE_HOME", (target.home() / "cache").c_str(), 1);
  runs("pwd >>\"$HOME/seen\"; cat version >>\"$HOME/seen\"; git status --short >>\"$HOME/seen\"");
  auto missing = run();
  EXPECT_EQ(missing.why->code, ec::remote_git);
  const auto cache = release::cache_folder().value() + "/" + release::cache_name(origin);
  output_of({"git", "clone", "-q", "--bare", origin, cache});
  EXPECT_THAT(why(run()), IsEmpty());
  const auto clone = target.state() / "tests" / of.run;
  EXPECT_EQ(read_file(target.home() / "seen"), clone.string() + "\none\n");
  EXPECT_FALSE(fs::exists(clone));
}
