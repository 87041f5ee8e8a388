#include "config_support.hpp"

#include "runtime/config/compose_ports.hpp"

#include <algorithm>
#include <chrono>
#include <random>

namespace baton {
namespace {

using namespace config_tests;

/// Mistakes of people (lines lost, doubled, swapped, indented) and of machines (bytes).
class mutator {
public:
  explicit mutator(std::uint32_t seed) : dice_{seed} {}

  std::string mutate(std::string text) {
    const int times = 1 + below(4);
    for (int i = 0; i < times; ++i)
      text = once(std::move(text));
    return text;
  }

private:
  int below(std::size_t limit) {
    return limit == 0 ? 0 : static_cast<int>(dice_() % static_cast<std::uint32_t>(limit));
  }
  std::size_t place(const std::string& text) {
    return static_cast<std::size_t>(below(text.size()));
  }

  std::string once(std::string text) {
    static const std::string pieces[] = {"{",     "}",
                                         "[",     "]",
                                         ":",     ": ",
                                         "- ",    "&a ",
                                         "*a ",   "\t",
                                         "\"",    "'",
                                         "!x ",   "|\n",
                                         ">\n",   "~",
                                         "\n",    "#",
                                         "? ",    "<<: ",
                                         "---\n", "...\n",
                                         "\xff",  "\xc3\xa9",
                                         "\\",    ",",
                                         "%",     "@",
                                         "`",     "-1",
                                         "1e999", "null",
                                         "0",     "99999999999999999999"};
    const auto at = place(text);
    switch (below(8)) {
    case 0:
      return text.insert(at, pieces[below(std::size(pieces))]);
    case 1:
      return text.erase(at, static_cast<std::size_t>(1 + below(12)));
    case 2:
      if (!text.empty())
        text[at] = static_cast<char>(below(256));
      return text;
    case 3:
      return text.substr(0, at);
    case 4:
      return text.insert(at, text.substr(place(text), static_cast<std::size_t>(below(200))));
    case 5:
      return with_line_moved(std::move(text));
    case 6:
      return text.insert(line_start(text, at),
                         std::string(static_cast<std::size_t>(1 + below(3)), ' '));
    default:
      if (at + 1 < text.size())
        std::swap(text[at], text[at + 1]);
      return text;
    }
  }

  static std::size_t line_start(const std::string& text, std::size_t at) {
    const auto end = text.rfind('\n', at);
    return end == std::string::npos ? 0 : end + 1;
  }

  std::string with_line_moved(std::string text) {
    const auto from = line_start(text, place(text));
    const auto length = std::min(text.find('\n', from), text.size() - 1) + 1 - from;
    const auto line = text.substr(from, length);
    if (below(2) == 0)
      text.erase(from, length);
    return text.insert(line_start(text, place(text)), line);
  }

  std::mt19937 dice_;
};

/// Nothing may crash (sanitizers look), hang, or say nothing.
void survives(const std::string& original, std::uint32_t seed) {
  const auto text = mutator{seed}.mutate(original);
  SCOPED_TRACE("seed " + std::to_string(seed) + ":\n" + text);
  const auto before = std::chrono::steady_clock::now();
  const auto loaded = load(text);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds{10});
  if (loaded)
    return;
  EXPECT_FALSE(loaded.error().empty());
  const auto lines = static_cast<int>(std::ranges::count(text, '\n')) + 1;
  for (const auto& fault : loaded.error()) {
    EXPECT_FALSE(fault.what.empty());
    EXPECT_GE(fault.line, 0);
    EXPECT_LE(fault.line, lines + 1) << to_string(fault);
    EXPECT_EQ(fault.what.find("anyOf"), std::string::npos) << to_string(fault);
    EXPECT_EQ(fault.what.find("constraint"), std::string::npos) << to_string(fault);
    EXPECT_EQ(to_string(fault).find('\n'), std::string::npos) << to_string(fault);
  }
}

TEST(mutation, of_the_example_is_survived) {
  const auto original = read_source("examples/homelab/baton.yaml");
  for (std::uint32_t seed = 0; seed < 1000 && !testing::Test::HasFailure(); ++seed)
    survives(original, seed);
}

TEST(mutation, of_the_file_with_every_key_is_survived) {
  const auto original = read_source("tests/runtime/config/everything.yaml");
  for (std::uint32_t seed = 10'000; seed < 11'000 && !testing::Test::HasFailure(); ++seed)
    survives(original, seed);
}

TEST(mutation, of_a_compose_file_is_survived) {
  const std::string original = "services:\n  web:\n    ports: [\"8080:80\", {target: 1, published: "
                               "2}, \"${A:-1}:2/tcp\", \"[::1]:1-2:3-4\"]\n    healthcheck: {test: "
                               "[\"CMD\", \"curl http://x/y?z\"]}\n";
  for (std::uint32_t seed = 20'000; seed < 22'000; ++seed)
    for (const auto& port : published_ports(mutator{seed}.mutate(original)))
      EXPECT_FALSE(proposed_check(port).empty());
}

} // namespace
} // namespace baton
