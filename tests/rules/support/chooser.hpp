#pragma once

#include <cstddef>
#include <vector>

namespace baton::test {

/// Walks all combinations that can be reached: whoever plays asks for a choice whenever there is
/// one; what is asked may depend on earlier answers.
///
///   chooser by;
///   do play(by); while (by.another());
class chooser {
public:
  /// One of 0 … options - 1.
  std::size_t choose(std::size_t options) {
    if (depth_ == path_.size())
      path_.push_back({0, options});
    return path_[depth_++].chosen;
  }

  /// Sets up the next combination; false: all have been.
  bool another() {
    path_.resize(depth_);
    depth_ = 0;
    while (!path_.empty() && path_.back().chosen + 1 == path_.back().options)
      path_.pop_back();
    if (path_.empty())
      return false;
    ++path_.back().chosen;
    return true;
  }

private:
  struct fork {
    std::size_t chosen, options;
  };
  std::vector<fork> path_;
  std::size_t depth_ = 0;
};

} // namespace baton::test
