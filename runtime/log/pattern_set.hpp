#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
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

  /// Texts of less than four bytes are left out.
  explicit pattern_set(const std::vector<std::string>& patterns);

  /// Reads `text` from `from` on, all before it having led to `at`, and calls `found(end, length)`
  /// for the longest pattern that ends at each place, if one does. Gives back where it stands then.
  template <class Found>
  state read(state at, std::string_view text, std::size_t from, Found found) const;

  /// How many of the last bytes read may be the beginning of a pattern.
  std::size_t pending(state at) const { return nodes_[at].depth; }

private:
  struct node {
    std::uint32_t depth = 0;
    std::uint32_t found = 0; ///< length of the longest pattern that ends here; 0: none
    state fail = start;      ///< of the longest proper suffix that begins a pattern
    state child = start;     ///< the first one; most nodes have no other
    unsigned char byte = 0;  ///< that leads to it
  };

  static constexpr std::size_t head_bytes = 4;

  static std::uint64_t edge(state from, unsigned char byte) {
    return std::uint64_t{from} << 8 | byte;
  }
  static std::size_t hash_of_head(const char* text) {
    std::uint32_t head = 0;
    std::memcpy(&head, text, head_bytes);
    return head * 0x9E3779B1U >> 14U;
  }
  /// False: no pattern begins so.
  bool may_begin(const char* text) const {
    const auto hash = hash_of_head(text);
    return (heads_[hash / 64] >> hash % 64 & 1U) != 0;
  }
  state child(state from, unsigned char byte) const;
  state step(state from, unsigned char byte) const;

  std::vector<node> nodes_;
  std::array<state, 256> first_{};                ///< edges of the start
  std::unordered_map<std::uint64_t, state> more_; ///< further children
  std::vector<std::uint64_t> heads_;              ///< hashes of the patterns' first four bytes
};

template <class Found>
pattern_set::state pattern_set::read(state at, std::string_view text, std::size_t from,
                                     Found found) const {
  for (auto i = from; i < text.size();) {
    // Most of a text begins no pattern, and is passed over without a step.
    if (const auto depth = pending(at); depth < head_bytes && depth <= i) {
      const auto began = i - depth;
      auto next = began;
      while (next + head_bytes <= text.size() && !may_begin(text.data() + next))
        ++next;
      if (next > began) {
        at = start;
        i = next;
        continue;
      }
    }
    at = step(at, static_cast<unsigned char>(text[i++]));
    if (const auto length = nodes_[at].found; length > 0)
      found(i, length);
  }
  return at;
}

} // namespace baton
