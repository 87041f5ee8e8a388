#include "compose_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Key;
using testing::Not;
using testing::Pair;

using words = std::map<std::string, std::string>;

class foresee : public composed {
protected:
  std::string publish(const std::string& services, const std::string& version = "1") {
    return at.commit({{"VERSION", version + "\n"},
                      {"Dockerfile", "FROM scratch\n"},
                      {"compose.yaml", "services:\n" + services}},
                     version);
  }

  /// Everything below the home folder and of docker, with content: nothing of it may change.
  std::string everything() {
    return at.sh("find . '" + docker.string() + "' -type f ! -name calls -exec cksum {} + | sort");
  }

  /// What a plan would tell; the host is as it was before.
  words look(const std::string& ref = "main") {
    at.begin(ref);
    const auto before = everything();
    for (const auto kind : {step_kind::resolve, step_kind::inspect}) {
      const auto outcome = at.run(kind);
      EXPECT_FALSE(outcome.why) << describe(*outcome.why);
    }
    const auto outcome = at.run(step_kind::foresee);
    EXPECT_FALSE(outcome.why) << describe(*outcome.why);
    EXPECT_EQ(everything(), before);
    return outcome.facts;
  }

  static words services(const words& told) {
    words found;
    for (const auto& [key, value] : told)
      if (key.starts_with("service."))
        found[key.substr(8)] = value;
    return found;
  }

  static constexpr const char* two = "  web:\n    image: web:1\n    build: .\n"
                                     "  db:\n    image: web:1\n    volumes: ./data:/data\n";
};

INSTANTIATE_TEST_SUITE_P(shells, foresee, testing::Values("dash", "busybox"),
                         [](const auto& one) { return std::string{one.param}; });

TEST_P(foresee, a_first_deployment_is_all_new) {
  publish(two);
  EXPECT_THAT(look(), AllOf(Contains(Pair("first", "yes")), Contains(Pair("engine", "compose"))));
}

TEST_P(foresee, the_commit_that_serves_changes_nothing) {
  const auto commit = publish(two);
  at.deploy();
  const auto told = look();
  EXPECT_EQ(services(told), (words{{"web", "same"}, {"db", "same"}}));
  EXPECT_THAT(told, Contains(Pair("serves", commit)));
  EXPECT_THAT(told, Not(Contains(Key("unknown"))));
}

TEST_P(foresee, tells_of_each_service_what_becomes_of_it_by_a_commit_that_is_not_here_yet) {
  publish(std::string{two} + "  cron:\n    image: web:1\n");
  at.deploy();
  const auto next = publish("  web:\n    image: web:1\n    build: .\n"
                            "  db:\n    image: web:1\n    volumes: ./data:/var\n"
                            "  queue:\n    image: web:1\n",
                            "2");
  EXPECT_EQ(services(look()),
            (words{{"web", "rebuilt"}, {"db", "changed"}, {"queue", "new"}, {"cron", "gone"}}));
  EXPECT_ANY_THROW(at.git({"cat-file", "-e", next}, at.checkout));
}

TEST_P(foresee, knows_the_way_back_by_the_commits_that_are_here) {
  const auto old = publish(two);
  at.deploy();
  at.settle(true);
  publish("  web:\n    image: web:1\n    build: .\n", "2");
  at.deploy();
  EXPECT_EQ(services(look(old)), (words{{"web", "rebuilt"}, {"db", "new"}}));
}

TEST_P(foresee, what_is_beside_the_commit_counts) {
  publish("  web:\n    image: web:1\n    build: .\n    env_file: app.env\n"
          "  db:\n    image: ${DB}\n    build: .\n");
  at.git({"clone", "-q", at.origin.string(), at.checkout.string()});
  at.write(at.checkout / "app.env", "A=1\n");
  at.write(at.checkout / ".env", "DB=web:1\n");
  at.deploy();
  EXPECT_EQ(services(look()), (words{{"web", "same"}, {"db", "same"}}));
  at.write(at.checkout / "app.env", "A=2\n");
  EXPECT_EQ(services(look()), (words{{"web", "changed"}, {"db", "same"}}));
  at.write(at.checkout / ".env", "DB=web:2\n");
  EXPECT_THAT(look(), Contains(Pair("service.db", "changed")));
}

TEST_P(foresee, an_image_that_somebody_has_moved_is_a_change) {
  engine().images = image_source::pull;
  at.write(docker / "registry" / "web:1", "sha256:one\n");
  publish("  web:\n    image: web:1\n");
  at.deploy();
  EXPECT_THAT(look(),
              AllOf(Contains(Pair("service.web", "same")), Contains(Pair("pulled", "yes"))));
  at.write(docker / "images" / "web:1", "sha256:two\n");
  EXPECT_THAT(look(), Contains(Pair("service.web", "changed")));
}

TEST_P(foresee, says_why_it_cannot_know) {
  publish(two);
  at.deploy();
  publish("BAD\n");
  EXPECT_THAT(look(), Contains(Pair("unknown", HasSubstr("docker compose config: yaml: line 3"))));
  EXPECT_THAT(look(), Not(Contains(Key("service.web"))));
  // A commit that is neither here nor sent along.
  publish(two, "3");
  at.begin();
  ASSERT_FALSE(at.run(step_kind::resolve).why);
  EXPECT_THAT(at.run(step_kind::foresee).facts,
              Contains(Pair("unknown", HasSubstr("not on this host yet"))));
}

TEST_P(foresee, a_command_stack_is_told_as_a_whole) {
  at.the_stack().engine = command_engine{{}, {{"true"}, {}}, {}, {}};
  const auto commit = publish(two);
  at.deploy();
  publish(two, "2");
  EXPECT_EQ(look(), (words{{"engine", "command"}, {"serves", commit}}));
}

} // namespace
} // namespace baton::test
