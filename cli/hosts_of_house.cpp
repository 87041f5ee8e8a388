#include "cli/hosts_of_house.hpp"

#include "cli/observers.hpp"
#include "cli/record_log.hpp"
#include "runtime/secrets/known_values.hpp"
#include "runtime/ssh/ssh_transport.hpp"
#include "runtime/steps/local_transport.hpp"

#include <cstdlib>
#include <utility>

namespace baton {

std::shared_ptr<transport> ssh_of(const fleet& in) {
  ssh_options how;
  if (const char* file = std::getenv("BATON_SSH_CONFIG"); file && *file)
    how.config_file = file;
  for (const auto& host : in.hosts)
    how.hosts[host.reach.name] = host.reach;
  return std::make_shared<ssh_transport>(std::move(how));
}

std::shared_ptr<redactor> redactor_of(const fleet& in) {
  auto made = std::make_shared<redactor>();
  for (const auto& value : values_of_secrets(in.secrets).values)
    made->add(value);
  return made;
}

host_house hosts_of_house(const workspace& in, const plan& todo) {
  host_house made;
  made.network = ssh_of(todo.fleet);
  made.local = std::make_shared<local_transport>();
  made.secrets = redactor_of(todo.fleet);
  made.owner = lease_owner_json();
  made.controller_dir = (in.state / "controller").string();
  made.ask_checks = [](std::vector<health_check> checks, endpoint,
                       std::function<void(std::vector<check_answer>)> then) {
    then(std::vector<check_answer>(checks.size()));
  };
  return made;
}

void add_standing_observers(const workspace& in, const std::shared_ptr<const plan>& todo,
                            const std::shared_ptr<const redactor>& secrets,
                            const std::string& metrics_file, bool print_alerts,
                            std::vector<std::shared_ptr<observer>>& into) {
  into.push_back(std::make_shared<record_log>(todo));
  into.push_back(std::make_shared<output_files>(in.state, secrets));
  into.push_back(std::make_shared<alert_teller>(print_alerts, nullptr));
  (void)metrics_file;
}

} // namespace baton
