#include "runtime/config/paths.hpp"

#include "runtime/fault.hpp"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <system_error>

namespace baton {

namespace fs = std::filesystem;

namespace {

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

expected<std::string> named(const std::string& path, std::string_view by) {
  if (is_there(path))
    return path;
  return fault(ec::config_invalid, path + ": no such file (named by " + std::string{by} + ')');
}

} // namespace

fs::path home_folder() {
  if (const char* home = std::getenv("HOME"); home && *home == '/')
    return home;
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> buffer{};
  if (::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found)
    return found->pw_dir;
  return {};
}

std::optional<std::string> controller_path(const fs::path& folder, std::string_view text) {
  if (text == "~" || text.starts_with("~/"))
    return (home_folder() / text.substr(text.size() > 1 ? 2 : 1)).lexically_normal().string();
  if (text.starts_with('~'))
    return std::nullopt;
  return (folder / text).lexically_normal().string();
}

expected<std::string> find_config(const std::string& given) {
  if (!given.empty())
    return named(given, "--config");
  if (const char* from = std::getenv("BATON_CONFIG"); from && *from)
    return named(from, "BATON_CONFIG");
  std::error_code error;
  const auto here = fs::current_path(error);
  if (error)
    return fault(ec::config_invalid, "the current folder cannot be read: " + error.message());
  if (is_there(here / "baton.yaml"))
    return "baton.yaml";
  auto top = here;
  while (top != top.root_path() && !is_there(top / ".git"))
    top = top.parent_path();
  if (is_there(top / ".git"))
    for (auto folder = here; folder != top;) {
      folder = folder.parent_path();
      if (is_there(folder / "baton.yaml"))
        return (folder / "baton.yaml").string();
    }
  return fault(
      ec::config_invalid,
      "no baton.yaml in " + here.string()
          + (is_there(top / ".git") && top != here ? ", nor above it up to " + top.string() : "")
          + "; write one with `baton init`, or name it with --config");
}

} // namespace baton
