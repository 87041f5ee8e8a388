#include "cli/controller_checks.hpp"

#include "cli/hosts_of_house.hpp"

#include "runtime/process.hpp"
#include "runtime/ssh/resolve.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace baton {

namespace {

/// Answers that are gathered, in the order of the questions.
struct gathering {
  std::mutex mutex;
  std::vector<check_answer> answers;
  std::size_t left = 0;
  std::function<void(std::vector<check_answer>)> then;
};

std::string name_of(const health_check& check, const std::string& address) {
  switch (check.kind) {
  case check_kind::http:
    return "http " + with_host(check.url, address);
  case check_kind::tcp:
    return "tcp " + with_host(check.address, address);
  case check_kind::command:
    return "command";
  case check_kind::compose:
    return "compose";
  }
  return "check";
}

check_result run_command(const health_check& what) {
  process_request asked;
  asked.argv = what.run.argv;
  if (asked.argv.empty())
    asked.argv = {"/bin/sh", "-c", what.run.shell};
  asked.deadline = what.timeout;
  const auto end = run_process(asked);
  if (!end)
    return {false, describe(end.error()), 0};
  if (const auto why = failure_of(*end, ec::unhealthy, "the check"))
    return {false, why->what, 0};
  return {true, "", 0};
}

} // namespace

void controller_checks::ask_one(const health_check& what, const std::string& address,
                                std::function<void(check_result)> answer) {
  if (what.kind != check_kind::command) {
    checker_.ask(what, address, std::move(answer));
    return;
  }
  std::lock_guard lock{mutex_};
  commands_.emplace_back([what, answer = std::move(answer)] { answer(run_command(what)); });
}

void controller_checks::ask(const std::vector<health_check>& checks, const std::string& address,
                            std::function<void(std::vector<check_answer>)> then) {
  auto all = std::make_shared<gathering>();
  all->answers.resize(checks.size());
  all->left = checks.size();
  all->then = std::move(then);
  if (checks.empty())
    all->then({});
  for (std::size_t i = 0; i < checks.size(); ++i) {
    all->answers[i].check = name_of(checks[i], address);
    ask_one(checks[i], address, [all, i](const check_result& told) {
      std::unique_lock lock{all->mutex};
      all->answers[i].ok = told.ok;
      all->answers[i].why = told.why;
      if (--all->left > 0)
        return;
      lock.unlock();
      all->then(std::move(all->answers));
    });
  }
}

void resolve_check_addresses(fleet& in) {
  const auto needs_it = [](const std::vector<health_check>& checks) {
    return std::any_of(checks.begin(), checks.end(), [](const health_check& one) {
      return (one.url + one.address).find("${host}") != std::string::npos;
    });
  };
  bool needed = needs_it(in.verification.checks);
  for (const auto& stage : in.stages)
    for (const auto& stack : stage.stacks)
      needed = needed || needs_it(stack.health.checks);
  if (!needed)
    return;
  const auto how = ssh_options_of(in);
  for (auto& host : in.hosts)
    if (host.reach.address.empty())
      if (const auto told = ssh::resolve_endpoint(host.reach, how))
        host.check_address = told->host;
}

} // namespace baton
