#include "cli/report/next_steps.hpp"

#include <algorithm>

namespace baton {

namespace {

/// The hosts that the exit code 2 speaks of.
std::vector<std::string> in_need(const result& how) {
  auto hosts = how.rollback_failed;
  if (how.exit_code == 2)
    for (const auto& host : how.changed) {
      const auto found = how.hosts.find(host);
      const bool well =
          found == how.hosts.end()
          || (found->second.serves != serves::unknown && found->second.healthy != false);
      if (!well && std::find(hosts.begin(), hosts.end(), host) == hosts.end())
        hosts.push_back(host);
    }
  return hosts;
}

/// Whether the fault is the machine's or the way to it: no other commit would help.
bool is_of_the_host(ec code) {
  switch (code) {
  case ec::unreachable:
  case ec::connection_lost:
  case ec::auth_failed:
  case ec::host_key_unknown:
  case ec::host_key_changed:
  case ec::missing_tool:
  case ec::no_space:
    return true;
  default:
    return false;
  }
}

/// The command that prints the whole of what is shown the end of.
std::string logs_of(const run_report& in, const reported_output& one) {
  return "baton logs " + in.run + " --host " + one.hosts.front() + " --phase " + one.phase;
}

std::string first_logs(const run_report& in) {
  return in.outputs.empty() ? "baton logs " + in.run : logs_of(in, in.outputs.front());
}

void advise_on_end(run_report& to, const result& how) {
  for (const auto& host : in_need(how)) {
    const bool is_anothers =
        std::any_of(to.not_rolled_back.begin(), to.not_rolled_back.end(),
                    [&](const auto& one) { return one.host == host && !one.tried; });
    to.next.push_back({is_anothers ? "see what " + host + " serves: it is not this run's any more"
                                   : "a person is needed on " + host,
                       "baton health " + host});
    to.next.push_back({"", "baton logs " + how.run + " --host " + host});
  }
  if (*how.status == status::success)
    return;
  if (how.exit_code == 3) {
    to.next.push_back({"", "baton lease show"});
    to.next.push_back({"to wait until it is free", "baton deploy --queue"});
  }
  const bool is_partial = *how.status == status::partial_success;
  if (!how.rollback_failed.empty()) {
    to.next.push_back({"what can be gone back to", "baton rollback --list"});
    if (is_partial)
      to.next.push_back({"or mend what is wrong there, then", "baton retry " + how.run});
    return;
  }
  const bool is_out_of_reach = how.why && is_of_the_host(how.why->code);
  if (how.exit_code != 3 && !(is_out_of_reach && to.outputs.empty()))
    to.next.push_back({"", first_logs(to)});
  if (is_out_of_reach && !is_partial)
    to.next.push_back({"what is missing where", "baton check --hosts"});
  if (how.why && how.why->code == ec::bad_commit && !how.returns_to.empty())
    to.next.push_back({"", "baton rollback --list"});
  else if (how.why && how.why->code == ec::bad_commit)
    to.next.push_back({"", "baton deploy <a branch, tag or commit that the repository has>"});
  else if (is_partial)
    to.next.push_back({"mend what is wrong there, then", "baton retry " + how.run});
  else if (is_out_of_reach)
    to.next.push_back({"mend it, then", "baton deploy"});
  else if (!how.cancelled && how.exit_code != 3)
    to.next.push_back({"mend it, then", "baton deploy <the mended commit>"});
}

bool has_snapshots(const plan& of, const std::string& host) {
  return std::any_of(of.stages.begin(), of.stages.end(), [&](const stage& one) {
    return one.snapshot && std::find(one.hosts.begin(), one.hosts.end(), host) != one.hosts.end();
  });
}

void advise_on_looks(run_report& to, const plan& of, const result& how) {
  constexpr std::size_t logs_max = 3;
  std::vector<std::string> known;
  for (const auto& one : to.next)
    known.push_back(one.command);
  const auto add = [&](std::string words, std::string command) {
    if (std::find(known.begin(), known.end(), command) != known.end())
      return;
    known.push_back(command);
    to.look.push_back({std::move(words), std::move(command)});
  };
  for (std::size_t nth = 0; nth < std::min(to.outputs.size(), logs_max); ++nth)
    add("all that it printed", logs_of(to, to.outputs[nth]));
  for (const auto& host : how.rollback_failed)
    if (has_snapshots(of, host))
      add("its snapshots", "baton snapshot list " + host);
  add("each step and its time", "baton show " + how.run + " --events");
}

} // namespace

void advise(run_report& to, const plan& of, const result& how, std::optional<int> worker_pid) {
  if (how.status)
    advise_on_end(to, how);
  if (how.status != status::success)
    advise_on_looks(to, of, how);
  if (how.status)
    return;
  if (worker_pid)
    to.next.push_back({"process " + std::to_string(*worker_pid) + " works at it; to stop it",
                       "baton cancel " + how.run});
  else
    to.next.push_back({"", "baton resume " + how.run});
}

} // namespace baton
