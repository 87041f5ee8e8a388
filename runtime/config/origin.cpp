#include "runtime/config/schema_path.hpp"
#include "runtime/config/show.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>

namespace baton {

namespace {

using steps_t = std::vector<std::string>;

/// The line that says a value: its own, or that of the scalar that stands for its whole part
/// (`retry: 3`).
std::optional<int> line_of(const yaml_node& document, steps_t steps) {
  auto here = locate(document, {steps});
  if (here.value)
    return here.at.line;
  while (!steps.empty()) {
    steps.pop_back();
    here = locate(document, {steps});
    if (here.value)
      return here.value->kind != yaml_kind::mapping && here.value->kind != yaml_kind::null
                     && here.value->items.empty()
                 ? std::optional{here.at.line}
                 : std::nullopt;
  }
  return std::nullopt;
}

steps_t from(const steps_t& path, std::ptrdiff_t first, steps_t head) {
  head.insert(head.end(), path.begin() + first, path.end());
  return head;
}

bool begins(const steps_t& path, const steps_t& with) {
  if (path.size() < with.size())
    return false;
  for (std::size_t i = 0; i < with.size(); ++i)
    if (with[i] != "*" && with[i] != path[i])
      return false;
  return true;
}

/// Where the file may say a value, the word that counts first.
std::vector<steps_t> places_of(const steps_t& path) {
  if (begins(path, {"stages", "*", "stacks", "*", "*"}))
    return {from(path, 4, {"stages", path[1]}), from(path, 4, {"stacks", path[3]}),
            from(path, 4, {"stack"})};
  if (begins(path, {"hosts", "*", "identities"}))
    return {path, {"hosts", path[1], "identity"}};
  if (path == steps_t{"deadlines", "tests"} || path == steps_t{"deadlines", "verification"})
    return {{path[1], "deadline"}, path};
  if (begins(path, {"environments", "*", "stages"}))
    return {path, {"environments", path[1]}};
  if (begins(path, {"stages", "*", "snapshot", "keep"}))
    return {path, {"retention", "snapshots"}};
  if (begins(path, {"secrets", "places", "*", "compare"}))
    return {path, {"secrets", "compare"}};
  return {path};
}

} // namespace

std::string origin_of(const fleet& of, const yaml_node& document, const std::string& file,
                      const std::vector<std::string>& path) {
  for (const auto& place : places_of(path))
    if (const auto line = line_of(document, place))
      return std::filesystem::path{file}.filename().string() + ':' + std::to_string(*line);
  if (path.back() == "repository")
    return "git remote origin";
  const bool by_role =
      begins(path, {"stages", "*", "retry"}) || begins(path, {"stages", "*", "on_failure"});
  if (const auto* stage = by_role ? find_stage(of, path[1]) : nullptr)
    return "default of the role " + std::string{to_string(stage->role)};
  return "default";
}

} // namespace baton
