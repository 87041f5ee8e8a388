#include "runtime/config/read_fleet.hpp"

namespace baton {

namespace {

constexpr word_of<scope> scopes[]{{"none", scope::none},
                                  {"self", scope::self},
                                  {"upstream", scope::upstream},
                                  {"all", scope::all}};
constexpr word_of<status> statuses[]{{"partial_success", status::partial_success},
                                     {"rolled_back", status::rolled_back},
                                     {"failed", status::failed},
                                     {"aborted", status::aborted}};
constexpr word_of<severity> severities[]{{"none", severity::none},
                                         {"info", severity::info},
                                         {"warning", severity::warning},
                                         {"critical", severity::critical}};
constexpr word_of<after_failure> afters[]{{"stop", after_failure::stop},
                                          {"go_on", after_failure::go_on}};

} // namespace

failure_policy default_failure_policy(role of) {
  switch (of) {
  case role::staging:
    return {scope::upstream, status::failed, severity::warning, after_failure::stop};
  case role::production:
    return {scope::upstream, status::rolled_back, severity::critical, after_failure::stop};
  case role::public_facing:
    return {scope::self, status::partial_success, severity::critical, after_failure::go_on};
  }
  return {};
}

retry_policy default_retry_policy(role of) {
  retry_policy policy;
  policy.attempts_max = of == role::public_facing ? 3 : 1;
  return policy;
}

void read(const view& in, retry_policy& into) {
  in.read(into.attempts_max); // `retry: 3`
  in["attempts"].read(into.attempts_max);
  in["base"].read(into.base);
  in["factor"].read(into.factor);
  in["cap"].read(into.cap);
  in["jitter"].read(into.jitter);
  if (into.cap < into.base) {
    if (in["cap"].present())
      in["cap"].fault("shorter than base", "pauses grow from base up to cap");
    else
      into.cap = into.base;
  }
}

void read(const view& in, failure_policy& into) {
  const auto ends_before = into.ends;
  in["rollback"].read(into.rollback, scopes);
  in["status"].read(into.ends, statuses);
  in["alert"].read(into.alert, severities);
  // Going on belongs to partial success: another status leaves it, unless it is said.
  if (into.ends != ends_before && into.ends != status::partial_success)
    into.then = after_failure::stop;
  in["then"].read(into.then, afters);
}

} // namespace baton
