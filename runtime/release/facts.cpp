#include "runtime/release/facts.hpp"

#include "runtime/log/utf8.hpp"
#include "runtime/steps/step_text.hpp"

#include <utility>

namespace baton::release {

facts parse_facts(std::string_view text) {
  facts all;
  for (auto& [key, value] : decode_facts(text).facts)
    // Their order is that of their names, in the journal as here.
    all.insert_or_assign(repair_utf8(key), std::move(value));
  return all;
}

std::string get(const facts& from, const std::string& key) {
  const auto found = from.find(key);
  return found == from.end() ? std::string{} : found->second;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> all;
  while (!text.empty()) {
    const auto end = text.find('\n');
    if (const auto line = text.substr(0, end); !line.empty())
      all.emplace_back(line);
    if (end == std::string_view::npos)
      break;
    text.remove_prefix(end + 1);
  }
  return all;
}

} // namespace baton::release
