#pragma once

#include "cli/view/text.hpp"
#include "messages/plan.hpp"
#include "messages/result.hpp"

#include <string>

namespace baton {

/// What a person is told when a run is over: how it ended and why, what each host serves, what was
/// not touched, and what to do next. Several lines, each ended.
std::string summary(const plan& of, const result& how, charset shows);

/// What a host serves and how well, in one line without an end, of 62 columns.
std::string host_line(const std::string& name, const host_verdict& host);

} // namespace baton
