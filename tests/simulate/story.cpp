#include "tests/simulate/story.hpp"

#include <array>
#include <cstdio>

namespace baton::simulate {

void story::tell(duration at, std::string_view who, std::string_view what) {
  std::array<char, 48> when{};
  const auto past = static_cast<long long>((at - begins_).count());
  std::snprintf(when.data(), when.size(), "%7lld.%03lld  ", past / 1000, past % 1000);
  std::string line;
  line.reserve(32 + who.size() + what.size());
  line += when.data();
  line += who;
  line.append(who.size() < 12 ? 12 - who.size() : 1, ' ');
  line += what;
  lines_.push_back(std::move(line));
}

} // namespace baton::simulate
