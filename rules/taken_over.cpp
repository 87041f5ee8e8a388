#include "rules/taken_over.hpp"

namespace baton {

namespace {

std::string what_runs(const unit_view& found) {
  if (found.releases.empty())
    return "nothing runs";
  if (found.releases.size() > 1)
    return "parts of several releases run";
  const auto& release = found.releases.front();
  if (release == found.last_good)
    return "its last good release runs";
  return "release " + release + " runs"
         + (release == found.baseline ? ", which ran before Baton"
                                      : ", which no run has found good");
}

} // namespace

std::optional<std::string> left_behind(const unit& of, const unit_view& found) {
  if (!found.seen || of.stack.empty())
    return std::nullopt;
  auto text = of.host + ": so that run has left " + of.stack + ": " + what_runs(found);
  if (found.healthy == false)
    text += ", not healthy";
  return text;
}

} // namespace baton
