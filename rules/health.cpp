#include "rules/health.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace baton {

namespace {

error because(ec code, std::string what, bool retryable) {
  error why;
  why.code = code;
  why.what = std::move(what);
  why.retryable = retryable;
  return why;
}

std::string seconds(duration of) {
  auto text = std::to_string(of.count() / 1000);
  if (const auto rest = of.count() % 1000; rest != 0) {
    text += '.' + std::to_string(1000 + rest).substr(1);
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text + " s";
}

std::string lines_of(const std::vector<std::string>& ill) {
  std::string text;
  for (const auto& line : ill)
    text += (text.empty() ? ": " : "; ") + line;
  return text;
}

/// What is wrong with a unit that was seen.
error fault_of(const health_window& looks) {
  const auto& last = *looks.last;
  if (!last.serves_wanted)
    return because(ec::wrong_release,
                   last.runs ? "runs another release than it should" : "nothing runs", false);
  const auto ill = lines_of(last.ill);
  if (last.hopeless)
    return because(ec::unhealthy, "is not healthy and will not become so" + ill, false);
  if (looks.was_healthy)
    return because(ec::not_steady,
                   "was not seen healthy for " + seconds(looks.terms.steady) + " without a break"
                       + (ill.empty() ? "; its last look was good, looks may be slow" : ill),
                   true);
  return because(ec::unhealthy, "is not healthy" + ill, true);
}

error unseen(const health_window& looks) {
  const auto patience = looks.terms.unreachable;
  const auto so_long = patience > duration::zero() ? " for " + seconds(patience) : std::string{};
  const auto& ill = looks.last->ill;
  if (ill.empty())
    return because(ec::unreachable, "could not be asked" + so_long, true);
  return because(ec::unreachable, "was not known to be healthy" + so_long + lines_of(ill), true);
}

bool is_good(const health_look& one) {
  return one.seen && one.healthy && one.serves_wanted && !one.hopeless;
}

/// An answer may have been long under way: only from the answer of the first good look to the
/// question of the last one it is known to have been well.
bool is_steady(const health_window& looks) {
  return looks.steady_since
         && (looks.terms.steady == duration::zero()
             || looks.last->asked - *looks.steady_since >= looks.terms.steady);
}

/// Only the slowness of the answers is in doubt: one more look, asked for by now, tells.
bool may_be_steady(const health_window& looks) {
  return looks.steady_since && looks.last->at - *looks.steady_since >= looks.terms.steady;
}

health_verdict as_ill(error why) {
  health_verdict made;
  made.word = health_word::ill;
  made.why = std::move(why);
  return made;
}

} // namespace

health_terms gate_terms(const health_policy& from) {
  return {from.steady, from.deadline, from.deadline, from.interval};
}

health_terms guard_terms(const fleet& from) {
  return {duration{0}, duration{0}, from.guard_unreachable_after, std::chrono::seconds{1}};
}

health_window begin_window(const health_terms& terms, time_point begun) {
  health_window made;
  made.terms = terms;
  made.begun = begun;
  made.own_start_ends = begun;
  return made;
}

health_window fold(health_window&& so_far, const health_look& one) {
  auto now = std::move(so_far);
  // A container that was started anew has not been steady, however well it looks.
  const bool restarted = now.last && now.last->seen && one.restarts > now.last->restarts;
  if (!is_good(one))
    now.steady_since.reset();
  else if (!now.steady_since || restarted)
    now.steady_since = one.at;
  if (one.seen) {
    now.unseen_since.reset();
    if (one.start_left > duration::zero())
      now.own_start_ends = std::max(now.own_start_ends, one.at + one.start_left);
    now.was_healthy = now.was_healthy || one.healthy;
  } else if (!now.unseen_since) {
    now.unseen_since = one.at;
  }
  now.last = one;
  return now;
}

health_verdict judge(const health_window& looks) {
  health_verdict made;
  made.look_at = looks.begun;
  if (!looks.last)
    return made;
  const auto& last = *looks.last;
  const auto& terms = looks.terms;
  made.look_at = last.at + terms.interval;
  if (looks.unseen_since) {
    if (last.at - *looks.unseen_since >= terms.unreachable)
      return as_ill(unseen(looks));
    return made;
  }
  if (is_steady(looks)) {
    made.word = health_word::steady;
    return made;
  }
  if (looks.steady_since)
    made.look_at = std::min(made.look_at, *looks.steady_since + terms.steady);
  const bool is_late = last.at - looks.own_start_ends >= terms.deadline;
  if (last.hopeless || (is_late && !may_be_steady(looks)))
    return as_ill(fault_of(looks));
  return made;
}

} // namespace baton
