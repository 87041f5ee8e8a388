#include "cli/single_job.hpp"

#include "actors/host/job_runner.hpp"
#include "actors/host/lease_taking.hpp"
#include "cli/conversation.hpp"
#include "cli/hosts_of_house.hpp"
#include "runtime/fault.hpp"
#include "runtime/log/redact_record.hpp"
#include "runtime/shell_quote.hpp"
#include "runtime/snapshots/snapshot_jobs.hpp"

#include <chrono>
#include <filesystem>
#include <iostream>
#include <optional>
#include <thread>

namespace baton {

namespace {

constexpr duration answer_deadline{20'000};
/// With what a dead owner has begun to be ended first.
constexpr duration lease_deadline{60'000};
constexpr duration end_slack{60'000};
/// For a machine that boots after it was rewound.
constexpr duration boot_patience{180'000};
constexpr duration boot_poll{1'000};

link::options link_to(const workspace& in, const std::string& target, const std::string& run) {
  link::options how;
  how.to.name = target;
  how.connect_deadline = in.fleet->deadlines.connect;
  if (const auto* host = find_host(*in.fleet, target)) {
    how.to = host->reach;
    how.state_dir = host->state_dir;
  } else {
    how.state_dir = (in.state / "controller" / run).string();
  }
  return how;
}

expected<std::uint64_t> get_lease(conversation& talk, const std::string& run,
                                  const host_house& house, const std::string& target,
                                  std::uint64_t fence_at_least = 0) {
  const auto got = talk.ask<taken_lease>(
      [&](link& at, std::function<void(expected<taken_lease>)> then) {
        take_lease(at, talk.clock(), target, {run, house.owner, fence_at_least}, house.judge_owner,
                   std::move(then));
      },
      lease_deadline);
  if (!got)
    return tl::unexpected<error>{got.error()};
  if (!got->from.empty())
    std::cerr << told_of(target, got->from) << "\n";
  return got->fence;
}

/// Tells the host every so often that the owner lives, as long as there is a conversation.
void keep_alive(conversation& talk, const std::string& run, std::uint64_t fence, duration every) {
  talk.clock().later(every, [&talk, run, fence, every] {
    talk.at().when_ready([&talk, run, fence](const expected<void>& how) {
      if (how)
        talk.at().send(
            talk.at().shell().lease_heartbeat(run, fence, {}, [](const expected<void>&) {}));
    });
    keep_alive(talk, run, fence, every);
  });
}

void give_back(conversation& talk, const std::string& run, std::uint64_t fence) {
  // Nothing to be done about a failure: the next owner sees that this process is gone.
  (void)talk.ask<bool>(
      [&](link& at, const std::function<void(expected<bool>)>& then) {
        at.send(
            at.shell().lease_release(run, fence, [then](const expected<void>&) { then(true); }));
      },
      answer_deadline);
}

expected<job_end> run_through(conversation& talk, const host_house& house, const single_job& what,
                              const std::string& run, std::uint64_t fence) {
  std::optional<expected<job_end>> told;
  job_runner::task task;
  task.id = run + "/" + what.name + "/" + what.target + "/1/job";
  task.work = what.work;
  task.fence = fence;
  task.deadline = what.deadline;
  task.label = {run, what.name, what.target, task.id, ""};
  auto runner =
      std::make_shared<job_runner>(talk.at(), talk.clock(), house, std::move(task),
                                   [&told](expected<job_end> end) { told = std::move(end); });
  runner->run();
  talk.run_until([&told] { return told.has_value(); }, what.deadline + end_slack);
  if (!told)
    return fault(ec::timed_out, what.name + " did not end", what.target);
  if (!*told)
    return tl::unexpected<error>{redact(*house.secrets, told->error())};
  return *told;
}

expected<job_end> run_at(const link::options& where, const host_house& house,
                         const single_job& what, const std::string& run) {
  conversation talk{what.target == controller_name ? house.local : house.network, where};
  std::uint64_t fence = 0;
  if (!what.work.is_look) {
    const auto got = get_lease(talk, run, house, what.target);
    if (!got)
      return tl::unexpected<error>{got.error()};
    fence = *got;
    keep_alive(talk, run, fence, house.lease_beat);
  }
  auto end = run_through(talk, house, what, run, fence);
  if (fence > 0)
    give_back(talk, run, fence);
  return end;
}

/// The lease of a rewound host says what it said then, and so does its fence. Ours was the last.
expected<void> take_again(const workspace& in, const host_house& house, const std::string& host,
                          const std::string& run, std::uint64_t fence) {
  conversation talk{house.network, link_to(in, host, run)};
  const auto broken = talk.ask<lease_report>(
      [](link& at, std::function<void(expected<lease_report>)> then) {
        at.send(at.shell().lease_break(std::move(then)));
      },
      answer_deadline);
  if (!broken)
    return tl::unexpected<error>{broken.error()};
  const auto raised = get_lease(talk, run, house, host, fence + 1);
  if (!raised)
    return tl::unexpected<error>{raised.error()};
  single_job sweep{host, "sweep", {}, answer_deadline, ""};
  sweep.work.script = "rm -rf -- " + shell_quote(outside_folder(run, host));
  (void)run_through(talk, house, sweep, run, *raised); // else the host's /tmp keeps it
  give_back(talk, run, *raised);
  return {};
}

expected<job_end> rewind(const workspace& in, const host_house& house, const single_job& what,
                         const std::string& run) {
  const auto& host = what.rewinds;
  std::uint64_t fence = 0;
  {
    conversation talk{house.network, link_to(in, host, run)};
    const auto got = get_lease(talk, run, house, host);
    if (!got && (got.error().code == ec::lease_held || what.target == host))
      return tl::unexpected<error>{got.error()};
    if (!got)
      std::cerr << host
                << " cannot be asked, nobody knows who is at work there: " << describe(got.error())
                << "\n";
    fence = got.value_or(0);
  }
  auto where = link_to(in, what.target, run);
  if (what.target == host)
    where.state_dir = outside_folder(run, host);
  auto end = run_at(where, house, what, run);
  const auto until = std::chrono::steady_clock::now() + boot_patience;
  auto again = take_again(in, house, host, run, fence);
  while (!again && again.error().retryable && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(boot_poll);
    again = take_again(in, house, host, run, fence);
  }
  if (!again)
    std::cerr << "the lease of " << host << " may be as old as the snapshot (`baton lease release "
              << host << "`): " << describe(again.error()) << "\n";
  return end;
}

std::vector<std::string> names_of_hosts(const fleet& in) {
  std::vector<std::string> names;
  for (const auto& host : in.hosts)
    names.push_back(host.reach.name);
  return names;
}

} // namespace

expected<job_end> run_single_job(const cli_context& context, const workspace& in,
                                 const single_job& what) {
  const auto run = new_run_id();
  auto house =
      hosts_of_house(in, *in.fleet, names_of_hosts(*in.fleet), in.fleet->default_environment);
  if (const auto stopped_by = learn_secrets(*house.contents); !stopped_by.empty())
    return fault(ec::cancelled, stopped_by + ": nothing was begun");
  auto& out = context.json ? std::cerr : std::cout;
  house.on_output = [&out](const output_note& note) { out << note.text << std::flush; };
  auto end = what.rewinds.empty() ? run_at(link_to(in, what.target, run), house, what, run)
                                  : rewind(in, house, what, run);
  if (what.target == controller_name) {
    // What it printed, as it printed it, is for nobody any more.
    std::error_code ignored;
    std::filesystem::remove_all(in.state / "controller" / run, ignored);
  }
  return end;
}

int exit_code_of(const error& why) {
  return why.code == ec::lease_held ? 3 : why.code == ec::usage ? exit_code::usage : 1;
}

} // namespace baton
