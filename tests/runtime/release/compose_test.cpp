#include "compose_fixture.hpp"
#include "runtime/release/adopt.hpp"

#include <unistd.h>

namespace baton::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

INSTANTIATE_TEST_SUITE_P(shells, compose_release, testing::Values("dash", "busybox"),
                         [](const auto& one) { return std::string{one.param}; });

TEST_P(compose_release, a_first_deployment_builds_beside_the_checkout_tags_and_starts) {
  publish("v1");
  at.begin();
  const auto prepared = up_to(step_kind::prepare);
  ASSERT_FALSE(prepared.why) << describe(*prepared.why);
  EXPECT_EQ(serves(), "");
  EXPECT_FALSE(fs::exists(at.checkout / "compose.yaml"));
  const auto tag = "baton%2Fweb%2Fweb:" + at.plan.release;
  EXPECT_NE(ref(tag), "");
  EXPECT_EQ(ref(tag), ref("labapp:v1"));
  const auto activated = at.run(step_kind::activate);
  ASSERT_FALSE(activated.why) << describe(*activated.why) << at.last_log;
  EXPECT_THAT(serves(), HasSubstr("project=app\n"));
  EXPECT_THAT(serves(), HasSubstr("dir=" + at.checkout.string() + "\n"));
  const auto view = at.run(step_kind::gate).view;
  ASSERT_TRUE(view);
  EXPECT_TRUE(view->seen);
  EXPECT_THAT(view->releases, ElementsAre(at.plan.release));
  EXPECT_EQ(view->healthy, true) << testing::PrintToString(view->ill);
}

TEST_P(compose_release, a_rollback_brings_the_old_image_and_files_without_build_or_pull) {
  const auto v1 = publish("v1");
  at.deploy();
  const auto good = at.plan.release;
  const auto image = ref("labapp:v1");
  at.settle(true);
  publish("v2", "    environment: x\n");
  at.deploy();
  EXPECT_THAT(serves(), HasSubstr("ref=labapp:v2\n"));
  // Somebody moves the tag meanwhile.
  at.write(docker / "images" / "labapp:v1", "sha256:other\n");
  at.write(docker / "calls", "");
  const auto restored = at.run(step_kind::restore);
  ASSERT_FALSE(restored.why) << describe(*restored.why) << at.last_log;
  EXPECT_EQ(restored.facts.at("restored"), good);
  EXPECT_THAT(serves(), HasSubstr("ref=labapp:v1\n"));
  EXPECT_THAT(serves(), HasSubstr("image=" + image));
  EXPECT_THAT(at.read(docker / "calls"), Not(HasSubstr(" build")));
  EXPECT_THAT(at.read(docker / "calls"), Not(HasSubstr(" pull\n")));
  const auto view = at.run(step_kind::gate).view;
  EXPECT_THAT(view->releases, ElementsAre(good));
  EXPECT_EQ(view->healthy, true);
  EXPECT_EQ(view->commit, v1);
}

TEST_P(compose_release, the_same_commit_again_is_a_release_of_its_own) {
  publish("v1");
  at.deploy();
  const auto first = at.plan.release;
  at.settle(true);
  at.deploy();
  EXPECT_NE(at.plan.release, first);
  EXPECT_THAT(at.run(step_kind::look).view->releases, ElementsAre(at.plan.release));
  ASSERT_FALSE(at.run(step_kind::restore).why);
  EXPECT_THAT(at.run(step_kind::look).view->releases, ElementsAre(first));
}

TEST_P(compose_release, what_ran_before_is_tagged_and_comes_back_with_its_env) {
  publish("v0", "    environment: ${SETTING}\n");
  at.git({"clone", "-q", at.origin.string(), at.checkout.string()});
  at.write(at.checkout / ".env", "SETTING=old\n");
  at.sh("cd app && docker compose build && docker compose up -d --remove-orphans --no-build --pull "
        "never");
  const auto before = serves();
  publish("v1", "    environment: ${SETTING}\n");
  at.begin();
  ASSERT_FALSE(up_to(step_kind::baseline).why);
  EXPECT_NE(ref("baton%2Fweb%2Fweb:baseline"), "");
  EXPECT_THAT(at.run(step_kind::look).view->releases, ElementsAre("baseline"));
  at.write(at.checkout / ".env", "SETTING=new\n");
  for (const auto kind : {step_kind::prepare, step_kind::activate})
    ASSERT_FALSE(at.run(kind).why) << at.last_log;
  EXPECT_NE(serves(), before);
  ASSERT_FALSE(at.run(step_kind::restore).why) << at.last_log;
  EXPECT_EQ(at.read(at.checkout / ".env"), "SETTING=old\n");
  EXPECT_THAT(at.run(step_kind::look).view->releases, ElementsAre("baseline"));
}

TEST_P(compose_release, the_gate_of_a_baseline_asks_only_for_what_was_healthy_then) {
  publish("v0", "  worker:\n    image: labapp:v0\n    x-becomes: exited - 1\n");
  at.git({"clone", "-q", at.origin.string(), at.checkout.string()});
  at.sh("cd app && docker compose build && docker compose up -d --remove-orphans --no-build --pull "
        "never");
  EXPECT_EQ(at.run(step_kind::look).view->healthy, false);
  at.begin();
  ASSERT_FALSE(up_to(step_kind::baseline).why);
  const auto view = at.run(step_kind::look).view;
  EXPECT_THAT(view->releases, ElementsAre("baseline"));
  EXPECT_EQ(view->healthy, true) << testing::PrintToString(view->ill);
}

TEST_P(compose_release, with_nothing_before_a_rollback_is_down_without_volumes) {
  publish("v1");
  at.deploy();
  const auto restored = at.run(step_kind::restore);
  ASSERT_FALSE(restored.why) << describe(*restored.why);
  EXPECT_EQ(restored.facts.at("restored"), "none");
  EXPECT_EQ(serves(), "");
  EXPECT_FALSE(fs::exists(docker / "volumes-gone"));
  EXPECT_THAT(at.run(step_kind::look).view->releases, IsEmpty());
}

TEST_P(compose_release, a_compose_file_that_cannot_be_read_is_found_before_anything_is_touched) {
  publish("v1");
  at.deploy();
  at.settle(true);
  const auto before = serves();
  publish("v2", "BAD [\n");
  at.begin();
  const auto failed = up_to(step_kind::activate);
  ASSERT_TRUE(failed.why);
  EXPECT_EQ(failed.why->code, ec::config_invalid);
  EXPECT_THAT(failed.why->what,
              HasSubstr("docker compose config ended with status 15: yaml: line 3"));
  EXPECT_FALSE(failed.why->retryable);
  EXPECT_EQ(serves(), before);
}

TEST_P(compose_release, an_image_that_does_not_exist_is_no_reason_to_try_again) {
  engine().images = image_source::pull;
  at.commit({{"compose.yaml", "services:\n  web:\n    image: nobody/nothing:v9\n"}});
  at.begin();
  auto failed = up_to(step_kind::activate);
  ASSERT_TRUE(failed.why);
  EXPECT_EQ(failed.why->code, ec::image_missing);
  EXPECT_FALSE(failed.why->retryable);
  EXPECT_THAT(failed.why->what, HasSubstr("docker compose pull"));
  EXPECT_THAT(failed.why->what, HasSubstr("manifest unknown"));
  const auto registry = docker / "registry" / "nobody%2Fnothing:v9";
  at.write(registry, "error Get \"https://registry/v2/\": dial tcp: i/o timeout\n");
  failed = at.run(step_kind::prepare);
  EXPECT_EQ(failed.why->code, ec::step_failed);
  EXPECT_TRUE(failed.why->retryable);
  at.write(registry, "error Get \"https://registry/v2/\": unauthorized: authentication required\n");
  EXPECT_EQ(at.run(step_kind::prepare).why->code, ec::image_missing);
  at.write(registry, "error write /var/lib/docker/tmp/x: no space left on device\n");
  EXPECT_EQ(at.run(step_kind::prepare).why->code, ec::no_space);
  at.write(registry, "sha256:77\n");
  EXPECT_FALSE(at.run(step_kind::prepare).why);
}

TEST_P(compose_release, a_pulled_stack_builds_only_what_nobody_publishes) {
  engine().images = image_source::pull;
  at.commit({{"VERSION", "v1\n"},
             {"Dockerfile", "FROM scratch\n"},
             {"compose.yaml", "services:\n  web:\n    image: app:1\n    build: .\n  "
                              "own:\n    build: .\n"}});
  at.write(docker / "registry" / "app:1", "sha256:77\n");
  at.deploy();
  EXPECT_THAT(serves(), HasSubstr("image=sha256:77\n"));
  EXPECT_THAT(serves(), HasSubstr("ref=app-own\n"));
  EXPECT_THAT(at.read(docker / "calls"), HasSubstr(" build own\n"));
  EXPECT_THAT(at.read(docker / "calls"), Not(HasSubstr(" build\n")));
}

TEST_P(compose_release, a_build_that_fails_touches_nothing) {
  publish("v1");
  at.deploy();
  at.settle(true);
  const auto before = serves();
  at.commit({{"Dockerfile", "FAIL\n"}});
  at.begin();
  const auto failed = up_to(step_kind::activate);
  ASSERT_TRUE(failed.why);
  EXPECT_EQ(failed.why->code, ec::step_failed);
  EXPECT_THAT(failed.why->what, HasSubstr("docker compose build ended with status 17"));
  EXPECT_EQ(serves(), before);
  EXPECT_EQ(at.read(at.checkout / "Dockerfile"), "FROM scratch\nCOPY VERSION /\n");
}

TEST_P(compose_release, a_half_done_up_is_seen_as_mixed_and_taken_back) {
  const std::string second = "  db:\n    image: labapp:v1\n    environment: ";
  publish("v1", second + "a\n");
  at.deploy();
  const auto good = at.plan.release;
  at.settle(true);
  publish("v2", second + "b\n    x-up-fails: port is already allocated\n");
  at.begin();
  const auto failed = up_to(step_kind::activate);
  ASSERT_TRUE(failed.why);
  EXPECT_EQ(failed.why->code, ec::step_failed);
  EXPECT_TRUE(failed.why->retryable);
  EXPECT_THAT(at.run(step_kind::look).view->releases, ElementsAre(at.plan.release));
  // One of the two as it was.
  at.sh("cd '" + docker.string()
        + "/containers' && f=$(grep -l '^service=db$' *) && h=$(cut -f 1,3 '" + at.state.string()
        + "/stacks/fleet/alpha/web/release/" + good
        + "/services' | sed -n 's/^db\t//p') && sed -i \"s/^hash=.*/hash=$h/\" $f");
  EXPECT_THAT(at.run(step_kind::look).view->releases, UnorderedElementsAre(good, at.plan.release));
  ASSERT_FALSE(at.run(step_kind::restore).why);
  EXPECT_THAT(at.run(step_kind::look).view->releases, ElementsAre(good));
}

TEST_P(compose_release, a_half_done_up_is_known_also_where_variables_come_from_a_file) {
  at.git({"clone", "-q", at.origin.string(), at.checkout.string()});
  at.write(at.checkout / "app.env", "A=1\n");
  publish("v1", "    env_file: app.env\n    x-up-fails: port is already allocated\n");
  at.begin();
  ASSERT_TRUE(up_to(step_kind::activate).why);
  EXPECT_THAT(at.run(step_kind::look).view->releases, ElementsAre(at.plan.release));
}

TEST_P(compose_release, each_state_of_a_container_is_told_as_what_it_means) {
  publish("v1", "  job:\n    image: labapp:v1\n    x-becomes: exited - 0\n");
  at.deploy();
  auto view = *at.run(step_kind::look).view;
  EXPECT_EQ(view.healthy, true) << testing::PrintToString(view.ill);

  change("job", "exit=0", "exit=1");
  view = *at.run(step_kind::look).view;
  EXPECT_EQ(view.healthy, false);
  EXPECT_TRUE(view.hopeless);
  EXPECT_THAT(view.ill, ElementsAre("job has exited with status 1"));
  change("job", "exit=1", "exit=0");

  change("web", "health=", "health=starting");
  view = *at.run(step_kind::look).view;
  EXPECT_EQ(view.healthy, false);
  EXPECT_FALSE(view.hopeless);
  // start_period 60 s and three times interval 90 s and the default timeout of 30 s
  EXPECT_GT(view.start_left, std::chrono::seconds{380});
  EXPECT_LE(view.start_left, std::chrono::seconds{420});

  change("web", "health=starting", "health=unhealthy");
  view = *at.run(step_kind::look).view;
  EXPECT_THAT(view.ill, ElementsAre("web is unhealthy: 404 Not Found"));
  EXPECT_EQ(view.start_left, std::chrono::seconds{0});

  change("web", "health=unhealthy", "health=healthy");
  change("web", "restarts=0", "restarts=3");
  view = *at.run(step_kind::look).view;
  EXPECT_EQ(view.healthy, true);
  EXPECT_EQ(view.restarts, 3);

  change("web", "status=running", "status=restarting");
  view = *at.run(step_kind::look).view;
  EXPECT_THAT(view.ill, ElementsAre(HasSubstr("web keeps restarting (3 times")));
  change("web", "status=restarting", "status=exited");
  EXPECT_THAT(at.run(step_kind::look).view->releases, IsEmpty());
}

TEST_P(compose_release, a_service_without_a_container_is_ill) {
  publish("v1", "  db:\n    image: labapp:v1\n");
  at.deploy();
  at.sh("cd '" + docker.string() + "/containers' && rm $(grep -l '^service=db$' *)");
  const auto view = *at.run(step_kind::look).view;
  EXPECT_THAT(view.releases, ElementsAre(at.plan.release));
  EXPECT_THAT(view.ill, ElementsAre("db has no container"));
}

TEST_P(compose_release, a_daemon_that_does_not_answer_is_not_nothing_running) {
  publish("v1");
  at.deploy();
  at.write(docker / "daemon-down", "");
  const auto look = at.run(step_kind::look);
  ASSERT_TRUE(look.view);
  EXPECT_FALSE(look.view->seen);
  ASSERT_TRUE(look.why);
  EXPECT_TRUE(look.why->retryable);
  const auto inspected = at.run(step_kind::inspect);
  ASSERT_TRUE(inspected.why);
  EXPECT_EQ(inspected.why->code, ec::missing_tool);
  EXPECT_THAT(inspected.why->what, HasSubstr("Is the docker daemon running"));
}

TEST_P(compose_release, a_project_under_another_name_is_refused_with_the_way_out) {
  publish("v1");
  at.git({"clone", "-q", at.origin.string(), at.checkout.string()});
  at.sh("cd app && docker compose build && docker compose -p other up -d --remove-orphans "
        "--no-build --pull never");
  at.begin();
  const auto looked = up_to(step_kind::inspect);
  ASSERT_TRUE(looked.why);
  EXPECT_EQ(looked.why->code, ec::foreign_project);
  EXPECT_THAT(looked.why->what, HasSubstr("`other`, not `app`"));
  EXPECT_THAT(looked.why->what, HasSubstr("baton adopt alpha"));
  EXPECT_EQ(looked.facts.at("fault.1.mend"), "baton adopt alpha");
}

TEST_P(compose_release, our_project_from_another_folder_is_refused_too) {
  publish("v1");
  at.git({"clone", "-q", at.origin.string(), (at.home / "old").string()});
  at.sh("cd old && docker compose build && docker compose -p app up -d --remove-orphans --no-build "
        "--pull never");
  at.git({"clone", "-q", at.origin.string(), at.checkout.string()});
  at.begin();
  const auto looked = up_to(step_kind::inspect);
  ASSERT_TRUE(looked.why);
  EXPECT_EQ(looked.why->code, ec::foreign_project);
  EXPECT_THAT(looked.why->what, HasSubstr("/old, not from"));
}

TEST_P(compose_release, an_adopted_project_keeps_its_name_and_goes_back_to_its_folder) {
  publish("v0");
  at.git({"clone", "-q", at.origin.string(), (at.home / "old").string()});
  at.sh("cd old && docker compose build && docker compose -p other up -d --remove-orphans "
        "--no-build --pull never");
  at.plan.fleet.stages = at.plan.stages;
  auto adopt = release::adopt_job(at.plan.fleet, "alpha", "web", "");
  ASSERT_TRUE(adopt) << describe(adopt.error());
  auto adopted = release::adopt_outcome("alpha", at.execute(*adopt));
  ASSERT_FALSE(adopted.why) << describe(*adopted.why);
  EXPECT_EQ(adopted.facts.at("adopted"), "other");
  publish("v1");
  at.deploy();
  EXPECT_THAT(serves(), HasSubstr("project=other\n"));
  EXPECT_THAT(serves(), Not(HasSubstr("project=app\n")));
  EXPECT_THAT(serves(), HasSubstr("ref=labapp:v1\n"));
  const auto restored = at.run(step_kind::restore);
  ASSERT_FALSE(restored.why) << describe(*restored.why) << at.last_log;
  EXPECT_THAT(serves(), HasSubstr("ref=labapp:v0\n"));
  EXPECT_THAT(serves(), HasSubstr("dir=" + (at.home / "old").string() + "\n"));
  EXPECT_THAT(at.run(step_kind::look).view->releases, ElementsAre("baseline"));
}

TEST_P(compose_release, of_several_projects_the_user_says_which_to_adopt) {
  publish("v0");
  at.git({"clone", "-q", at.origin.string(), (at.home / "old").string()});
  for (const auto* name : {"one", "two"})
    at.sh("cd old && docker compose build && docker compose -p " + std::string{name}
          + " up -d --remove-orphans --no-build --pull never");
  at.plan.fleet.stages = at.plan.stages;
  auto which = release::adopt_outcome(
      "alpha", at.execute(*release::adopt_job(at.plan.fleet, "alpha", "web", "")));
  ASSERT_TRUE(which.why);
  EXPECT_EQ(which.why->code, ec::usage);
  EXPECT_THAT(which.why->what, HasSubstr("one two"));
  which = release::adopt_outcome(
      "alpha", at.execute(*release::adopt_job(at.plan.fleet, "alpha", "web", "two")));
  EXPECT_FALSE(which.why);
  EXPECT_EQ(which.facts.at("adopted"), "two");
  which = release::adopt_outcome(
      "alpha", at.execute(*release::adopt_job(at.plan.fleet, "alpha", "web", "three")));
  EXPECT_EQ(which.why->code, ec::foreign_project);
  EXPECT_FALSE(release::adopt_job(at.plan.fleet, "alpha", "nothing", ""));
}

TEST_P(compose_release, a_stack_that_nothing_checks_is_deployed_with_a_warning) {
  publish("v1");
  at.begin();
  EXPECT_THAT(up_to(step_kind::prepare).notes, Contains(HasSubstr("add to it: health:")));
  at.the_stack().health.checks.push_back({});
  EXPECT_THAT(at.run(step_kind::prepare).notes, IsEmpty());
}

TEST_P(compose_release, env_files_are_laid_beside_the_new_commit) {
  engine().env_files = {"settings/prod.env"};
  at.git({"clone", "-q", at.origin.string(), at.checkout.string()});
  at.write(at.checkout / "settings" / "prod.env", "TAG=v7\n");
  at.commit({{"VERSION", "7\n"},
             {"Dockerfile", "FROM scratch\n"},
             {"compose.yaml", "services:\n  web:\n    image: app:${TAG}\n    build: .\n"}});
  at.deploy();
  EXPECT_THAT(serves(), HasSubstr("ref=app:v7\n"));
}

TEST_P(compose_release, retention_keeps_what_a_rollback_needs) {
  at.plan.fleet.keep_releases = 1;
  std::vector<std::string> releases;
  for (const auto* version : {"v1", "v2", "v3"}) {
    publish(version);
    at.deploy();
    releases.push_back(at.plan.release);
    ASSERT_FALSE(at.settle(true).why);
  }
  publish("v4");
  at.deploy();
  ASSERT_FALSE(at.run(step_kind::restore).why);
  ASSERT_FALSE(at.settle(false).why) << at.last_log;
  const auto tag = [&](const std::string& release) { return ref("baton%2Fweb%2Fweb:" + release); };
  EXPECT_EQ(tag(releases[0]), "");
  EXPECT_EQ(tag(releases[1]), "");
  EXPECT_NE(tag(releases[2]), "");
  EXPECT_EQ(tag(at.plan.release), "");
  EXPECT_THAT(at.run(step_kind::look).view->releases, ElementsAre(releases[2]));
  EXPECT_EQ(at.run(step_kind::look).view->last_good, releases[2]);
}

TEST_P(compose_release, one_that_was_good_is_brought_back_with_its_images) {
  std::vector<std::string> releases;
  std::vector<std::string> images;
  for (const auto* version : {"v1", "v2"}) {
    publish(version);
    at.deploy();
    releases.push_back(at.plan.release);
    images.push_back(ref(std::string{"labapp:"} + version));
    ASSERT_FALSE(at.settle(true).why);
  }
  const auto commit = at.git({"rev-parse", "HEAD~1"});
  at.begin();
  at.plan.returns_to = "run1";
  at.plan.recalls["alpha"] = releases[0];
  at.plan.commits["web"] = commit;
  at.write(docker / "calls", "");
  for (const auto kind :
       {step_kind::inspect, step_kind::baseline, step_kind::prepare, step_kind::activate}) {
    const auto done = at.run(kind);
    ASSERT_FALSE(done.why) << describe(*done.why) << at.last_log;
  }
  EXPECT_THAT(at.read(docker / "calls"), Not(HasSubstr("compose pull")));
  EXPECT_THAT(serves(), HasSubstr("image=" + images[0]));
  EXPECT_EQ(ref("baton%2Fweb%2Fweb:" + at.plan.release), images[0]);
  EXPECT_THAT(at.run(step_kind::gate).view->releases, ElementsAre(at.plan.release));
  // As it failed, what served before is back.
  ASSERT_FALSE(at.run(step_kind::restore).why) << at.last_log;
  EXPECT_THAT(serves(), HasSubstr("image=" + images[1]));
  at.settle(false);
  EXPECT_EQ(ref("baton%2Fweb%2Fweb:" + at.plan.release), "");
  EXPECT_EQ(ref("baton%2Fweb%2Fweb:" + releases[0]), images[0]);

  at.begin();
  at.plan.recalls["alpha"] = releases[0];
  at.sh("grep -rlF '" + images[0] + "' '" + (docker / "images").string() + "' | xargs rm -f");
  const auto refused = at.run(step_kind::inspect);
  ASSERT_TRUE(refused.why);
  EXPECT_THAT(refused.why->what, HasSubstr("the image of the service web"));
}

TEST_P(compose_release, what_a_snapshot_brought_back_is_started_anew) {
  publish("v1");
  at.deploy();
  at.settle(true);
  const auto good = at.plan.release;
  const auto image = ref("labapp:v1");
  at.sh("cp -a app app.snap && cp -a state state.snap");
  publish("v2");
  at.deploy();
  at.sh("rm -rf app state && mv app.snap app && mv state.snap state");
  at.facts[{step_kind::restore_snapshot, 1}]["name"] = "baton-1";
  at.write(docker / "calls", "");
  const auto restored = at.run(step_kind::restore);
  ASSERT_FALSE(restored.why) << describe(*restored.why) << at.last_log;
  EXPECT_EQ(restored.facts.at("restored"), good);
  EXPECT_THAT(at.read(docker / "calls"), HasSubstr("--force-recreate"));
  EXPECT_THAT(serves(), HasSubstr("image=" + image));
  EXPECT_THAT(at.run(step_kind::gate).view->releases, ElementsAre(good));
  // Its images go, although the records that named them are gone.
  const auto tag = "baton%2Fweb%2Fweb:" + at.plan.release;
  EXPECT_NE(ref(tag), "");
  at.plan.run += std::to_string(::getpid()); // /tmp is everybody's
  const fs::path outside = "/tmp/.baton-outside-snapshots." + at.plan.run + ".alpha";
  fs::create_directory(outside);
  EXPECT_FALSE(at.settle(false).why) << at.last_log;
  EXPECT_EQ(ref(tag), "");
  EXPECT_FALSE(fs::exists(outside));
  EXPECT_EQ(at.run(step_kind::look).view->last_good, good);
}

TEST_P(compose_release, odd_names_of_services_become_names_of_images) {
  at.the_stack().name = "My Web";
  at.plan.units[2].stack = "My Web";
  at.commit({{"VERSION", "1\n"},
             {"Dockerfile", "FROM scratch\n"},
             {"compose.yaml", "services:\n  Web_App.1:\n    build: .\n    image: x:1\n"}});
  at.deploy();
  EXPECT_NE(ref("baton%2Fmy-web%2Fweb_app.1:" + at.plan.release), "");
  EXPECT_THAT(at.run(step_kind::look).view->releases, ElementsAre(at.plan.release));
}

} // namespace
} // namespace baton::test
