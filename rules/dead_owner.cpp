#include "rules/dead_owner.hpp"

namespace baton {

bool is_dead(const owner_signs& of, duration dead_after) noexcept {
  // A run that has its verdict owns nothing, whatever its process does now.
  if (of.run == owner_run::ended)
    return true;
  switch (of.process) {
  case owner_process::gone:
    return true;
  case owner_process::lives:
    return false; // it may hang, or not reach the host: it is here to be asked
  default:
    return of.silent >= dead_after;
  }
}

succession succession_of(const owner_signs& of, duration dead_after) noexcept {
  if (!is_dead(of, dead_after))
    return succession::wait;
  return of.run == owner_run::unfinished ? succession::resume : succession::take;
}

} // namespace baton
