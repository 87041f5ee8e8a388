#include "tests/simulate/evidence.hpp"

#include <algorithm>

namespace baton::simulate {

namespace {

/// A mishap is noted when a step begins, and shows a little later.
constexpr duration shows_within{3'000};

} // namespace

evidence::evidence(world& in, const ended_run& of)
    : in_{in},
      run_{of},
      journal_{in.controllers.at(of.controller)->journal().runs.at(of.plan->run)} {
  for (const auto& one : journal_)
    if (const auto* end = std::get_if<event::step_ended>(&one.what))
      if (end->outcome.why && end->outcome.why->code == ec::lease_lost)
        lost_.insert(this->of().units[end->of].host);
}

void evidence::broken(const std::string& what) {
  in_.break_promise(of().run + ": " + what);
}

bool evidence::is_troubled(const std::string& host, duration since) const {
  return in_.at(host).troubled_at() + shows_within >= since;
}

bool evidence::has_touched(const std::string& host, const std::string& stack) const {
  return in_.touched.contains(of().run + ' ' + host + ':' + stack);
}

bool evidence::has_meant_to_touch(const std::string& host) const {
  return std::any_of(journal_.begin(), journal_.end(), [&](const record& one) {
    const auto* step = std::get_if<event::step_started>(&one.what);
    return step && step->kind == step_kind::activate && of().units[step->of].host == host;
  });
}

bool evidence::is_said_not_to_be_back(const std::string& host) const {
  const auto& all = told().rollback_failed;
  return std::find(all.begin(), all.end(), host) != all.end();
}

bool evidence::is_report_only(const std::string& host) const {
  return std::any_of(of().stages.begin(), of().stages.end(), [&](const stage& one) {
    return one.verify == verify_mode::report
           && std::find(one.hosts.begin(), one.hosts.end(), host) != one.hosts.end();
  });
}

duration evidence::known_since(const std::string& host, const std::string& stack) const {
  duration since{0};
  const auto looked = in_.looked.find(of().run + ' ' + host + ':' + stack);
  if (looked != in_.looked.end())
    since = looked->second;
  for (const auto& one : in_.at(host).stacks.at(stack).history)
    if (one.by == of().run)
      since = std::max(since, one.at);
  return since;
}

std::set<std::string> evidence::served(const std::string& host, const std::string& stack) const {
  const auto since = known_since(host, stack);
  std::set<std::string> all;
  std::string last = "-";
  for (const auto& one : in_.at(host).stacks.at(stack).history) {
    if (one.at > run_.at)
      break;
    if (one.at > since)
      all.insert(one.serves);
    else
      last = one.serves;
  }
  all.insert(last);
  return all;
}

std::string evidence::left_serving(const std::string& host, const std::string& stack) const {
  std::string last = "-";
  for (const auto& one : in_.at(host).stacks.at(stack).history)
    if (one.by == of().run && one.at <= run_.at)
      last = one.serves;
  return last;
}

std::string evidence::before(const std::string& host, const std::string& stack) const {
  const auto found = in_.touched.find(of().run + ' ' + host + ':' + stack);
  return found == in_.touched.end() || found->second.target.empty() ? "-" : found->second.target;
}

const host_verdict& evidence::line(const std::string& host, const std::string& stack) const {
  static const host_verdict none;
  const auto found = told().hosts.find(host);
  if (found == told().hosts.end())
    return none;
  const auto own = found->second.stacks.find(stack);
  return own == found->second.stacks.end() ? found->second : own->second;
}

std::size_t evidence::place_of_phase(const std::string& id) const {
  const auto found = std::find_if(of().phases.begin(), of().phases.end(),
                                  [&](const phase& one) { return one.id == id; });
  return static_cast<std::size_t>(found - of().phases.begin());
}

const phase* evidence::find_phase(const std::string& id) const {
  const auto place = place_of_phase(id);
  return place < of().phases.size() ? &of().phases[place] : nullptr;
}

std::set<std::size_t> evidence::covered(const std::string& id, scope over) const {
  std::set<std::size_t> found;
  const auto place = place_of_phase(id);
  for (std::size_t stage = 0; stage < of().stages.size(); ++stage) {
    const auto deployed = place_of_phase(of().stages[stage].name);
    const bool is_covered = over == scope::all || (over == scope::upstream && deployed <= place)
                            || (over == scope::self && deployed == place);
    if (is_covered)
      found.insert(stage);
  }
  return found;
}

} // namespace baton::simulate
