#include "runtime/config/config_fault.hpp"

namespace baton {

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
  return text;
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
