#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

/// All that is left to chance in a simulated run comes from its seed.

namespace baton::simulate {

/// A row of draws, the same for the same seed on every machine.
class dice {
public:
  explicit dice(std::uint64_t seed) : state_{seed} {}

  std::uint64_t draw();
  /// One of 0 … most.
  int up_to(int most) { return static_cast<int>(draw() % static_cast<std::uint64_t>(most + 1)); }
  int between(int least, int most) { return least + up_to(most - least); }
  bool one_in(int many) { return up_to(many - 1) == 0; }

  template <class T>
  const T& one_of(const std::vector<T>& all) {
    return all[static_cast<std::size_t>(up_to(static_cast<int>(all.size()) - 1))];
  }

private:
  std::uint64_t state_;
};

/// Draws that belong to a name and not to an order: how long a certain step takes does not depend
/// on what else happened before it.
class named_chance {
public:
  explicit named_chance(std::uint64_t seed) : seed_{seed} {}

  dice of(std::string_view name) const;

private:
  std::uint64_t seed_;
};

} // namespace baton::simulate
