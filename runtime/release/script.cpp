#include "runtime/release/script.hpp"

#include "runtime/http/url.hpp"
#include "runtime/release/names.hpp"
#include "runtime/shell_quote.hpp"

namespace baton::release {

script& script::part(std::string_view text) {
  text_ += text;
  text_ += '\n';
  return *this;
}

script& script::set(std::string_view name, std::string_view value) {
  text_ += name;
  text_ += '=';
  text_ += shell_quote(value);
  text_ += '\n';
  return *this;
}

script& script::function(std::string_view name, const std::vector<std::string>& lines) {
  text_ += name;
  text_ += "() {\n";
  for (const auto& line : lines)
    text_ += line + '\n';
  // Never empty, and true unless its last line is not.
  if (lines.empty())
    text_ += ":\n";
  text_ += "}\n";
  return *this;
}

script& script::set_repository(const std::string& url) {
  const auto parts = split_login(url);
  return set("B_URL", parts.bare)
      .set("B_SITE", parts.site)
      .set("B_GIT_USER", parts.user)
      .set("B_GIT_PASSWORD", parts.password);
}

std::string words(std::string_view ours, const std::vector<std::string>& theirs) {
  std::string line{ours};
  if (!theirs.empty())
    line += ' ' + shell_join(theirs);
  return line;
}

std::vector<std::string> exports(const std::map<std::string, std::string>& vars) {
  std::vector<std::string> lines;
  for (const auto& [name, value] : vars)
    if (is_variable_name(name))
      lines.push_back(name + "=" + shell_quote(value) + "; export " + name);
  return lines;
}

std::string command_words(const command& of) {
  if (of.argv.empty())
    return "sh -c " + shell_quote(of.shell);
  const auto& first = of.argv.front();
  if (!first.starts_with("~/"))
    return shell_join(of.argv);
  auto line = "\"$HOME\"" + shell_quote(first.substr(1));
  if (of.argv.size() > 1)
    line += ' ' + shell_join({of.argv.begin() + 1, of.argv.end()});
  return line;
}

} // namespace baton::release
