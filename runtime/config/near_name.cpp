#include "runtime/config/near_name.hpp"

#include <algorithm>
#include <cctype>

namespace baton {

namespace {

// Longer names are typed by nobody, and the work below grows with the square.
constexpr std::size_t length_max = 64;
constexpr std::size_t listed_max = 20;
// Of a large fleet not every host is compared with every misspelt one.
constexpr std::size_t compared_max = 500;
constexpr std::size_t prefix_min = 3;

std::string lower(std::string_view text) {
  std::string small{text};
  std::ranges::transform(small, small.begin(), [](unsigned char letter) {
    return static_cast<char>(letter == '-' ? '_' : std::tolower(letter));
  });
  return small;
}

/// Optimal string alignment distance.
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + cost});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        now[j] = std::min(now[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(now);
  }
  return last[b.size()];
}

} // namespace

std::optional<std::string> near_name(std::string_view wrong,
                                     const std::vector<std::string>& known) {
  if (wrong.empty() || wrong.size() > length_max)
    return std::nullopt;
  const auto typed = lower(wrong);
  std::optional<std::string> best;
  std::size_t best_distance = std::max<std::size_t>(typed.size() / 3, 1) + 1;
  std::size_t compared = 0;
  for (const auto& name : known) {
    if (compared++ == compared_max)
      break;
    if (name.size() > length_max)
      continue;
    const auto candidate = lower(name);
    auto apart = distance(typed, candidate);
    if (typed.size() >= prefix_min && candidate.starts_with(typed))
      apart = std::min<std::size_t>(apart, 1);
    // One wrong letter of two is no likeness.
    if (apart > 0 && apart * 2 >= std::max(typed.size(), candidate.size()))
      continue;
    if (apart < best_distance) {
      best_distance = apart;
      best = name;
    }
  }
  return best;
}

std::string suggest(std::string_view wrong, const std::vector<std::string>& known) {
  if (auto near = near_name(wrong, known))
    return "did you mean \"" + *near + "\"?";
  if (known.empty() || known.size() > listed_max)
    return {};
  std::string text = known.size() == 1 ? "known is " : "known are ";
  for (const auto& name : known)
    text += (&name == &known.front() ? "" : ", ") + name;
  return text;
}

} // namespace baton
