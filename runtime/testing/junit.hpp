#pragma once

#include "messages/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace baton {

/// What a JUnit report says.
struct junit_report {
  long tests = 0; ///< all of them, also those below
  long failures = 0;
  long errors = 0;
  long skipped = 0;
  std::vector<std::string> failing; ///< the first few that failed or erred: `suite.name`
};

/// Reads a report of any of the usual tools: nested suites, counts as attributes or only as test
/// cases. `cut`: the text is only a beginning, so what the attributes at its head say counts more
/// than the cases. No entity of a DTD is expanded, no file or address is opened; any depth is
/// taken. Error tests_failed: it is no such report.
expected<junit_report> read_junit(std::string_view text, bool cut = false);

} // namespace baton
