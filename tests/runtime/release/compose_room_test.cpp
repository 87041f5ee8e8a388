#include "compose_fixture.hpp"

namespace baton::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

/// Sizes are shares of what is free here, whatever that is; what else goes on here does not matter.
class compose_room : public compose_release {
protected:
  compose_room() { engine().images = image_source::pull; }

  static std::string bytes(double share) {
    return std::to_string(static_cast<std::int64_t>(
        share * static_cast<double>(fs::space(fs::temp_directory_path()).available)));
  }
  /// A release that is pulled as `shop/app:VERSION`.
  void publish_image(const std::string& version) {
    at.commit({{"compose.yaml", "services:\n  web:\n    image: shop/app:" + version + "\n"}},
              version);
    at.write(docker / "registry" / ("shop%2Fapp:" + version), "sha256:" + version + "\n");
    at.write(docker / "digests" / ("sha256:" + version), "shop/app@sha256:d" + version + "\n");
  }
  /// What the registry says of it, as `docker manifest inspect` prints that.
  void manifest(const std::string& of, const std::vector<std::pair<std::string, double>>& layers) {
    std::string text =
        "{\n\t\"config\": {\n\t\t\"size\": 234,\n\t\t\"digest\": \"sha256:c0\"\n\t},\n"
        "\t\"layers\": [";
    for (const auto& [digest, share] : layers)
      text += "\n\t\t{\n\t\t\t\"mediaType\": \"application/x.tar.gzip\",\n\t\t\t\"size\": "
              + bytes(share) + ",\n\t\t\t\"digest\": \"sha256:" + digest + "\"\n\t\t},";
    text.back() = '\n';
    at.write(docker / "manifests" / of, text + "\t]\n}\n");
  }
  void size(const std::string& image, double share) {
    at.write(docker / "sizes" / image, bytes(share) + "\n");
  }
  std::string calls() { return at.read(docker / "calls"); }
  step_outcome prepare() {
    at.begin();
    at.write(docker / "calls", "");
    return up_to(step_kind::prepare);
  }
  /// That release serves, and its image is so large.
  void serve(const std::string& version, double share) {
    publish_image(version);
    at.deploy();
    at.settle(true);
    size("sha256:" + version, share);
  }
};

INSTANTIATE_TEST_SUITE_P(shells, compose_room, testing::Values("dash", "busybox"),
                         [](const auto& one) { return std::string{one.param}; });

TEST_P(compose_room, that_is_too_small_is_predicted_from_what_the_registry_says) {
  serve("v1", 0.5);
  publish_image("v2");
  manifest("shop%2Fapp:v2", {{"a1", 0.4}, {"a2", 0.01}});
  const auto outcome = prepare();
  ASSERT_TRUE(outcome.why);
  EXPECT_EQ(outcome.why->code, ec::no_space);
  EXPECT_FALSE(outcome.why->retryable);
  EXPECT_EQ(outcome.why->target, "alpha");
  EXPECT_THAT(outcome.why->what,
              AllOf(ContainsRegex("need about [0-9.]+ GB on alpha, but"),
                    ContainsRegex("has [0-9.]+ GB free"), HasSubstr("docker system df")));
  EXPECT_THAT(calls(), Not(HasSubstr("compose pull")));
  EXPECT_THAT(calls(), Not(HasSubstr("prune")));
  EXPECT_THAT(serves(), HasSubstr("image=sha256:v1\n"));
  manifest("shop%2Fapp:v2", {{"a1", 0.2}, {"a2", 0.01}});
  EXPECT_FALSE(prepare().why);
}

TEST_P(compose_room, is_not_needed_for_layers_that_are_here) {
  serve("v1", 0.8);
  publish_image("v2");
  manifest("shop%2Fapp@sha256:dv1", {{"a1", 0.4}, {"a2", 0.01}});
  manifest("shop%2Fapp:v2", {{"a1", 0.4}, {"a3", 0.02}});
  const auto outcome = prepare();
  EXPECT_FALSE(outcome.why) << describe(*outcome.why);
  EXPECT_THAT(outcome.notes, Not(Contains(HasSubstr("room"))));
}

TEST_P(compose_room, of_an_image_for_many_machines_is_that_of_ours) {
  publish_image("v1");
  at.write(docker / "manifests" / "shop%2Fapp:v1", R"({"schemaVersion":2,"manifests":[
    {"digest":"sha256:aaa1","size":1,"platform":{"architecture":"arm64","os":"linux"}},
    {"digest":"sha256:aaa2","size":1,"annotations":{"a":"b"},
     "platform":{"architecture":"amd64","os":"linux"}},
    {"digest":"sha256:aaa3","size":1,"platform":{"architecture":"unknown","os":"unknown"}}]})");
  manifest("shop%2Fapp@sha256:aaa1", {{"a1", 0.01}});
  manifest("shop%2Fapp@sha256:aaa2", {{"a2", 0.4}});
  const auto outcome = prepare();
  ASSERT_TRUE(outcome.why);
  EXPECT_EQ(outcome.why->code, ec::no_space);
}

TEST_P(compose_room, is_guessed_from_what_runs_when_the_registry_does_not_say) {
  serve("v1", 1.5);
  publish_image("v2");
  const auto outcome = prepare();
  ASSERT_TRUE(outcome.why);
  EXPECT_EQ(outcome.why->code, ec::no_space);
  EXPECT_THAT(outcome.why->what,
              HasSubstr("on alpha (a guess from what is there, for shop/app:v2;"));
  // Who wants no check of the disk has none.
  at.plan.fleet.disk_free_min = 0;
  EXPECT_FALSE(prepare().why);
  at.plan.fleet.disk_free_min = 1;
  publish_image("v3");
  size("sha256:v1", 0.7);
  EXPECT_FALSE(prepare().why);
}

TEST_P(compose_room, for_a_build_is_guessed_from_the_last_one) {
  engine().images = image_source::build;
  publish("v1");
  at.deploy();
  at.settle(true);
  const auto image = ref("labapp:v1");
  size(image.substr(0, image.size() - 1), 1.5);
  publish("v2");
  const auto outcome = prepare();
  ASSERT_TRUE(outcome.why);
  EXPECT_EQ(outcome.why->code, ec::no_space);
  EXPECT_THAT(outcome.why->what, HasSubstr("for labapp:v2"));
  EXPECT_THAT(calls(), Not(HasSubstr("compose build")));
}

TEST_P(compose_room, that_nobody_can_tell_is_a_note) {
  publish_image("v1");
  const auto outcome = prepare();
  EXPECT_FALSE(outcome.why) << describe(*outcome.why);
  EXPECT_THAT(outcome.notes,
              Contains(HasSubstr("how much room these images will take: shop/app:v1")));
}

TEST_P(compose_room, that_is_plenty_needs_no_registry) {
  serve("v1", 0.2);
  publish_image("v2");
  EXPECT_FALSE(prepare().why);
  EXPECT_THAT(calls(), Not(HasSubstr("manifest")));
}

TEST_P(compose_room, that_runs_out_all_the_same_leaves_what_serves_and_what_a_rollback_needs) {
  serve("v1", 0.2);
  const auto good = at.plan.release;
  publish_image("v2");
  at.write(docker / "registry" / "shop%2Fapp:v2",
           "error failed to register layer: write /usr/lib/x: no space left on device\n");
  const auto outcome = prepare();
  ASSERT_TRUE(outcome.why);
  EXPECT_EQ(outcome.why->code, ec::no_space);
  EXPECT_FALSE(outcome.why->retryable);
  EXPECT_EQ(outcome.why->target, "alpha");
  EXPECT_THAT(outcome.why->what, HasSubstr("docker compose pull"));
  EXPECT_FALSE(
      fs::exists(at.state / "stacks/fleet/alpha/web/release" / at.plan.release / "tree/app"));
  at.settle(false);
  EXPECT_THAT(serves(), HasSubstr("image=sha256:v1\n"));
  EXPECT_THAT(ref("baton%2Fweb%2Fweb:" + good), HasSubstr("sha256:v1"));
  EXPECT_THAT(calls(), Not(HasSubstr("prune")));
}

} // namespace
} // namespace baton::test
