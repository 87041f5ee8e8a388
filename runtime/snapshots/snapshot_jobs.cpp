#include "runtime/snapshots/snapshot_jobs.hpp"

#include "embedded/scripts.hpp"
#include "embedded/snapshots.hpp"
#include "runtime/fault.hpp"
#include "runtime/process.hpp"
#include "runtime/release/facts.hpp"
#include "runtime/release/script.hpp"
#include "runtime/step_end.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace baton {

namespace {

using release::script;

constexpr std::string_view own_prefix = "baton-";
constexpr std::size_t name_max = 40;
/// For locks of others, where no plan says more.
constexpr duration patience_alone = std::chrono::minutes{5};

/// What a script about snapshots needs to know.
struct what {
  const snapshot_policy& policy;
  std::string host;   ///< whose snapshot it is
  std::string target; ///< that runs the tool
  std::string name;
  std::string suffix; ///< of all names of this host
  std::string mark;   ///< of this step, for files that it moves away
  bool prune = false;
  bool looks = false;             ///< all that is wrong is told, nothing is changed
  duration patience{};            ///< for locks of others
  std::int64_t disk_free_min = 0; ///< bytes
};

std::string_view body_of(snapshot_verb verb) {
  switch (verb) {
  case snapshot_verb::list:
    return embedded::snapshot_list_sh;
  case snapshot_verb::create:
    return embedded::snapshot_create_sh;
  case snapshot_verb::rollback:
    return embedded::snapshot_restore_sh;
  case snapshot_verb::remove:
    break;
  }
  return embedded::snapshot_delete_sh;
}

std::string folder_of(const what& of) {
  // The tool's own folder on the controller; a script's path is absolute there.
  const auto slash = of.policy.script.rfind('/');
  return of.target == controller_name && slash != std::string::npos && slash > 0
             ? of.policy.script.substr(0, slash)
             : "~";
}

void put_driver(script& text, const what& of) {
  const auto& policy = of.policy;
  switch (policy.driver) {
  case snapshot_driver::script:
    text.set("B_SCRIPT", policy.script)
        .set("B_FOLDER", folder_of(of))
        .part(embedded::snapshot_by_script_sh);
    break;
  case snapshot_driver::btrfs:
    text.set("B_SUBVOLUME", policy.subvolume)
        .set("B_SNAPSHOT_DIR", policy.snapshot_dir)
        .set("B_MARK", of.mark)
        .part(embedded::snapshot_by_btrfs_sh);
    break;
  case snapshot_driver::proxmox:
    text.set("B_GUEST", policy.guest)
        .set("B_PATIENCE", std::to_string(of.patience.count() / 1000))
        .part(embedded::snapshot_by_proxmox_sh);
    break;
  case snapshot_driver::zfs:
    text.set("B_DATASET", policy.dataset).part(embedded::snapshot_by_zfs_sh);
    break;
  case snapshot_driver::lvm:
    text.set("B_VOLUME", policy.volume).part(embedded::snapshot_by_lvm_sh);
    break;
  }
}

/// All that comes before the body of a step.
void put_parts(script& text, const what& of) {
  text.set("B_NAME", of.name)
      .set("B_WHOSE", of.host)
      .set("B_WHERE", of.target)
      .set("B_OWN", std::string{own_prefix} + "[a-z0-9-]*" + of.suffix)
      .set("B_SNAPSHOTS", of.prune ? std::to_string(std::max(1, of.policy.keep)) : "")
      .set("B_LOOK", of.looks ? "yes" : "no")
      .set("B_SUDO", of.policy.sudo ? "yes" : "no")
      .set("B_DISK_FREE", std::to_string(of.disk_free_min));
  put_driver(text, of);
  text.part(embedded::snapshot_lib_sh);
}

job job_of(const what& of, snapshot_verb verb) {
  script text;
  text.part(embedded::lib_sh);
  put_parts(text, of);
  job made;
  made.script = text.part(body_of(verb)).text();
  return made;
}

const stage* stage_of(const plan& of, std::string_view host) {
  const auto found = std::ranges::find_if(of.stages, [&](const stage& one) {
    return one.snapshot && std::ranges::find(one.hosts, host) != one.hosts.end();
  });
  return found == of.stages.end() ? nullptr : &*found;
}

/// Ends the names of a host's snapshots: another fleet's, and another host's where one target makes
/// those of several, are somebody else's.
std::string suffix_of(const plan& of, std::string_view host) {
  std::uint32_t sum = 0x811c9dc5U; // FNV-1a
  for (const char c : of.fleet.name + '\n' + std::string{host})
    sum = (sum ^ static_cast<std::uint8_t>(c)) * 0x01000193U;
  constexpr std::string_view hex = "0123456789abcdef";
  std::string suffix = "-";
  for (unsigned shift = 32; shift != 0; shift -= 4)
    suffix += hex[(sum >> (shift - 4)) & 15U];
  return suffix;
}

expected<job> step_job(const job_context& context, snapshot_verb verb) {
  const auto& host = context.plan.units.at(context.step.of).host;
  const auto* stage = stage_of(context.plan, host);
  if (stage == nullptr)
    return fault(ec::internal, "no stage of " + host + " has a snapshot policy", host);
  return job_of({*stage->snapshot, host, context.step.target, snapshot_name(context.plan, host),
                 suffix_of(context.plan, host),
                 "before-" + context.plan.run + "-" + std::to_string(context.step.attempt),
                 verb == snapshot_verb::create, false, context.plan.fleet.deadlines.snapshot / 2},
                verb);
}

bool is_snapshot_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !name.empty() && name.size() <= name_max && letter(name.front())
         && std::ranges::all_of(name, [&](char c) {
              return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_';
            });
}

bool is_taken_by_proxmox(std::string name) {
  for (auto& c : name)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return name.size() < 2 || name == "current" || name == "pending" || name == "vzdump";
}

} // namespace

std::string snapshot_name(const plan& of, std::string_view host) {
  const auto suffix = suffix_of(of, host);
  std::string name{own_prefix};
  for (const char c : of.run) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    name += upper ? static_cast<char>(c - 'A' + 'a') : plain ? c : '-';
  }
  return name.substr(0, name_max - suffix.size()) + suffix;
}

std::string outside_folder(const std::string& run, const std::string& host) {
  return "/tmp/.baton-outside-snapshots." + run + "." + host;
}

expected<job> create_snapshot_job(const job_context& context) {
  return step_job(context, snapshot_verb::create);
}

expected<job> restore_snapshot_job(const job_context& context) {
  return step_job(context, snapshot_verb::rollback);
}

expected<job> delete_snapshot_job(const job_context& context) {
  return step_job(context, snapshot_verb::remove);
}

expected<job> snapshot_job(const snapshot_policy& policy, snapshot_verb verb,
                           const std::string& host, const std::string& name) {
  if (verb != snapshot_verb::list && !is_snapshot_name(name))
    return fault(ec::usage, "`" + name
                                + "` is no name for a snapshot: a letter first, then letters, "
                                  "digits, `-` and `_`, at most 40");
  if (policy.driver == snapshot_driver::proxmox && verb != snapshot_verb::list
      && is_taken_by_proxmox(name))
    return fault(ec::usage, "`" + name
                                + "` is no name for a snapshot of Proxmox, which wants two "
                                  "characters and keeps some words for itself");
  if (verb == snapshot_verb::remove && policy.driver != snapshot_driver::script
      && !name.starts_with(own_prefix))
    return fault(ec::usage, "`" + name + "` was not made by Baton: delete it with "
                                + std::string{to_string(policy.driver)} + " itself");
  return job_of({policy, host, policy.on.empty() ? host : policy.on, name, "", "before-" + name,
                 false, false, patience_alone},
                verb);
}

std::string snapshots_check_text(const plan& of, const std::string& target) {
  script text;
  for (const auto& stage : of.stages)
    for (const auto& host : stage.hosts)
      if (stage.snapshot && (stage.snapshot->on.empty() ? host : stage.snapshot->on) == target) {
        put_parts(text, {*stage.snapshot, host, target, "", "", "before-" + of.run, false, true,
                         of.fleet.deadlines.snapshot / 2, of.fleet.disk_free_min});
        text.part(embedded::snapshot_able_sh);
      }
  return text.text();
}

step_outcome snapshot_outcome(const job_context& context, const job_end& end) {
  auto outcome = read_end(context, end, ec::snapshot_failed, "the snapshot");
  const auto doing = release::get(outcome.facts, "snapshot_doing");
  if (outcome.why && end.exit && !doing.empty()) {
    auto text = doing + " "
                + how_it_ended(std::atoi(release::get(outcome.facts, "snapshot_status").c_str()));
    if (const auto said = last_lines(end.log_tail); !said.empty())
      text += ": " + said;
    outcome.why = step_error(context, ec::snapshot_failed, std::move(text));
  }
  outcome.changed_nothing = release::get(outcome.facts, "untouched") == "yes";
  outcome.facts.erase("untouched");
  outcome.facts.erase("snapshot_doing");
  outcome.facts.erase("snapshot_status");
  return outcome;
}

step_outcome create_snapshot_outcome(const job_context& context, const job_end& end) {
  return snapshot_outcome(context, end);
}

step_outcome restore_snapshot_outcome(const job_context& context, const job_end& end) {
  return snapshot_outcome(context, end);
}

step_outcome delete_snapshot_outcome(const job_context& context, const job_end& end) {
  return snapshot_outcome(context, end);
}

} // namespace baton
