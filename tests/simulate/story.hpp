#pragma once

#include "messages/time.hpp"

#include <string>
#include <utility>
#include <vector>

namespace baton::simulate {

/// What happened in a world, in order: for whoever has to understand a broken promise, and to tell
/// whether two runs of a seed are the same.
class story {
public:
  explicit story(duration begins) : begins_{begins} {}

  void tell(duration at, std::string_view who, std::string_view what);

  const std::vector<std::string>& lines() const& { return lines_; }
  std::vector<std::string> lines() && { return std::move(lines_); }

private:
  duration begins_;
  std::vector<std::string> lines_;
};

} // namespace baton::simulate
