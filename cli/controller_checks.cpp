#include "cli/controller_checks.hpp"

#include "cli/hosts_of_house.hpp"
#include "runtime/checks/ask_job.hpp"
#include "runtime/ssh/resolve.hpp"

#include <algorithm>
#include <memory>
#include <mutex>
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

} // namespace

void controller_checks::ask(const std::vector<check_question>& questions,
                            std::function<void(std::vector<check_answer>)> then) {
  auto all = std::make_shared<gathering>();
  for (const auto& one : questions)
    all->answers.push_back(answer_to(one));
  all->left = questions.size();
  all->then = std::move(then);
  if (questions.empty())
    all->then({});
  for (std::size_t i = 0; i < questions.size(); ++i)
    checker_.ask(questions[i].what, questions[i].address, [all, i](const check_result& told) {
      std::unique_lock lock{all->mutex};
      all->answers[i].ok = told.ok;
      all->answers[i].why = told.why;
      if (--all->left > 0)
        return;
      lock.unlock();
      all->then(std::move(all->answers));
    });
}

void resolve_check_addresses(fleet& in) {
  const auto needs_it = [](const std::vector<health_check>& checks) {
    return std::any_of(checks.begin(), checks.end(), names_host);
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
