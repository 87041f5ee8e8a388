#include "runtime/config/near_name.hpp"
#include "runtime/config/read_fleet.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace baton {

namespace {

constexpr std::size_t name_length_max = 63;

// Ids of phases, or keys of `details`: a stage with such a name could not be told from them.
constexpr std::array<std::string_view, 8> fixed_phases{"pre_flight", "secrets_sync", "snapshots",
                                                       "tests",      "verification", "guard",
                                                       "rollback",   "ending"};

constexpr std::array<std::string_view, 3> target_words{controller_name, each_host_name,
                                                       own_host_name};

bool is_name(const std::string& text) {
  const auto is_plain = [](unsigned char letter) { return letter < 0x80 && std::isalnum(letter); };
  return !text.empty() && text.size() <= name_length_max
         && is_plain(static_cast<unsigned char>(text[0]))
         && std::ranges::all_of(text, [&](unsigned char letter) {
              return is_plain(letter) || letter == '.' || letter == '_' || letter == '-';
            });
}

template <std::size_t N>
bool any_of(const std::array<std::string_view, N>& words, const std::string& text) {
  return std::ranges::find(words, text) != words.end();
}

void check_letters(const std::string& name, const view& at) {
  if (!is_name(name))
    at.fault("a name of letters, digits, `.`, `_` and `-` is wanted, at most "
             + std::to_string(name_length_max));
}

std::vector<std::string> keys_of(const view& in) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : in.entries())
    keys.push_back(key);
  return keys;
}

} // namespace

declared_names names_of(const view& root) {
  declared_names names{keys_of(root["hosts"]), keys_of(root["stacks"]), keys_of(root["stages"]),
                       keys_of(root["environments"])};
  if (root["stack"].present()) {
    std::string fleet;
    root["fleet"].read(fleet);
    names.stacks.push_back(fleet);
  }
  return names;
}

bool check_reference(const view& at, std::string_view kind, const std::string& name,
                     const std::vector<std::string>& known) {
  if (known.empty() || std::ranges::find(known, name) != known.end())
    return true;
  at.fault("unknown " + std::string{kind} + " \"" + name + '"', suggest(name, known));
  return false;
}

bool check_target(const view& at, const std::string& name, const declared_names& names,
                  std::vector<std::string> others) {
  if (std::ranges::find(others, name) != others.end())
    return true;
  auto known = names.hosts;
  if (!known.empty())
    known.insert(known.end(), others.begin(), others.end());
  return check_reference(at, "host", name, known);
}

void check_names(const view& root) {
  std::string fleet;
  root["fleet"].read(fleet);
  if (!fleet.empty())
    check_letters(fleet, root["fleet"]);
  for (const auto* section : {"hosts", "stacks", "stages", "environments"})
    for (const auto& [name, at] : root[section].entries()) {
      check_letters(name, at);
      if (section == std::string_view{"hosts"} && any_of(target_words, name))
        at.fault("a host cannot be named \"" + name + '"', "the word has a meaning in `on:`");
      if (section == std::string_view{"stages"} && any_of(fixed_phases, name))
        at.fault("a stage cannot be named like the phase \"" + name + '"', "give it another name");
    }
  for (const auto& [name, at] : root["alerts"]["channels"].entries())
    check_letters(name, at);
}

} // namespace baton
