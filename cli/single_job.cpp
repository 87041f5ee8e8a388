#include "cli/single_job.hpp"

#include "actors/host/job_runner.hpp"
#include "cli/conversation.hpp"
#include "cli/hosts_of_house.hpp"
#include "runtime/fault.hpp"
#include "runtime/log/redact_record.hpp"

#include <filesystem>
#include <iostream>
#include <optional>

namespace baton {

namespace {

constexpr duration answer_deadline{20'000};
constexpr duration end_slack{60'000};

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

expected<std::uint64_t> take_lease(conversation& talk, const std::string& run,
                                   const std::string& owner, const std::string& target) {
  const auto told = talk.ask<lease_report>(
      [&](link& at, std::function<void(expected<lease_report>)> then) {
        at.send(at.shell().lease_acquire({run, owner, 0}, std::move(then)));
      },
      answer_deadline);
  if (!told)
    return tl::unexpected<error>{told.error()};
  if (told->holder)
    return fault(ec::lease_held,
                 target + " is leased by run " + told->holder->run + " of " + told->holder->owner,
                 target);
  return told->fence;
}

void give_back(conversation& talk, const std::string& run, std::uint64_t fence) {
  // Nothing to be done about a failure: the next owner sees that this process is gone.
  (void)talk.ask<bool>(
      [&](link& at, std::function<void(expected<bool>)> then) {
        at.send(
            at.shell().lease_release(run, fence, [then](const expected<void>&) { then(true); }));
      },
      answer_deadline);
}

} // namespace

expected<job_end> run_single_job(const workspace& in, const single_job& what) {
  const auto run = new_run_id();
  auto house = hosts_of_house(in, *in.fleet);
  house.on_output = [](const output_note& note) { std::cout << note.text << std::flush; };
  conversation talk{what.target == controller_name ? house.local : house.network,
                    link_to(in, what.target, run)};
  std::uint64_t fence = 0;
  if (!what.work.is_look) {
    const auto got = take_lease(talk, run, house.owner, what.target);
    if (!got)
      return tl::unexpected<error>{got.error()};
    fence = *got;
  }
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
  if (fence > 0)
    give_back(talk, run, fence);
  if (what.target == controller_name) {
    // What it printed, as it printed it, is for nobody any more.
    std::error_code ignored;
    std::filesystem::remove_all(in.state / "controller" / run, ignored);
  }
  if (!told)
    return fault(ec::timed_out, what.name + " did not end", what.target);
  if (!*told)
    return tl::unexpected<error>{redact(*house.secrets, told->error())};
  return *told;
}

int exit_code_of(const error& why) {
  return why.code == ec::lease_held ? 3 : why.code == ec::usage ? exit_code::usage : 1;
}

} // namespace baton
