#include "cli/hosts_of_house.hpp"

#include "cli/controller_checks.hpp"
#include "cli/signals.hpp"
#include "runtime/journal/run_lock.hpp"
#include "runtime/open_files.hpp"
#include "runtime/secrets/known_secrets.hpp"
#include "runtime/ssh/ssh_transport.hpp"
#include "runtime/steps/local_transport.hpp"
#include "runtime/steps/owner_line.hpp"

#include <cstdlib>
#include <mutex>
#include <unistd.h>
#include <utility>

namespace baton {

namespace {
// Of a host: its socket, two more behind a jump host, the output of its step.
constexpr std::size_t files_per_host = 4;
constexpr std::size_t files_at_rest = 128;
/// Whether the journal has the run, and how it stands there.
owner_run run_of(const lease_owner& owner, const journal& known) {
  const auto row = known.find_run(owner.run);
  if (!row || row->id != owner.run)
    return owner_run::foreign;
  return row->status ? owner_run::ended : owner_run::unfinished;
}

} // namespace

owner_signs signs_of(const lease_owner& owner, const journal* known) {
  owner_signs signs;
  signs.process = process_of(owner.owner);
  if (known)
    signs.run = run_of(owner, *known);
  signs.silent = duration{static_cast<duration::rep>(owner.silent * 1000)};
  return signs;
}

ssh::options ssh_options_of(const fleet& in) {
  ssh::options how;
  if (const char* file = std::getenv("BATON_SSH_CONFIG"); file && *file)
    how.config_file = file;
  for (const auto& host : in.hosts)
    how.hosts[host.reach.name] = host.reach;
  return how;
}

std::shared_ptr<transport> ssh_of(const fleet& in) {
  const auto hosts = in.hosts.size();
  if (auto told = allow_open_files(files_at_rest + files_per_host * hosts,
                                   "a fleet of " + std::to_string(hosts) + " hosts");
      !told)
    throw command_failed{exit_code::unavailable, told.error()};
  return std::make_shared<ssh_transport>(ssh_options_of(in));
}

host_house hosts_of_house(const workspace& in, const fleet& of) {
  return hosts_of_house(in, of, {}, "");
}

host_house hosts_of_house(const workspace& in, const fleet& of, std::vector<std::string> hosts,
                          std::string environment) {
  host_house made;
  made.network = ssh_of(of);
  made.local = std::make_shared<local_transport>();
  const auto secrets = std::make_shared<known_secrets>(of);
  made.secrets = secrets->all();
  made.contents = std::make_shared<secret_contents>(
      of, secret_contents::settings{std::move(hosts), std::move(environment), secrets, in.printed});
  made.before_build = [secrets] { secrets->refresh(); };
  made.owner = lease_owner_json();
  made.judge_owner = [known = in.journal, state = in.state,
                      dead_after = of.lease_dead_after](const lease_owner& owner) {
    auto signs = signs_of(owner, known.get());
    // Somebody goes on with it by now, and has not yet come to tell this host.
    if (const auto worker = run_lock::owner(state, owner.run); worker && *worker)
      if ((*worker)->alive && (*worker)->process.pid != ::getpid())
        signs.process = owner_process::lives;
    return succession_of(signs, dead_after);
  };
  made.controller_dir = (in.state / "controller").string();
  made.ask_checks = [checks = std::make_shared<controller_checks>()](
                        const std::vector<check_question>& questions,
                        std::function<void(std::vector<check_answer>)> then) {
    checks->ask(questions, std::move(then));
  };
  return made;
}

std::string learn_secrets(secret_contents& contents) {
  std::string stopped_by;
  std::mutex mutex; // guards stopped_by
  {
    const signals heard{[&](const std::string& name, int) {
                          const std::lock_guard alone{mutex};
                          stopped_by = name;
                          contents.stop();
                        },
                        {}};
    contents.learn();
  }
  return stopped_by;
}

} // namespace baton
