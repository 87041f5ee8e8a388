#include "runtime/signal_name.hpp"

#include <cstring>

namespace baton {

std::string_view signal_name(int number) noexcept {
  const char* name = ::sigabbrev_np(number); // glibc 2.32
  return name ? std::string_view{name} : std::string_view{};
}

} // namespace baton
