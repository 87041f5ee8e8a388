#pragma once

#include <fstream>
#include <sstream>
#include <string>

namespace baton::ssh {

/// What a file holds; nothing when it cannot be read, or is a folder. Does not throw for that.
inline std::string read_text(const std::string& file) {
  std::ifstream in{file, std::ios::binary};
  std::ostringstream text;
  text << in.rdbuf(); // an istreambuf_iterator would throw when a read fails
  return text.str();
}

} // namespace baton::ssh
