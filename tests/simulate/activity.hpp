#pragma once

#include "messages/time.hpp"
#include "tests/simulate/misfortune.hpp"
#include "tests/simulate/step_script.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace baton::simulate {

struct world;
class machine;

/// Why a script ends with another status than 0.
struct complaint {
  std::string code, text;
  bool retryable = false;
};

/// One thing that a script does: it takes its time, and has its effect at the end of it. Facts are
/// added to `facts` in the form in which scripts write them.
struct deed {
  duration lasts{0};
  std::function<std::optional<complaint>(std::string& facts)> act;
};

/// What a step's script does on a machine, in order; a mishap may have changed that. The script
/// must outlive the deeds.
std::vector<deed> deeds_of(world& in, machine& on, const step_script& script, mishap bad);

} // namespace baton::simulate
