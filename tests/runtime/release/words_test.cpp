#include "runtime/release/classify.hpp"
#include "runtime/release/containers.hpp"
#include "runtime/release/names.hpp"
#include "runtime/release/release.hpp"
#include "runtime/release/script.hpp"
#include "runtime/steps/step_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton::release {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

TEST(names, different_texts_stay_different_as_paths) {
  EXPECT_EQ(path_name("web-1_a.b"), "web-1_a.b");
  EXPECT_EQ(path_name("../x"), "%2e.%2fx");
  EXPECT_EQ(path_name("a..b"), "a.%2eb");
  EXPECT_EQ(path_name("a.lock"), "a%2elock");
  EXPECT_EQ(path_name("x."), "x%2e");
  EXPECT_EQ(path_name("-a b"), "-a%20b");
  EXPECT_EQ(path_name(""), "%");
  EXPECT_NE(path_name("a%2fb"), path_name("a/b"));
}

TEST(names, an_image_is_called_what_docker_takes) {
  EXPECT_EQ(image_name("My Web"), "my-web");
  EXPECT_EQ(image_name("--a__b.-"), "a_b");
  EXPECT_EQ(image_name("\xc3\xa9"), "x");
}

TEST(names, caches_of_different_repositories_differ) {
  EXPECT_NE(cache_name("git@a:x.git"), cache_name("git@b:x.git"));
  EXPECT_THAT(cache_name("https://h/my app.git/"), testing::StartsWith("my-app-"));
  EXPECT_THAT(cache_name("/"), Not(HasSubstr("/")));
  EXPECT_EQ(cache_name("https://me:token@h/x.git"), cache_name("https://h/x.git"));
}

TEST(words, a_command_of_the_user_is_quoted_words) {
  EXPECT_EQ(command_words({{"a", "b c", "$x'"}, ""}), R"('a' 'b c' '$x'\''')");
  EXPECT_EQ(command_words({{}, "a | b"}), "sh -c 'a | b'");
  EXPECT_EQ(command_words({{"~/bin/x", "~/y"}, ""}), R"("$HOME"'/bin/x' '~/y')");
}

struct said {
  const char* kind;
  const char* text;
  ec code;
  bool retryable;
};

class classified : public testing::TestWithParam<said> {};

TEST_P(classified, by_what_the_tool_said) {
  const auto& [kind, text, code, retryable] = GetParam();
  const auto why = classify({kind, "the command", 18, text});
  EXPECT_EQ(why.code, code) << text;
  EXPECT_EQ(why.retryable, retryable) << text;
  EXPECT_THAT(why.what, HasSubstr("the command ended with status 18: "));
}

INSTANTIATE_TEST_SUITE_P(
    tools, classified,
    testing::Values(
        said{"pull", "manifest for x:1 not found: manifest unknown", ec::image_missing, false},
        said{"pull",
             "pull access denied for x, repository does not exist or may require 'docker login'",
             ec::image_missing, false},
        said{"pull", "unauthorized: authentication required", ec::image_missing, false},
        said{"pull", "toomanyrequests: You have reached your pull rate limit", ec::step_failed,
             true},
        said{"pull", "Get \"https://r/v2/\": net/http: TLS handshake timeout", ec::step_failed,
             true},
        said{"pull", "dial tcp: lookup r: no such host", ec::step_failed, true},
        // Without a resolver, in a network namespace of its own.
        said{"pull",
             "Error response from daemon: Get \"https://r/v2/\": dial tcp: address r: "
             "no suitable address found",
             ec::step_failed, true},
        said{"pull", "received unexpected HTTP status: 503 Service Unavailable", ec::step_failed,
             true},
        said{"pull", "write /var/lib/docker/x: no space left on device", ec::no_space, false},
        said{"pull", "something new", ec::step_failed, false},
        said{"build", "process \"make\" did not complete successfully: exit code: 2",
             ec::step_failed, false},
        said{"build", "pull access denied, repository does not exist", ec::image_missing, false},
        said{"config", "services.web additional properties 'imagee' not allowed",
             ec::config_invalid, false},
        said{"remote", "ssh: connect to host h port 22: Connection refused", ec::remote_git, true},
        said{"remote", "fatal: unable to access 'https://h/': Could not resolve host: h",
             ec::remote_git, true},
        said{"remote",
             "git@h: Permission denied (publickey).\nfatal: Could not read from remote repository",
             ec::remote_git, false},
        said{"remote", "remote: Repository not found.", ec::remote_git, false},
        said{"remote", "error: file write error: No space left on device", ec::no_space, false},
        said{"git", "Your local changes to the following files would be overwritten by checkout:",
             ec::dirty, false},
        said{"git", "error: unable to write file big\nfatal: Could not reset index file",
             ec::no_space, false},
        said{"git", "fatal: Unable to create '/x/.git/index.lock': File exists.", ec::step_failed,
             true},
        said{"engine", "Bind for 0.0.0.0:80 failed: port is already allocated", ec::step_failed,
             true},
        said{"engine", "dependency failed to start: container db is unhealthy", ec::unhealthy,
             true},
        said{"engine", "service \"migrate\" didn't complete successfully: exit 1", ec::unhealthy,
             false},
        said{"engine", "Cannot connect to the Docker daemon", ec::step_failed, true},
        said{"user", "no idea", ec::step_failed, true}));

TEST(classify, leaves_out_the_progress_of_docker) {
  const auto why =
      classify({"engine", "docker compose up", 1,
                " Container a  Starting\n#3 DONE\nno luck\nno luck\n Container b  Waiting\n"});
  EXPECT_EQ(why.what, "docker compose up ended with status 1: no luck");
  EXPECT_THAT(classify({"pull", "docker compose pull", 1, " x Error gone\n"}).what,
              HasSubstr("x Error gone"));
}

// --- what comes back from a host is only text
// -----------------------------------------------------

class outcomes : public testing::Test {
protected:
  outcomes() {
    struct stack what;
    what.name = "web";
    struct stage where;
    where.name = "one";
    where.hosts = {"alpha"};
    where.stacks = {what};
    plan.stages = {where};
    plan.units = {{controller_name, ""}, {"alpha", ""}, {"alpha", "web"}};
  }
  step_outcome read(step_kind kind, const job_end& end) {
    const event::step_started step{"one", kind, 2, "alpha", 1, duration{0}};
    return release::read_outcome({plan, step, facts}, end);
  }
  struct plan plan;
  run_facts facts;
};

TEST_F(outcomes, every_end_of_a_step_has_its_error) {
  job_end end;
  end.exit = 0;
  EXPECT_FALSE(read(step_kind::activate, end).why);
  end.exit = 3;
  end.log_tail = "first\nlast words\n";
  auto why = *read(step_kind::activate, end).why;
  EXPECT_EQ(why.code, ec::step_failed);
  EXPECT_THAT(why.what, HasSubstr("activate ended with status 3"));
  EXPECT_THAT(why.what, HasSubstr("last words"));
  EXPECT_EQ(why.target, "alpha");
  end.exit.reset();
  end.signal = "KILL";
  EXPECT_EQ(read(step_kind::activate, end).why->code, ec::step_killed);
  EXPECT_THAT(read(step_kind::activate, end).why->what, HasSubstr("SIGKILL"));
  end.deadline_hit = true;
  EXPECT_EQ(read(step_kind::activate, end).why->code, ec::timed_out);
  end.lost = true;
  EXPECT_EQ(read(step_kind::activate, end).why->code, ec::step_lost);
  EXPECT_EQ(read(step_kind::activate, job_end{}).why->code, ec::step_lost);
}

TEST_F(outcomes, words_that_a_full_disk_has_swallowed_are_its_fault) {
  job_end end;
  end.exit = 17;
  end.log_tail = "#7 RUN make\n";
  end.facts = "doing_kind=build\ndoing=docker compose build\nstatus=17\n";
  EXPECT_EQ(read(step_kind::prepare, end).why->code, ec::step_failed);
  end.facts += "\ndisk_full=yes\n";
  EXPECT_EQ(read(step_kind::prepare, end).why->code, ec::no_space);
  end.facts = "doing_kind=build\ndoing=docker compose build\nstatus=17\n";
  end.log_full = true;
  auto why = *read(step_kind::prepare, end).why;
  EXPECT_EQ(why.code, ec::no_space);
  EXPECT_FALSE(why.retryable);
  EXPECT_THAT(why.what,
              HasSubstr("docker compose build ended with status 17 where the disk is full"));
  end.log_tail = "manifest unknown\n";
  EXPECT_EQ(read(step_kind::prepare, end).why->code, ec::image_missing) << "its words are there";
  end.facts.clear();
  EXPECT_EQ(read(step_kind::prepare, end).why->code, ec::no_space);
  end.facts = "error_code=dirty\nerror_text=the reason is known\n";
  EXPECT_EQ(read(step_kind::prepare, end).why->code, ec::dirty);
  end.exit = 0;
  EXPECT_FALSE(read(step_kind::prepare, end).why);
}

TEST_F(outcomes, a_host_may_say_anything) {
  job_end end;
  end.exit = 0;
  end.facts = "look.done=yes\nlook.engine=compose\nlook.now=x\n=\n\xff\xfe=\xff\n"
              + encode_fact("look.containers", "[1,2\n{\n[[[[]]],0,0,0,0,0,0,0,0,0,0]")
              + encode_fact("look.services.a", "\n\t\t\tx");
  const auto seen = read(step_kind::look, end);
  ASSERT_TRUE(seen.view);
  EXPECT_THAT(seen.view->releases, IsEmpty());
  end.facts =
      "look.done=yes\nlook.engine=command\n" + encode_fact("look.processes", "1\n2 3\n4 5 6");
  EXPECT_THAT(read(step_kind::look, end).view->releases, ElementsAre("6"));
  end.exit = 1;
  end.facts = "error_code=nonsense\nstatus=99999999999999\nfault.1.code=\n";
  EXPECT_EQ(read(step_kind::look, end).why->code, ec::internal);
  end.facts = "status=x\ndoing_kind=\n";
  EXPECT_EQ(read(step_kind::look, end).why->code, ec::step_failed);
}

TEST_F(outcomes, a_host_may_nest_as_deeply_as_it_likes) {
  const std::size_t depth = 400'000;
  const auto deep = std::string(depth, '[') + std::string(depth, ']');
  const auto all = parse_containers("[\"web\",\"i\",\"h\",\"running\",\"unhealthy\",0,0,\"\",\"\","
                                    "null,[{\"Output\":"
                                    + deep + "}]]\n" + deep);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].said, "");
}

TEST_F(outcomes, no_count_of_a_host_makes_a_sum_overflow) {
  std::string lines;
  for (const auto* count : {"9223372036854775807", "18446744073709551615", "1e300"})
    lines += std::string{"[\"web\",\"i\",\"h\",\"running\",\"starting\","} + count + "," + count
             + ",\"9999-12-31T23:59:59Z\",\"no\",[" + count + "," + count + "," + count + ","
             + count + "],null]\n";
  job_end end;
  end.exit = 0;
  end.facts = "look.done=yes\nlook.engine=compose\nlook.now=-9223372036854775808\n"
              + encode_fact("look.containers", lines);
  const auto seen = read(step_kind::look, end);
  ASSERT_TRUE(seen.view);
  EXPECT_EQ(seen.view->restarts, 2'000'000'000);
  EXPECT_GT(seen.view->start_left, duration{0});
}

TEST_F(outcomes, a_look_that_was_not_finished_has_not_seen) {
  job_end end;
  end.exit = 1;
  end.facts = "look.engine=compose\nlook.now=1\n";
  const auto seen = read(step_kind::look, end);
  ASSERT_TRUE(seen.view);
  EXPECT_FALSE(seen.view->seen);
}

TEST_F(outcomes, what_is_only_for_the_reading_does_not_stay) {
  job_end end;
  end.exit = 0;
  end.facts = "look.done=yes\nlook.containers=secret\nhave_commit=1\nbaseline=up\n";
  EXPECT_THAT(read(step_kind::baseline, end).facts,
              ElementsAre(testing::Pair("baseline", "up"), testing::Pair("have_commit", "1")));
}

// --- whose containers
// -----------------------------------------------------------------------------

facts two_releases(const std::string& current, const std::string& state) {
  return {{"look.current", current},
          {"look.current_state", state},
          {"look.last_good", "old"},
          {"look.services.old", "web\ti1\th1\ndb\ti9\th9"},
          {"look.services.new", "web\ti2\th2\ndb\ti9\th9"}};
}
container running(const std::string& service, const std::string& image, const std::string& hash) {
  container one;
  one.service = service;
  one.image = image;
  one.config_hash = hash;
  one.state = "running";
  return one;
}

TEST(running_releases_, are_told_by_image_and_config) {
  const auto told = two_releases("new", "up");
  EXPECT_THAT(running_releases(told, {running("web", "i2", "h2"), running("db", "i9", "h9")}),
              ElementsAre("new"));
  EXPECT_THAT(running_releases(told, {running("web", "i1", "h1"), running("db", "i9", "h9")}),
              ElementsAre("old"));
  EXPECT_THAT(running_releases(told, {running("db", "i9", "h9")}), ElementsAre("new"));
  EXPECT_THAT(running_releases(told, {running("web", "i1", "h2"), running("db", "i9", "h9")}),
              UnorderedElementsAre("unrecorded", "new"));
  EXPECT_THAT(running_releases(told, {running("web", "i1", "h1"), running("web", "i2", "h2")}),
              UnorderedElementsAre("old", "new"));
  EXPECT_THAT(running_releases(told, {}), IsEmpty());
}

TEST(running_releases_, a_release_that_was_only_begun_does_not_speak_first) {
  EXPECT_THAT(running_releases(two_releases("new", "activating"), {running("db", "i9", "h9")}),
              ElementsAre("old"));
}

} // namespace
} // namespace baton::release
