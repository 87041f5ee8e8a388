#include "runtime/fault.hpp"

#include <boost/stacktrace/frame.hpp>
#include <boost/stacktrace/stacktrace.hpp>

#include <utility>

namespace baton {

namespace {
constexpr std::size_t own_frames = 1; // make_error itself
constexpr std::size_t frames_max = 24;
} // namespace

error make_error(ec code, std::string what, std::string target) {
  error made;
  made.code = code;
  made.what = std::move(what);
  made.target = std::move(target);
  made.retryable = retryable_by_nature(code);
  const boost::stacktrace::stacktrace here{own_frames, frames_max};
  made.trace.reserve(here.size());
  for (const auto& frame : here)
    made.trace.push_back(frame.address());
  return made;
}

tl::unexpected<error> fault(ec code, std::string what, std::string target) {
  return tl::unexpected<error>{make_error(code, std::move(what), std::move(target))};
}

tl::unexpected<error> fault(ec code, std::string what, const error& cause) {
  auto made = make_error(code, std::move(what), cause.target);
  made.retryable = cause.retryable;
  made.step = cause.step;
  made.cause = std::make_shared<const error>(cause);
  return tl::unexpected<error>{std::move(made)};
}

std::vector<std::string> symbolize(const std::vector<const void*>& trace) {
  std::vector<std::string> lines;
  lines.reserve(trace.size());
  for (const auto* address : trace)
    lines.push_back(boost::stacktrace::to_string(boost::stacktrace::frame{address}));
  return lines;
}

} // namespace baton
