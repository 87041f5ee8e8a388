#include "runtime/config/load.hpp"

#include "runtime/config/git_origin.hpp"
#include "runtime/config/read_fleet.hpp"
#include "runtime/config/schema_check.hpp"
#include "runtime/config/view.hpp"
#include "runtime/config/yaml_tree.hpp"
#include "runtime/fault.hpp"
#include "runtime/log/redactor.hpp"
#include "runtime/secrets/said_secrets.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <tuple>

namespace baton {

namespace fs = std::filesystem;

namespace {

using faults_t = std::vector<config_fault>;

tl::unexpected<faults_t> one_fault(const std::string& file, std::string what, std::string hint) {
  return tl::unexpected<faults_t>{
      faults_t{config_fault{file, 0, 0, "", std::move(what), std::move(hint)}}};
}

/// At most one byte more than a baton.yaml may have, whatever the file is.
tl::expected<std::string, faults_t> read_file(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error))
    return one_fault(path, "is a folder", "name the file in it");
  errno = 0;
  std::ifstream in{path, std::ios::binary};
  if (!in)
    return one_fault(path, std::string{"cannot be read: "} + std::strerror(errno ? errno : EIO),
                     "");
  std::string text(yaml_limits{}.bytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad())
    return one_fault(path, "cannot be read", "");
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

/// A stack without a repository gets the one that holds baton.yaml.
void fill_repositories(const view& root, const reading& shared, const load_options& options,
                       fleet& into) {
  std::optional<std::optional<std::string>> origin;
  std::set<std::string> told;
  for (auto& stage : into.stages)
    for (auto& stack : stage.stacks) {
      if (!stack.repository.empty())
        continue;
      if (!origin) {
        const auto folder = shared.folder.string();
        origin = options.origin_of ? options.origin_of(folder) : git_origin(folder);
      }
      const auto at = root["stacks"].present() ? root["stacks"].named(stack.name) : root["stack"];
      if (*origin)
        stack.repository = **origin;
      else if (told.insert(stack.name).second)
        at.missing("repository", "what `git fetch` takes; " + shared.folder.string()
                                     + " is in no git work tree with a remote named origin");
    }
}

void add_secrets(const yaml_node& in, std::string_view name, redactor& to) {
  for (const auto& one : secrets_in(name, in.text))
    to.add(one);
  for (const auto& item : in.items)
    add_secrets(*item, {}, to);
  for (const auto& entry : in.entries)
    add_secrets(*entry.value, entry.key, to);
}

/// What is wrong may be that a secret stands in the wrong place.
faults_t without_secrets_of(const yaml_node& document, faults_t faults) {
  redactor by;
  add_secrets(document, {}, by);
  for (auto& fault : faults) {
    fault.what = by.redact(fault.what);
    fault.hint = by.redact(fault.hint);
  }
  return faults;
}

/// Told twice by different readers, or by the schema first: once is enough.
faults_t in_order(faults_t faults) {
  faults_t kept;
  std::set<std::string> paths;
  for (auto& fault : faults)
    if (paths.insert(fault.path).second)
      kept.push_back(std::move(fault));
  std::ranges::stable_sort(kept, {}, [](const config_fault& fault) {
    return std::tuple{fault.line, fault.column};
  });
  return kept;
}

} // namespace

tl::expected<fleet, faults_t> load_fleet_text(std::string_view text, const std::string& path,
                                              const load_options& options) {
  const auto document = parse_yaml(text, path);
  if (!document)
    return tl::unexpected<faults_t>{document.error()};

  std::error_code ignored;
  const auto full = fs::absolute(path, ignored).lexically_normal();
  reading shared{path, full.parent_path(), check_schema(**document, path), options.asked};
  const view root{shared, **document};
  fleet made;
  made.file = full.string();
  root["fleet"].read(made.name);
  check_names(root);
  const auto names = names_of(root);
  read_hosts(root["hosts"], made.hosts);
  const auto stacks = read_stacks(root, names);
  read_stages(root, names, stacks, made);
  read_environments(root, names, made);
  read_phases(root, names, made);
  check_fleet(root, made);
  fill_repositories(root, shared, options, made);
  if (!shared.faults.empty())
    return tl::unexpected<faults_t>{
        in_order(without_secrets_of(**document, std::move(shared.faults)))};
  return made;
}

tl::expected<fleet, faults_t> load_fleet(const std::string& path, const load_options& options) {
  const auto text = read_file(path);
  if (!text)
    return tl::unexpected<faults_t>{text.error()};
  return load_fleet_text(*text, path, options);
}

error as_error(const std::vector<config_fault>& faults) {
  return make_error(ec::config_invalid, to_string(faults));
}

} // namespace baton
