#include "cli/hosts_of_house.hpp"

#include "cli/controller_checks.hpp"
#include "runtime/secrets/known_secrets.hpp"
#include "runtime/ssh/ssh_transport.hpp"
#include "runtime/steps/local_transport.hpp"

#include <cstdlib>
#include <utility>

namespace baton {

ssh::options ssh_options_of(const fleet& in) {
  ssh::options how;
  if (const char* file = std::getenv("BATON_SSH_CONFIG"); file && *file)
    how.config_file = file;
  for (const auto& host : in.hosts)
    how.hosts[host.reach.name] = host.reach;
  return how;
}

std::shared_ptr<transport> ssh_of(const fleet& in) {
  return std::make_shared<ssh_transport>(ssh_options_of(in));
}

host_house hosts_of_house(const workspace& in, const fleet& of) {
  host_house made;
  made.network = ssh_of(of);
  made.local = std::make_shared<local_transport>();
  const auto secrets = std::make_shared<known_secrets>(of);
  made.secrets = secrets->all();
  made.before_build = [secrets] { secrets->refresh(); };
  made.owner = lease_owner_json();
  made.controller_dir = (in.state / "controller").string();
  made.ask_checks = [checks = std::make_shared<controller_checks>(made.secrets)](
                        const std::vector<health_check>& what, const std::string& address,
                        std::function<void(std::vector<check_answer>)> then) {
    checks->ask(what, address, std::move(then));
  };
  return made;
}

} // namespace baton
