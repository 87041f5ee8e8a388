#include "tests/simulate/chance.hpp"

namespace baton::simulate {

/// splitmix64: small, and no library decides what comes out.
std::uint64_t dice::draw() {
  state_ += 0x9e3779b97f4a7c15U;
  auto mixed = state_;
  mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
  return mixed ^ (mixed >> 31U);
}

dice named_chance::of(std::string_view name) const {
  std::uint64_t sum = 0xcbf29ce484222325U ^ seed_;
  for (const char c : name)
    sum = (sum ^ static_cast<std::uint8_t>(c)) * 0x100000001b3U;
  return dice{sum};
}

} // namespace baton::simulate
