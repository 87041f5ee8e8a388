#include "runtime/secrets/place_names.hpp"

#include <algorithm>

namespace baton {

namespace {

/// The stages of the environment that have the host.
std::vector<std::string> stages_with(const fleet& of, const environment& which,
                                     const std::string& host) {
  std::vector<std::string> found;
  for (const auto& name : which.stages)
    if (const auto* stage = find_stage(of, name);
        stage && std::ranges::find(stage->hosts, host) != stage->hosts.end())
      found.push_back(name);
  return found;
}

place_names names_of(const host& one) {
  place_names names;
  const auto& name = one.reach.name;
  names.values = {{"host", name}, {"address", address_of(one)}};
  if (one.reach.user.empty())
    names.unsaid["user"] = "set `user` of host " + name + " in baton.yaml";
  else
    names.values["user"] = one.reach.user;
  for (const auto& [variable, value] : one.vars)
    names.values["vars." + variable] = value;
  return names;
}

/// No name of baton.yaml has a blank.
bool is_named_in_file(std::string_view environment) {
  return !environment.empty() && environment.find(' ') == std::string_view::npos;
}

} // namespace

place_names names_of_host(const fleet& of, const host& one, std::string_view environment) {
  auto names = names_of(one);
  const auto* found = find_environment(of, environment);
  const bool is_run = is_named_in_file(environment);
  if (is_run)
    names.values["environment"] = environment;
  else
    names.unsaid["environment"] = "name the environment with --env";
  const auto stages = found ? stages_with(of, *found, one.reach.name) : std::vector<std::string>{};
  if (stages.size() == 1)
    names.values["stage"] = stages.front();
  else
    names.unsaid["stage"] =
        stages.empty()
            ? "no stage of this environment has host " + one.reach.name
            : "several stages have host " + one.reach.name + ": name the environment with --env";
  return names;
}

std::vector<place_names> all_names_of_host(const fleet& of, const host& one,
                                           std::string_view environment) {
  if (is_named_in_file(environment))
    return {names_of_host(of, one, environment)};
  std::vector<place_names> all;
  for (const auto& each : of.environments)
    if (is_named_in_file(each.name) && !stages_with(of, each, one.reach.name).empty())
      all.push_back(names_of_host(of, one, each.name));
  return all;
}

place_names names_of_any_run(const fleet& of, const host& one) {
  auto names = names_of(one);
  names.values.insert({{"environment", of.default_environment}, {"stage", "stage"}});
  return names;
}

bool names_something(std::string_view text) {
  return text.find("{{") != std::string_view::npos;
}

} // namespace baton
