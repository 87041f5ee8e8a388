#include "runtime/ssh/expand.hpp"

#include "runtime/fault.hpp"

#include <array>
#include <cstdlib>
#include <optional>

#include <pwd.h>
#include <unistd.h>

namespace baton::ssh {

namespace {

// What a `%` token of ssh_config(5) stands for.
std::optional<std::string> token(char which, const resolved_endpoint& to, const local_user& me) {
  switch (which) {
  case '%':
    return "%";
  case 'd':
    return me.home;
  case 'h':
    return to.host;
  case 'i':
    return std::to_string(::getuid());
  case 'k':
    return to.host_key_alias.empty() ? to.asked : to.host_key_alias;
  case 'n':
    return to.asked;
  case 'p':
    return std::to_string(to.port);
  case 'r':
    return to.user;
  case 'u':
    return me.name;
  default:
    return {};
  }
}

} // namespace

local_user this_user() {
  std::array<char, 4096> space{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(::getuid(), &entry, space.data(), space.size(), &found) == 0 && found != nullptr)
    return {found->pw_name, found->pw_dir};
  const char* home = std::getenv("HOME");
  const char* name = std::getenv("USER");
  return {name != nullptr ? name : "", home != nullptr ? home : "/"};
}

expected<std::string> expand_path(std::string_view text, const resolved_endpoint& to,
                                  const local_user& me) {
  std::string path;
  std::size_t i = 0;
  if (text == "~" || text.starts_with("~/")) {
    path = me.home;
    i = 1;
  }
  for (; i < text.size(); ++i) {
    if (text[i] == '$' && i + 1 < text.size() && text[i + 1] == '{') {
      const auto close = text.find('}', i);
      if (close == std::string_view::npos)
        return fault(ec::config_invalid, "no } in " + std::string{text}, to.name);
      const std::string name{text.substr(i + 2, close - i - 2)};
      const char* value = std::getenv(name.c_str());
      if (value == nullptr)
        return fault(ec::config_invalid,
                     "the ssh config uses ${" + name + "}, which is not set in the environment",
                     to.name);
      path += value;
      i = close;
    } else if (text[i] == '%' && i + 1 < text.size()) {
      const auto value = token(text[++i], to, me);
      if (!value)
        return fault(ec::config_invalid,
                     "unknown token %" + std::string{text[i]} + " in the ssh config's "
                         + std::string{text} + ": write the path out, or set `identities`",
                     to.name);
      path += *value;
    } else {
      path += text[i];
    }
  }
  return path;
}

expected<std::string> expand_command(std::string_view text, const resolved_endpoint& to,
                                     const local_user& me) {
  for (const auto& word : {to.host, to.asked, to.user})
    if (word.find_first_of("'`\"$\\;&<>|(){}[]*?!#~") != std::string::npos)
      return fault(ec::config_invalid,
                   '`' + word
                       + "` cannot be put into the ssh config's ProxyCommand: a shell would "
                         "read more than a name in it",
                   to.name);
  std::string command;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%' || i + 1 == text.size()) {
      command += text[i];
      continue;
    }
    const auto value = token(text[++i], to, me);
    if (!value)
      return fault(ec::config_invalid,
                   "unknown token %" + std::string{text[i]} + " in the ssh config's ProxyCommand "
                       + std::string{text},
                   to.name);
    command += *value;
  }
  return command;
}

} // namespace baton::ssh
