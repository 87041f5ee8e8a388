#include "runtime/config/read_fleet.hpp"

#include <algorithm>
#include <set>

namespace baton {

namespace {

constexpr word_of<role> roles[]{
    {"staging", role::staging}, {"production", role::production}, {"public", role::public_facing}};
constexpr word_of<verify_mode> verifies[]{{"gate", verify_mode::gate},
                                          {"report", verify_mode::report}};
constexpr word_of<rollback_method> methods[]{
    {"app", rollback_method::app},
    {"snapshot", rollback_method::snapshot},
    {"app_then_snapshot", rollback_method::app_then_snapshot}};
constexpr word_of<snapshot_covers> covers[]{{"stack", snapshot_covers::stack},
                                            {"other", snapshot_covers::other}};

bool is_named(const std::vector<std::string>& among, const std::string& name) {
  return std::ranges::find(among, name) != among.end();
}

/// One or several names, each declared and said once.
void read_references(const view& in, std::string_view kind, const std::vector<std::string>& known,
                     std::vector<std::string>& into) {
  in.read(into);
  const auto items = in.items();
  std::set<std::string> seen;
  for (std::size_t i = 0; i < into.size(); ++i) {
    const auto& at = items.size() == into.size() ? items[i] : in;
    check_reference(at, kind, into[i], known);
    if (!seen.insert(into[i]).second)
      at.fault('"' + into[i] + "\" stands here twice");
  }
}

/// Letters and digits, and `others`, which do not begin it.
bool is_made_of(std::string_view text, std::string_view others, std::string_view first = {}) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  const auto in = [](std::string_view among, char c) { return among.find(c) != among.npos; };
  return !text.empty() && (plain(text.front()) || in(first, text.front()))
         && std::ranges::all_of(text, [&](char c) { return plain(c) || in(others, c); });
}

void read_dataset(const view& in, std::string& into) {
  in.read(into);
  if (!into.empty()
      && (!is_made_of(into, "_.:-/") || into.ends_with('/') || into.find("//") != into.npos))
    in.fault('"' + into + "\" names no file system", "as `zfs list` has it: pool/name");
}

void read_volume(const view& in, std::string& into) {
  in.read(into);
  const auto slash = into.find('/');
  const auto is_half = [](const std::string& half) { return is_made_of(half, "+_.-", "+_."); };
  if (!into.empty()
      && (slash == into.npos || !is_half(into.substr(0, slash))
          || !is_half(into.substr(slash + 1))))
    in.fault('"' + into + "\" names no logical volume", "GROUP/VOLUME is wanted");
}

void read_guest(const view& in, std::string& into) {
  in.read_word(into);
  if (!into.empty() && !is_made_of(into, ".-"))
    in.fault('"' + into + "\" names no guest", "its number, or its name, is wanted");
}

/// What the drivers that are built in are told.
void read_driver(const view& in, snapshot_driver driver, snapshot_policy& into) {
  into.driver = driver;
  if (driver != snapshot_driver::script) // a script is a path, no mapping
    in["sudo"].read(into.sudo);
  switch (driver) {
  case snapshot_driver::script:
    break;
  case snapshot_driver::btrfs:
    in["subvolume"].read_host_path(into.subvolume);
    in["snapshot_dir"].read_host_path(into.snapshot_dir);
    break;
  case snapshot_driver::proxmox:
    read_guest(in["guest"], into.guest);
    break;
  case snapshot_driver::zfs:
    read_dataset(in["dataset"], into.dataset);
    break;
  case snapshot_driver::lvm:
    read_volume(in["volume"], into.volume);
    break;
  }
}

/// A machine cannot roll itself back, and several hosts of one stage are not one guest or volume.
void check_whose(const view& in, std::size_t hosts, const snapshot_policy& of) {
  if (of.driver == snapshot_driver::proxmox && of.on.empty())
    in.missing("on", "which host runs `pvesh`? One of the Proxmox cluster, not the guest");
  if (hosts < 2 || of.driver == snapshot_driver::script)
    return;
  if (of.driver == snapshot_driver::proxmox && !of.guest.empty())
    in["proxmox"]["guest"].fault("would be the same guest for each host of the stage",
                                 "leave it out and name the guests like their hosts, or give each "
                                 "host a stage");
  else if (of.driver != snapshot_driver::proxmox && !of.on.empty())
    in["on"].fault("would be the same snapshot for each host of the stage",
                   "give each host a stage");
}

void read_snapshot(const view& in, const declared_names& names, int keep, stage& of) {
  auto& into = of.snapshot.emplace();
  into.keep = keep;
  constexpr std::pair<const char*, snapshot_driver> drivers[]{{"script", snapshot_driver::script},
                                                              {"btrfs", snapshot_driver::btrfs},
                                                              {"proxmox", snapshot_driver::proxmox},
                                                              {"zfs", snapshot_driver::zfs},
                                                              {"lvm", snapshot_driver::lvm}};
  const auto said =
      std::ranges::count_if(drivers, [&](const auto& one) { return in[one.first].present(); });
  if (said != 1 && in.is(yaml_kind::mapping))
    in.fault(said > 1 ? "has more than one driver" : "does not say how",
             "one of script, btrfs, proxmox, zfs, lvm is wanted");
  in["on"].read(into.on);
  if (!into.on.empty())
    check_target(in["on"], into.on, names, {controller_name});
  if (into.on == controller_name)
    in["script"].read_controller_path(into.script);
  else
    in["script"].read(into.script);
  for (const auto& [word, driver] : drivers)
    if (in[word].present())
      read_driver(in[word], driver, into);
  check_whose(in, of.hosts.size(), into);
  in["covers"].read(into.covers, covers);
  in["keep"].read(into.keep);
}

void read_rollback_with(const view& in, stage& into) {
  in["rollback_with"].read(into.rollback_with, methods);
  if (into.rollback_with == rollback_method::app)
    return;
  if (!into.snapshot)
    in["rollback_with"].fault("there is no snapshot to go back to",
                              "say `snapshot:` in this stage, or take app");
  else if (into.snapshot->covers == snapshot_covers::other)
    in["rollback_with"].fault("a snapshot that covers `other` is never gone back to",
                              "say `covers: stack`, or take app");
  else if (into.hosts.size() > 1 && std::ranges::count(into.hosts, into.snapshot->on) > 0)
    // What it had begun for the others would be undone, and begun again.
    in["snapshot"]["on"].fault(
        into.snapshot->on + " would itself be set back while it sets back the others of its stage",
        "give it a stage of its own, or let a host outside of this stage do it");
}

/// The stacks of the stage, each with the stage's own words over its own.
void read_own_stacks(const view& in, const declared_names& names, const std::vector<stack>& stacks,
                     stage& into) {
  std::vector<std::string> wanted;
  if (in["stack"].present() && in["stacks"].present())
    in["stack"].fault("stands beside `stacks`", "take one of both");
  read_references(in[in["stack"].present() ? "stack" : "stacks"], "stack", names.stacks, wanted);
  in["stacks"].read(wanted);
  for (const auto& known : stacks)
    if (wanted.empty() || is_named(wanted, known.name)) {
      into.stacks.push_back(known);
      // The same words are wrong for each stack: told once.
      read_stack(in, names, into.stacks.back());
    }
  if (into.stacks.size() > 1 && in["path"].present())
    in["path"].fault("would put several stacks into one folder", "give each stack its own path");
}

} // namespace

void read_stages(const view& root, const declared_names& names, const std::vector<stack>& stacks,
                 fleet& into) {
  int snapshots_kept = snapshot_policy{}.keep;
  root["retention"]["snapshots"].read(snapshots_kept);
  for (const auto& [name, in] : root["stages"].entries()) {
    stage made;
    made.name = name;
    in["role"].read(made.role, roles);
    made.on_failure = default_failure_policy(made.role);
    made.retry = default_retry_policy(made.role);
    if (is_named(names.hosts, name))
      made.hosts = {name};
    read_references(in["hosts"], "host", names.hosts, made.hosts);
    if (made.hosts.empty() && !names.hosts.empty() && !in["hosts"].present()
        && in.is(yaml_kind::mapping))
      in.missing("hosts", "no host has the stage's name, so they must be said");
    read_own_stacks(in, names, stacks, made);
    read(in["retry"], made.retry);
    read(in["on_failure"], made.on_failure);
    in["deadline"].read_positive(made.deadline);
    in["verify"].read(made.verify, verifies);
    if (in["snapshot"].present())
      read_snapshot(in["snapshot"], names, snapshots_kept, made);
    read_rollback_with(in, made);
    into.stages.push_back(std::move(made));
  }
}

void read_environments(const view& root, const declared_names& names, fleet& into) {
  constexpr const char* usual = "production";
  for (const auto& [name, in] : root["environments"].entries()) {
    environment made{name, {}};
    read_references(in.is(yaml_kind::list) ? in : in["stages"], "stage", names.stages, made.stages);
    into.environments.push_back(std::move(made));
  }
  auto known = names.environments;
  if (!root["environments"].present()) {
    into.environments.push_back({usual, names.stages});
    known = {usual};
  }
  root["default_environment"].read(into.default_environment);
  if (!into.default_environment.empty())
    check_reference(root["default_environment"], "environment", into.default_environment, known);
  else if (is_named(known, usual))
    into.default_environment = usual;
  else if (known.size() == 1)
    into.default_environment = known.front();
  else if (!root["default_environment"].present() && !known.empty())
    root.missing("default_environment", "none of several is named production, so one must be said");
}

} // namespace baton
