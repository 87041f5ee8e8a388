#include "tests/rules/support/player.hpp"

#include <algorithm>
#include <deque>
#include <stdexcept>

namespace baton::test {

using namespace std::chrono_literals;

namespace {

error named(ec code, bool retryable) {
  error why;
  why.code = code;
  why.what = std::string{to_string(code)};
  why.retryable = retryable;
  return why;
}

class stage_hand {
public:
  stage_hand(played& show, const staging& with) : show_(show), with_(with) {
    for (const auto& one : with.troubles)
      left_.push_back(one.times);
  }

  void run() {
    if (with_.first)
      with_.first(show_.hosts);
    happen(event::run_requested{show_.shared});
    // No plan of these tests needs more; a run that does turns in a circle.
    for (std::size_t events = 0; !show_.now.finished; ++events) {
      if (events > 200 + 60 * show_.of.units.size() * show_.of.phases.size()) {
        show_.stuck = "does not come to an end";
        return;
      }
      if (!running_.empty())
        end_one();
      else if (!wake_one())
        return;
    }
    show_.ends = *show_.now.finished;
  }

private:
  void happen(event_t what) {
    clock_ += 100ms;
    const auto batch = react(show_.of, show_.now, {0, show_.of.run, clock_, 0.5, std::move(what)});
    for (const auto& one : batch) {
      show_.journal.push_back(one);
      if (const auto* step = std::get_if<event::step_started>(&one.what))
        running_.push_back(*step);
      if (const auto* stop = std::get_if<event::step_stopped>(&one.what))
        stopped_.insert({stop->of, stop->kind});
    }
    if (with_.watch)
      with_.watch(show_, batch);
  }

  bool fits(const trouble& one, const event::step_started& step) const {
    const auto& host = show_.of.units[step.of].host;
    return (one.phase.empty() || one.phase == step.phase) && (!one.kind || *one.kind == step.kind)
           && (one.host.empty() || one.host == host);
  }

  void end_one() {
    const auto step = running_.front();
    std::optional<mishap> bad;
    if (with_.decide)
      bad = with_.decide(step);
    if (with_.cancels && cancelling_.insert(step.phase).second)
      if (const auto by = with_.cancels(step.phase); !by.empty())
        happen(event::cancel_requested{by});
    for (std::size_t nth = 0; nth < left_.size(); ++nth) {
      const auto& one = with_.troubles[nth];
      if (!fits(one, step) || left_[nth] <= 0)
        continue;
      --left_[nth];
      if (one.meanwhile)
        one.meanwhile(show_.hosts);
      if (one.bad)
        bad = one.bad;
      if (!one.cancelled_by.empty())
        happen(event::cancel_requested{one.cancelled_by});
    }
    running_.pop_front();
    const bool stopped = stopped_.erase({step.of, step.kind}) > 0;
    auto outcome = stopped ? show_.hosts.kill(step) : show_.hosts.carry_out(step, bad);
    if (with_.retells)
      with_.retells(step, outcome);
    happen(event::step_ended{step.phase, step.kind, step.of, step.attempt, std::move(outcome)});
  }

  bool wake_one() {
    const auto waiting = retries_waiting(show_.of, show_.now);
    if (waiting.empty()) {
      show_.stuck = "waits for nothing";
      return false;
    }
    const auto first = std::min_element(waiting.begin(), waiting.end(),
                                        [](const auto& a, const auto& b) { return a.at < b.at; });
    for (std::size_t nth = 0; nth < left_.size(); ++nth) {
      // A cancel that waits for no kind of step comes in the back-off.
      const auto& one = with_.troubles[nth];
      if (one.phase == first->phase && one.host == "(back-off)" && left_[nth]-- > 0) {
        happen(event::cancel_requested{one.cancelled_by});
        return true;
      }
    }
    clock_ = std::max(clock_, first->at);
    happen(event::retry_due{first->phase, first->of, first->attempt});
    return true;
  }

  played& show_;
  const staging& with_;
  std::vector<int> left_;
  std::deque<event::step_started> running_;
  std::set<std::pair<unit_id, step_kind>> stopped_;
  std::set<std::string> cancelling_; ///< phases that were asked about
  time_point clock_{};
};

} // namespace

mishap fails(ec code) {
  return {named(code, false), false};
}
mishap fails_retryably(ec code) {
  return {named(code, true), false};
}
mishap fails_half_way(ec code) {
  return {named(code, false), true};
}

std::string played::row() const {
  if (!stuck.empty())
    return stuck;
  std::string text = ends.status ? std::string{to_string(*ends.status)} : "unfinished";
  if (ends.cancelled)
    text += ", cancelled";
  text += " · " + ends.phase + " ·";
  for (const auto& stage : of.stages)
    for (const auto& host : stage.hosts)
      if (std::find(ends.systems_deployed.begin(), ends.systems_deployed.end(), host)
          != ends.systems_deployed.end())
        text += " " + host;
  if (ends.systems_deployed.empty())
    text += " none";
  text += " ·";
  for (const auto& stage : of.stages)
    for (const auto& host : stage.hosts)
      text += std::string{" "} + "no-m?"[static_cast<std::size_t>(ends.hosts.at(host).serves)];
  return text + " · " + std::to_string(ends.exit_code);
}

std::vector<std::string> played::steps(step_kind kind) const {
  std::vector<std::string> found;
  for (const auto& one : journal)
    if (const auto* step = std::get_if<event::step_started>(&one.what); step && step->kind == kind)
      found.push_back(step->phase + " " + of.units[step->of].host);
  return found;
}

namespace {

struct telling {
  const plan& of;

  std::string operator()(const event::run_requested&) const { return "requested"; }
  std::string operator()(const event::phase_started& what) const { return "== " + what.phase; }
  std::string operator()(const event::step_started& what) const {
    return "  " + std::string{to_string(what.kind)} + " " + unit_name(of, what.of);
  }
  std::string operator()(const event::step_ended& what) const {
    return "  . " + std::string{to_string(what.kind)} + " " + unit_name(of, what.of)
           + (what.outcome.why ? " " + describe(*what.outcome.why) : "")
           + (what.outcome.changed_nothing ? ", nothing changed" : "");
  }
  std::string operator()(const event::step_stopped& what) const {
    return "  stop " + unit_name(of, what.of);
  }
  std::string operator()(const event::retry_scheduled& what) const {
    return "  retry of " + unit_name(of, what.of);
  }
  std::string operator()(const event::retry_due& what) const {
    return "  now " + unit_name(of, what.of);
  }
  std::string operator()(const event::phase_ended& what) const {
    return "== " + what.phase + " " + std::string{to_string(what.outcome)};
  }
  std::string operator()(const event::rollback_started& what) const {
    return "rollback " + std::string{to_string(what.over)};
  }
  std::string operator()(const event::cancel_requested&) const { return "cancel"; }
  std::string operator()(const event::alert_raised& what) const { return "alert " + what.text; }
  std::string operator()(const event::run_finished&) const { return "finished"; }
  std::string operator()(const auto&) const { return "of no run"; }
};

} // namespace

std::string played::story() const {
  std::string text;
  for (const auto& one : journal)
    text += std::visit(telling{of}, one.what) + "\n";
  return text;
}

std::vector<event::alert_raised> played::alerts() const {
  std::vector<event::alert_raised> found;
  for (const auto& one : journal)
    if (const auto* alert = std::get_if<event::alert_raised>(&one.what))
      found.push_back(*alert);
  return found;
}

bool played::began(const std::string& phase) const {
  return std::any_of(journal.begin(), journal.end(), [&](const record& one) {
    const auto* begun = std::get_if<event::phase_started>(&one.what);
    return begun && begun->phase == phase;
  });
}

const phase_details& played::details(const std::string& phase) const {
  for (const auto& [name, found] : ends.details)
    if (name == phase)
      return found;
  throw std::runtime_error("no details of " + phase);
}

played play(const plan& of, const staging& with) {
  return play(std::make_shared<const plan>(of), with);
}

played play(std::shared_ptr<const plan> of, const staging& with) {
  played show{std::move(of)};
  stage_hand{show, with}.run();
  return show;
}

} // namespace baton::test
