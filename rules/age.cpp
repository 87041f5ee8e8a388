#include "rules/age.hpp"

namespace baton {

bool is_too_old(time_point requested_at, time_point now, duration max_age) noexcept {
  return now - requested_at > max_age;
}

} // namespace baton
