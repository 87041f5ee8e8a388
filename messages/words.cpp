#include "messages/event.hpp"
#include "messages/fleet.hpp"
#include "messages/plan.hpp"
#include "messages/result.hpp"

#include <algorithm>

namespace baton {

std::string_view to_string(scope value) noexcept {
  switch (value) {
  case scope::none:
    return "none";
  case scope::self:
    return "self";
  case scope::upstream:
    return "upstream";
  case scope::all:
    return "all";
  }
  return "none";
}

std::string_view to_string(status value) noexcept {
  switch (value) {
  case status::success:
    return "success";
  case status::partial_success:
    return "partial_success";
  case status::rolled_back:
    return "rolled_back";
  case status::failed:
    return "failed";
  case status::aborted:
    return "aborted";
  }
  return "failed";
}

std::string_view to_string(severity value) noexcept {
  switch (value) {
  case severity::none:
    return "none";
  case severity::info:
    return "info";
  case severity::warning:
    return "warning";
  case severity::critical:
    return "critical";
  }
  return "none";
}

std::string_view to_string(after_failure value) noexcept {
  return value == after_failure::stop ? "stop" : "go_on";
}

std::string_view to_string(role value) noexcept {
  switch (value) {
  case role::staging:
    return "staging";
  case role::production:
    return "production";
  case role::public_facing:
    return "public";
  }
  return "staging";
}

std::string_view to_string(snapshot_driver value) noexcept {
  switch (value) {
  case snapshot_driver::script:
    return "script";
  case snapshot_driver::btrfs:
    return "btrfs";
  case snapshot_driver::proxmox:
    return "proxmox";
  case snapshot_driver::zfs:
    return "zfs";
  case snapshot_driver::lvm:
    break;
  }
  return "lvm";
}

std::string_view to_string(phase_kind value) noexcept {
  switch (value) {
  case phase_kind::pre_flight:
    return "pre_flight";
  case phase_kind::secrets_sync:
    return "secrets_sync";
  case phase_kind::snapshots:
    return "snapshots";
  case phase_kind::deploy:
    return "deploy";
  case phase_kind::guard:
    return "guard";
  case phase_kind::tests:
    return "tests";
  case phase_kind::verification:
    return "verification";
  case phase_kind::rollback:
    return "rollback";
  case phase_kind::ending:
    return "ending";
  }
  return "deploy";
}

std::string_view to_string(step_kind value) noexcept {
  switch (value) {
  case step_kind::resolve:
    return "resolve";
  case step_kind::lease:
    return "lease";
  case step_kind::inspect:
    return "inspect";
  case step_kind::baseline:
    return "baseline";
  case step_kind::save_secrets:
    return "save_secrets";
  case step_kind::sync_secrets:
    return "sync_secrets";
  case step_kind::compare_secrets:
    return "compare_secrets";
  case step_kind::create_snapshot:
    return "create_snapshot";
  case step_kind::prepare:
    return "prepare";
  case step_kind::activate:
    return "activate";
  case step_kind::gate:
    return "gate";
  case step_kind::guard:
    return "guard";
  case step_kind::run_tests:
    return "run_tests";
  case step_kind::verify:
    return "verify";
  case step_kind::verify_checks:
    return "verify_checks";
  case step_kind::restore:
    return "restore";
  case step_kind::restore_snapshot:
    return "restore_snapshot";
  case step_kind::put_back_secrets:
    return "put_back_secrets";
  case step_kind::delete_snapshot:
    return "delete_snapshot";
  case step_kind::settle:
    return "settle";
  case step_kind::look:
    return "look";
  case step_kind::foresee:
    return "foresee";
  case step_kind::release_lease:
    return "release_lease";
  }
  return "look";
}

std::string_view to_string(serves value) noexcept {
  switch (value) {
  case serves::new_release:
    return "new";
  case serves::old_release:
    return "old";
  case serves::none:
    return "none";
  case serves::mixed:
    return "mixed";
  case serves::unknown:
    return "unknown";
  }
  return "unknown";
}

std::string_view to_string(run_state value) noexcept {
  switch (value) {
  case run_state::queued:
    return "queued";
  case run_state::running:
    return "running";
  case run_state::waiting:
    return "waiting";
  case run_state::rolling_back:
    return "rolling_back";
  case run_state::finished:
    return "finished";
  }
  return "running";
}

std::string_view to_string(phase_outcome value) noexcept {
  switch (value) {
  case phase_outcome::ok:
    return "ok";
  case phase_outcome::failed:
    return "failed";
  case phase_outcome::skipped:
    return "skipped";
  case phase_outcome::not_run:
    return "not_run";
  case phase_outcome::cancelled:
    return "cancelled";
  }
  return "not_run";
}

std::string_view to_string(send_fault value) noexcept {
  switch (value) {
  case send_fault::timed_out:
    return "timed_out";
  case send_fault::unreachable:
    return "unreachable";
  case send_fault::throttled:
    return "throttled";
  case send_fault::server_error:
    return "server_error";
  case send_fault::unauthorized:
    return "unauthorized";
  case send_fault::untrusted:
    return "untrusted";
  case send_fault::refused:
    return "refused";
  case send_fault::failed:
    return "failed";
  case send_fault::misconfigured:
    return "misconfigured";
  case send_fault::gone:
    break;
  }
  return "gone";
}

std::string_view type_name(const event_t& what) noexcept {
  constexpr std::string_view names[] = {
      "run_requested",   "phase_started",   "step_started", "step_ended",       "step_stopped",
      "retry_scheduled", "retry_due",       "phase_ended",  "rollback_started", "cancel_requested",
      "alert_raised",    "run_finished",    "message_sent", "message_failed",   "message_given_up",
      "channel_stopped", "channel_resumed", "acknowledged", "act_began",        "act_ended"};
  return names[what.index()];
}

namespace {

template <class T>
const T* find_named(const std::vector<T>& among, std::string_view name) {
  auto found =
      std::find_if(among.begin(), among.end(), [name](const T& one) { return one.name == name; });
  return found == among.end() ? nullptr : &*found;
}

} // namespace

const host* find_host(const fleet& in, std::string_view name) {
  auto found = std::find_if(in.hosts.begin(), in.hosts.end(),
                            [name](const host& one) { return one.reach.name == name; });
  return found == in.hosts.end() ? nullptr : &*found;
}

const std::string& address_of(const host& one) {
  if (!one.check_address.empty())
    return one.check_address;
  return one.reach.address.empty() ? one.reach.name : one.reach.address;
}

bool names_host(const health_check& one) {
  const auto has = [](const std::string& text) { return text.find("${host}") != text.npos; };
  return has(one.url) || has(one.address) || has(one.run.shell)
         || std::any_of(one.run.argv.begin(), one.run.argv.end(), has);
}

bool is_made_by(const health_check& one, std::string_view own_host) {
  return one.on.empty() || one.on == own_host_name || one.on == own_host;
}

const stage* find_stage(const fleet& in, std::string_view name) {
  return find_named(in.stages, name);
}

const environment* find_environment(const fleet& in, std::string_view name) {
  return find_named(in.environments, name);
}

const channel* find_channel(const alert_policy& in, std::string_view name) {
  return find_named(in.channels, name);
}

const stack* find_stack(const stage& in, std::string_view name) {
  return find_named(in.stacks, name);
}

std::string unit_name(const plan& of, unit_id which) {
  const auto& that = of.units[which];
  if (that.stack.empty())
    return that.host;
  // More than one stack on this host? They stand side by side.
  const auto is_sibling = [&](unit_id other) {
    return other < of.units.size() && of.units[other].host == that.host
           && !of.units[other].stack.empty();
  };
  return is_sibling(which + 1) || is_sibling(which - 1) ? that.host + "/" + that.stack : that.host;
}

std::string step_id(const plan& of, std::string_view phase, step_kind kind, unit_id which,
                    int attempt) {
  const auto unit = unit_name(of, which);
  const auto nth = std::to_string(attempt);
  const auto what = to_string(kind);
  std::string id;
  id.reserve(of.run.size() + phase.size() + unit.size() + nth.size() + what.size() + 4);
  id += of.run;
  for (const std::string_view part : {phase, std::string_view{unit}, std::string_view{nth}, what}) {
    id += '/';
    id += part;
  }
  return id;
}

} // namespace baton
