#include "runtime/open_files.hpp"

#include "runtime/fault.hpp"

#include <sys/resource.h>

namespace baton {

expected<void> allow_open_files(std::size_t wanted, const std::string& who) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
    return {};
  if (limit.rlim_max < wanted)
    return fault(ec::usage, who + " may need " + std::to_string(wanted)
                                + " open files, and this process is allowed "
                                + std::to_string(limit.rlim_max)
                                + ": raise the hard limit (`ulimit -Hn`, nofile in "
                                  "limits.conf, LimitNOFILE= of a service)");
  limit.rlim_cur = wanted;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return {};
}

} // namespace baton
