#pragma once

#include "messages/fleet.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace baton::release {

/// A script of ours, put together: the parts of runtime/scripts, and between them what is known of
/// this step. Everything from outside is quoted here and nowhere else.
class script {
public:
  /// A part of runtime/scripts, as it is.
  script& part(std::string_view text);
  /// `NAME='VALUE'`
  script& set(std::string_view name, std::string_view value);
  /// A function of that name, with these lines as its body (each made by `words`).
  script& function(std::string_view name, const std::vector<std::string>& lines);
  /// What git.sh is told of a repository: B_URL, and apart from it the login that stood in it.
  script& set_repository(const std::string& url);

  const std::string& text() const { return text_; }

private:
  std::string text_;
};

/// One line: words that are ours, then words from outside, quoted.
std::string words(std::string_view ours, const std::vector<std::string>& theirs);

/// The lines of a function that sets these environment variables.
std::vector<std::string> exports(const std::map<std::string, std::string>& vars);

/// A command of the user as quoted words: its own, or `sh -c LINE`. A first word `~/…` is in the
/// home folder of whoever runs it.
std::string command_words(const command& of);

} // namespace baton::release
