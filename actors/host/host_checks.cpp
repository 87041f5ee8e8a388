#include "actors/host/host.hpp"
#include "actors/order_id.hpp"
#include "rules/questions.hpp"
#include "runtime/checks/ask_job.hpp"

#include <algorithm>
#include <utility>

/// The part of a host actor that asks checks: for others, and from others.

namespace baton {

namespace {

constexpr duration ask_again_after{1'000};

} // namespace

void host_work::ask(const check_order& order, std::function<void(check_report)> answer) {
  job_runner::task what;
  what.id = order.id;
  what.work = ask_job(order.plan->fleet, settings_.reach.to.name, order.questions);
  what.deadline = order.deadline;
  what.label.target = settings_.reach.to.name;
  what.label.step_id = order.id;
  const auto look = std::make_shared<job_runner>(
      link_, clock_, *house_, std::move(what),
      [this, order, answer = std::move(answer)](const expected<job_end>& end) {
        asked_.erase(order.id);
        answer({read_answers(order.questions, end)});
      });
  asked_[order.id] = look;
  look->run();
}

/// Those of the verification. One that could not be asked is patiently asked again.
void host_work::verify_checks(const std::string& id, duration until, int round) {
  auto* here = find(id);
  if (!here)
    return;
  const auto& plan = here->order.plan;
  here->checks = std::make_shared<asking>(
      place(), plan, look_id_of(here->order, here->began) + "/" + std::to_string(round),
      questions_of_verification(*plan), here->order.step.deadline,
      [this, id, until, round](asking::answers told) {
        if (!find(id))
          return;
        const bool open =
            std::any_of(told.begin(), told.end(), [](const auto& one) { return !one.asked; });
        if (open && clock_.now() < until) {
          clock_.later(ask_again_after,
                       [this, id, until, round] { verify_checks(id, until, round + 1); });
          return;
        }
        step_outcome outcome;
        outcome.checks = std::move(told);
        end(id, std::move(outcome));
      });
  here->checks->run();
}

void host_work::look_elsewhere(const std::string& id, step_outcome seen) {
  auto& here = *find(id);
  const auto& order = here.order;
  const auto* stack = stack_of(order);
  auto questions = stack ? questions_about(order.plan->fleet, order.plan->units[order.step.of].host,
                                           *stack, *seen.view)
                         : std::vector<check_question>{};
  if (questions.empty()) {
    end(id, std::move(seen));
    return;
  }
  here.checks = std::make_shared<asking>(
      place(), order.plan, look_id_of(order, here.began) + "/checks", std::move(questions),
      order.step.deadline, [this, id, seen](const asking::answers& told) mutable {
        add_answers(*seen.view, told);
        if (find(id))
          end(id, std::move(seen));
      });
  here.checks->run();
}

} // namespace baton
