#include "runtime/config/config_fault.hpp"

#include "runtime/log/utf8.hpp"

namespace baton {

namespace {

/// Keys and values may hold anything that YAML can escape, also line breaks.
std::string in_one_line(const std::string& text) {
  std::string line;
  for (const char c : printable(text))
    if (c == '\n')
      line += "\\n";
    else if (c == '\t')
      line += "\\t";
    else
      line += c;
  return line;
}

} // namespace

std::string to_string(const config_fault& fault) {
  std::string text = fault.file;
  if (fault.line > 0)
    text += ':' + std::to_string(fault.line) + ':' + std::to_string(fault.column);
  text += ": ";
  if (!fault.path.empty())
    text += fault.path + ": ";
  text += fault.what;
  if (!fault.hint.empty())
    text += "; " + fault.hint;
  return in_one_line(text);
}

std::string to_string(const std::vector<config_fault>& faults) {
  std::string text;
  for (const auto& fault : faults) {
    if (!text.empty())
      text += '\n';
    text += to_string(fault);
  }
  return text;
}

} // namespace baton
