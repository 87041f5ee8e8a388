#include "rules/questions.hpp"

namespace baton {

namespace {

std::string address_in(const fleet& of, std::string_view host) {
  const auto* found = find_host(of, host);
  return found ? address_of(*found) : std::string{host};
}

} // namespace

std::vector<check_question> questions_about(const fleet& of, std::string_view host,
                                            const stack& its, const unit_view& seen) {
  std::vector<check_question> asked;
  const auto& runs = seen.releases;
  if (!seen.seen || runs.empty() || (runs.size() == 1 && runs.front() == seen.baseline))
    return asked;
  for (const auto& one : its.health.checks)
    if (one.kind != check_kind::compose && !is_made_by(one, host))
      asked.push_back({one, one.on, address_in(of, host), ""});
  return asked;
}

std::vector<check_question> questions_of_verification(const plan& of) {
  std::vector<check_question> asked;
  for (const auto& one : of.fleet.verification.checks) {
    const auto* stage = one.of.empty() ? &of.stages.back() : find_stage(of.fleet, one.of);
    if (!stage)
      continue;
    const bool by_them = one.on == own_host_name;
    const bool about_each = by_them || names_host(one);
    for (const auto& host : stage->hosts) {
      asked.push_back({one, by_them ? host : one.on, address_in(of.fleet, host), stage->name});
      if (!about_each)
        break;
    }
  }
  return asked;
}

bool add_answers(unit_view& to, const std::vector<check_answer>& answers) {
  bool open = false;
  for (const auto& one : answers) {
    if (one.asked)
      to.healthy = to.healthy.value_or(true) && one.ok;
    open = open || !one.asked;
    if (!one.asked)
      to.ill.push_back(one.check + " could not be asked: " + one.why);
    else if (!one.ok)
      to.ill.push_back(one.check + ": " + one.why);
  }
  open = open && to.healthy != false && !to.hopeless;
  if (open)
    to.healthy.reset();
  return open;
}

} // namespace baton
