#include "cli/completion_model.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace baton {

namespace {

/// `deploy` becomes `deploy`, `host trust` becomes `host_trust`: part of a shell function's name.
std::string joined(const std::string& path) {
  auto name = path;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == ' ' || c == '-'; }, '_');
  return name;
}

std::string last_word(const std::string& path) {
  return path.substr(path.rfind(' ') + 1);
}

std::string words_of(const completion_command& command) {
  std::string words;
  for (const auto& name : command.commands)
    words += name + " ";
  for (const auto& option : command.options)
    words += option.name + " ";
  if (!words.empty())
    words.pop_back();
  return words;
}

/// Every option of any command that a value follows: the word after it is a file or free text.
std::string options_with_value(const std::vector<completion_command>& model) {
  std::vector<std::string> names;
  for (const auto& command : model)
    for (const auto& option : command.options)
      if (option.takes_value)
        names.push_back(option.name);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return fmt::format("{}", fmt::join(names, "|"));
}

} // namespace

std::string bash_completion(const std::vector<completion_command>& model) {
  std::string arms;
  for (const auto& command : model)
    arms += fmt::format("        '{}') words='{}' ;;\n", command.path, words_of(command));
  std::string paths;
  for (const auto& command : model)
    if (!command.path.empty())
      paths += fmt::format("{}'{}'", paths.empty() ? "" : " | ", command.path);
  return fmt::format(R"(# bash completion of baton, made by `baton completion bash`
_baton() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} previous='' path='' words='' word index longer
    if ((COMP_CWORD > 0)); then previous=${{COMP_WORDS[COMP_CWORD - 1]}}; fi
    case $previous in
        {}) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    esac
    for ((index = 1; index < COMP_CWORD; ++index)); do
        word=${{COMP_WORDS[index]}}
        longer=${{path:+$path }}$word
        case $longer in
            {}) path=$longer ;;
        esac
    done
    case $path in
{}    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}}
complete -o default -F _baton baton
)",
                     options_with_value(model), paths, arms);
}

std::string zsh_completion(const std::vector<completion_command>& model) {
  std::string functions;
  for (const auto& command : model) {
    std::string specs;
    for (const auto& option : command.options)
      specs += fmt::format("        '{}[{}]{}'\n", option.name, option.help,
                           option.takes_value ? ":value:_files" : "");
    std::string below;
    std::string arms;
    for (const auto& name : command.commands) {
      const auto path = command.path.empty() ? name : command.path + " " + name;
      const auto found = std::find_if(model.begin(), model.end(),
                                      [&](const auto& one) { return one.path == path; });
      below += fmt::format("        '{}:{}'\n", name, found == model.end() ? "" : found->help);
      arms += fmt::format("        {}) _baton_{} ;;\n", name, joined(path));
    }
    const auto name = command.path.empty() ? "_baton" : "_baton_" + joined(command.path);
    if (below.empty())
      functions +=
          fmt::format("{}() {{\n    _arguments -s \\\n{}        '*:: :_files'\n}}\n\n", name, [&] {
            std::string lines;
            for (std::size_t at = 0; at < specs.size();) {
              const auto end = specs.find('\n', at);
              lines += specs.substr(at, end - at) + " \\\n";
              at = end + 1;
            }
            return lines;
          }());
    else
      functions += fmt::format(R"({}() {{
    local state line
    local -a specs commands
    specs=(
{}    )
    commands=(
{}    )
    _arguments -C -s $specs '1:command:->command' '*::argument:->argument'
    case $state in
    command) _describe command commands ;;
    argument) case $line[1] in
{}        esac ;;
    esac
}}

)",
                               name, specs, below, arms);
  }
  return "#compdef baton\n# zsh completion of baton, made by `baton completion zsh`\n\n" + functions
         + "if [ \"$funcstack[1]\" = _baton ]; then _baton \"$@\"; else compdef _baton baton; fi\n";
}

std::string fish_completion(const std::vector<completion_command>& model) {
  std::string text = "# fish completion of baton, made by `baton completion fish`\n";
  for (const auto& command : model) {
    std::string when = "__fish_use_subcommand";
    if (!command.path.empty()) {
      when.clear();
      for (std::size_t at = 0; at <= command.path.size();) {
        const auto end = std::min(command.path.find(' ', at), command.path.size());
        when += (when.empty() ? "" : "; and ")
                + ("__fish_seen_subcommand_from " + command.path.substr(at, end - at));
        at = end + 1;
      }
    }
    for (const auto& below : model)
      if (!below.path.empty()
          && below.path
                 == (command.path.empty() ? last_word(below.path)
                                          : command.path + " " + last_word(below.path)))
        text += fmt::format("complete -c baton -f -n '{}' -a {} -d '{}'\n", when,
                            last_word(below.path), below.help);
    for (const auto& option : command.options)
      text += fmt::format("complete -c baton -n '{}' {} {}{} -d '{}'\n",
                          command.path.empty() ? "true" : when,
                          option.name.starts_with("--") ? "-l" : "-s",
                          option.name.substr(option.name.starts_with("--") ? 2 : 1),
                          option.takes_value ? " -r" : "", option.help);
  }
  return text;
}

} // namespace baton
