#pragma once

#include "world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton::test {

namespace fs = std::filesystem;

/// A compose stack on a host whose docker is docker_stand_in.sh; the parameter is the host's shell.
class composed : public testing::TestWithParam<const char*> {
protected:
  composed() {
    fs::create_directories(at.root / "bin");
    fs::copy_file(fs::path{BATON_SOURCE_DIR} / "tests/runtime/release/docker_stand_in.sh",
                  at.root / "bin" / "docker");
    fs::permissions(at.root / "bin" / "docker", fs::perms::owner_all);
    docker = at.root / "docker";
    at.env["PATH"] = (at.root / "bin").string() + ":/usr/bin:/bin";
    at.env["FAKE_DOCKER"] = docker.string();
    engine().images = image_source::build;
  }
  compose_engine& engine() { return std::get<compose_engine>(at.the_stack().engine); }

  world at{shell_named(GetParam())};
  fs::path docker;
};

class compose_release : public composed {
protected:
  /// A release of a service `web` that is built.
  std::string publish(const std::string& version, const std::string& more = {}) {
    return at.commit({{"VERSION", version + "\n"},
                      {"Dockerfile", "FROM scratch\nCOPY VERSION /\n"},
                      {"compose.yaml", "services:\n  web:\n    image: labapp:" + version
                                           + "\n    build: .\n    restart: always\n" + more}},
                     version);
  }
  std::string ref(const std::string& name) { return at.read(docker / "images" / name); }
  std::string serves() {
    std::string all;
    if (fs::exists(docker / "containers"))
      for (const auto& one : fs::directory_iterator(docker / "containers"))
        all += at.read(one.path());
    return all;
  }
  step_outcome up_to(step_kind last) {
    step_outcome outcome;
    for (const auto kind : {step_kind::resolve, step_kind::inspect, step_kind::baseline,
                            step_kind::prepare, step_kind::activate}) {
      outcome = at.run(kind);
      if (outcome.why || kind == last)
        break;
    }
    return outcome;
  }
  /// The next container changes as somebody else's doing would.
  void change(const std::string& service, const std::string& from, const std::string& to) {
    at.sh("cd '" + docker.string() + "/containers' && f=$(grep -l '^service=" + service
          + "$' *) && sed -i 's/^" + from + "$/" + to + "/' $f");
  }
};

} // namespace baton::test
