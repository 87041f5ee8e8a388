#pragma once

#include "world.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace baton::test {

/// A stack whose engine only writes down what it is asked.
class git_release : public testing::TestWithParam<const char*> {
protected:
  git_release() {
    command_engine engine;
    engine.start.shell = "cat VERSION >>\"$HOME/started\"; umask >\"$HOME/umask\"";
    engine.status.shell = "test -s \"$HOME/started\"";
    engine.stop.shell = "rm -f \"$HOME/started\"";
    at.the_stack().engine = engine;
  }
  std::string publish(const std::string& version,
                      std::vector<std::pair<std::string, std::string>> more = {}) {
    more.emplace_back("VERSION", version + "\n");
    return at.commit(more, version);
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
  step_outcome resolve(const std::string& ref) {
    at.begin(ref);
    return at.run(step_kind::resolve);
  }
  std::string version() { return at.read(at.checkout / "VERSION"); }

  world at{shell_named(GetParam())};
};

} // namespace baton::test
