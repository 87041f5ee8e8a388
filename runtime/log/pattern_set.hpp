#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace baton {

/// Many texts to be found at once, in time linear in what is searched (Aho and Corasick).
/// Immutable, so it may be used by any number of threads.
class pattern_set {
public:
  /// Where a search stands: how what was read so far ends.
  using state = std::uint32_t;
  static constexpr state start = 0;

  explicit pattern_set(const std::vector<std::string>& patterns);

  /// Reads one more byte.
  state step(state from, unsigned char byte) const;

  /// Length of the longest pattern that ends at the last byte read; 0: none.
  std::size_t found(state at) const { return nodes_[at].found; }

  /// How many of the last bytes read may be the beginning of a pattern.
  std::size_t pending(state at) const { return nodes_[at].depth; }

private:
  struct node {
    std::uint32_t depth = 0;
    std::uint32_t found = 0;
    state fail = start; ///< of the longest proper suffix that begins a pattern
  };

  static std::uint64_t edge(state from, unsigned char byte) {
    return std::uint64_t{from} << 8 | byte;
  }
  state child(state from, unsigned char byte) const;

  std::vector<node> nodes_;
  std::array<state, 256> first_{}; ///< edges of the start, where most text stays
  std::unordered_map<std::uint64_t, state> edges_;
};

} // namespace baton
