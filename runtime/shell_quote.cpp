#include "runtime/shell_quote.hpp"

namespace baton {

std::string shell_quote(std::string_view text) {
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'')
      word += R"('\'')";
    else if (c != '\0')
      word += c;
  }
  return word += '\'';
}

std::string shell_join(const std::vector<std::string>& words) {
  std::string line;
  for (const auto& word : words) {
    if (!line.empty())
      line += ' ';
    line += shell_quote(word);
  }
  return line;
}

} // namespace baton
