#include "runtime/steps/step_text.hpp"

#include <cstddef>

namespace baton {

namespace {

std::string unescaped(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size())
      plain += text[i];
    else if (const char next = text[++i]; next == 'n')
      plain += '\n';
    else
      plain += next;
  }
  return plain;
}

} // namespace

std::optional<std::string> step_facts::get(std::string_view key) const {
  for (auto fact = facts.rbegin(); fact != facts.rend(); ++fact)
    if (fact->key == key)
      return fact->value;
  return std::nullopt;
}

std::vector<std::string> step_facts::all(std::string_view key) const {
  std::vector<std::string> values;
  for (const auto& fact : facts)
    if (fact.key == key)
      values.push_back(fact.value);
  return values;
}

step_facts decode_facts(std::string_view text, bool cut) {
  step_facts told;
  while (!text.empty()) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos && cut)
      break;
    const auto line = text.substr(0, end);
    if (const auto equals = line.find('='); equals != std::string_view::npos)
      told.facts.push_back(
          {std::string{line.substr(0, equals)}, unescaped(line.substr(equals + 1))});
    else if (!line.empty())
      told.other.emplace_back(line);
    if (end == std::string_view::npos)
      break;
    text.remove_prefix(end + 1);
  }
  return told;
}

std::string encode_fact(std::string_view key, std::string_view value) {
  std::string line{key};
  line += '=';
  for (const char c : value) {
    if (c == '\n')
      line += "\\n";
    else if (c == '\\')
      line += "\\\\";
    else
      line += c;
  }
  return line += '\n';
}

} // namespace baton
