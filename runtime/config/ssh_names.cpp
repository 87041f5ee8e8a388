#include "runtime/config/ssh_names.hpp"

#include "runtime/config/paths.hpp"

#include <glob.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>

namespace baton {

namespace fs = std::filesystem;

namespace {

constexpr int depth_max = 8; // ssh follows 16
constexpr std::size_t files_max = 64;
constexpr std::size_t names_max = 1000;

/// `Keyword value "quoted value"` or `Keyword=value`, the keyword in lower case.
std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while (at < line.size()) {
    const bool splits = std::isspace(static_cast<unsigned char>(line[at]))
                        || (line[at] == '=' && words.size() <= 1);
    if (splits) {
      ++at;
      continue;
    }
    if (line[at] == '#' && words.empty())
      break;
    const bool quoted = line[at] == '"';
    auto end = quoted ? line.find('"', at + 1)
                      : line.find_first_of(words.empty() ? " \t\r=" : " \t\r", at);
    end = std::min(end, line.size());
    words.push_back(line.substr(quoted ? at + 1 : at, quoted ? end - at - 1 : end - at));
    at = quoted ? end + 1 : end;
  }
  if (!words.empty())
    std::ranges::transform(words[0], words[0].begin(), [](unsigned char letter) {
      return static_cast<char>(std::tolower(letter));
    });
  return words;
}

class collector {
public:
  explicit collector(fs::path folder) : folder_{std::move(folder)} {}

  void read(const fs::path& file, int depth) {
    std::error_code error;
    if (depth > depth_max || ++files_ > files_max || !fs::is_regular_file(file, error))
      return;
    std::ifstream in{file};
    for (std::string line; std::getline(in, line) && names_.size() < names_max;) {
      const auto words = words_of(line);
      if (words.size() < 2)
        continue;
      if (words[0] == "host")
        add({words.begin() + 1, words.end()});
      else if (words[0] == "include")
        for (auto pattern = words.begin() + 1; pattern != words.end(); ++pattern)
          include(*pattern, depth + 1);
    }
  }

  std::vector<std::string> take() { return std::move(names_); }

private:
  void add(const std::vector<std::string>& names) {
    for (const auto& name : names)
      if (name.find_first_of("*?!") == std::string::npos
          && std::ranges::find(names_, name) == names_.end())
        names_.push_back(name);
  }

  void include(const std::string& pattern, int depth) {
    const auto full = controller_path(folder_, pattern);
    glob_t found{};
    if (full && ::glob(full->c_str(), 0, nullptr, &found) == 0)
      for (std::size_t i = 0; i < found.gl_pathc; ++i)
        read(found.gl_pathv[i], depth);
    ::globfree(&found);
  }

  fs::path folder_;
  std::size_t files_ = 0;
  std::vector<std::string> names_;
};

} // namespace

std::vector<std::string> ssh_config_names(const fs::path& config) {
  collector names{config.parent_path()};
  names.read(config, 0);
  return names.take();
}

fs::path user_ssh_config() {
  if (const char* file = std::getenv("BATON_SSH_CONFIG"); file && *file)
    return file;
  return home_folder() / ".ssh" / "config";
}

} // namespace baton
