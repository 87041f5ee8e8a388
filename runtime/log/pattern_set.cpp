#include "runtime/log/pattern_set.hpp"

#include <algorithm>

namespace baton {

pattern_set::pattern_set(const std::vector<std::string>& patterns)
    : nodes_(1), heads_((std::size_t{1} << 18U) / 64) {
  struct edge_made {
    state from;
    state to;
    unsigned char byte;
  };
  std::vector<edge_made> made;
  for (const auto& pattern : patterns) {
    if (pattern.size() < head_bytes)
      continue;
    const auto hash = hash_of_head(pattern.data());
    heads_[hash / 64] |= std::uint64_t{1} << hash % 64;
    state at = start;
    for (const char c : pattern) {
      const auto byte = static_cast<unsigned char>(c);
      auto next = child(at, byte);
      if (next == start) {
        next = static_cast<state>(nodes_.size());
        nodes_.push_back({nodes_[at].depth + 1, 0, start, start, 0});
        if (at == start) {
          first_[byte] = next;
        } else if (nodes_[at].child == start) {
          nodes_[at].child = next;
          nodes_[at].byte = byte;
        } else {
          more_.emplace(edge(at, byte), next);
        }
        made.push_back({at, next, byte});
      }
      at = next;
    }
    nodes_[at].found = nodes_[at].depth;
  }
  // Shallow ones first: a node's fail link leads to a shallower one, which must be ready.
  std::stable_sort(made.begin(), made.end(), [this](const edge_made& a, const edge_made& b) {
    return nodes_[a.to].depth < nodes_[b.to].depth;
  });
  for (const auto& [from, to, byte] : made) {
    auto& one = nodes_[to];
    one.fail = from == start ? start : step(nodes_[from].fail, byte);
    if (one.found == 0)
      one.found = nodes_[one.fail].found;
  }
}

pattern_set::state pattern_set::child(state from, unsigned char byte) const {
  if (from == start)
    return first_[byte];
  const auto& one = nodes_[from];
  if (one.child == start || one.byte == byte)
    return one.child;
  const auto found = more_.find(edge(from, byte));
  return found == more_.end() ? start : found->second;
}

pattern_set::state pattern_set::step(state from, unsigned char byte) const {
  for (;;) {
    const auto next = child(from, byte);
    if (next != start || from == start)
      return next;
    from = nodes_[from].fail;
  }
}

} // namespace baton
