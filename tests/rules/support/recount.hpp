#pragma once

#include "rules/run.hpp"

#include <string>

namespace baton::test {

/// The counters of the open phase against what its units say when all of them are asked: a line
/// for each that differs; empty: none.
std::string recount(const plan& of, const run& now);

/// A run, computed anew from all its records.
run from_scratch(const plan& of, const std::vector<record>& journal);

} // namespace baton::test
