#pragma once

#include "messages/error.hpp"
#include "messages/plan.hpp"
#include "messages/result.hpp"
#include "rules/plan.hpp"

#include <map>
#include <string>

namespace baton {

/// What the retry of a partial success is about.
struct retry_of_run {
  plan_origin origin;                        ///< the stages to be done again, and their commits
  struct request request;                    ///< as that run's, on the commit that it had
  std::map<std::string, std::string> stands; ///< host → release: what must still serve elsewhere
};

/// Which part of a run a retry does again: the stages that do not serve its release. Errors
/// (ec::usage): it has not ended, or was no partial success.
expected<retry_of_run> retry_of(const plan& of, const result& ended);

/// Why a host that the retried run has left on its release does not stand any more; empty: it does.
/// `seen`: its line of a look from now.
std::string why_changed(const std::string& host, const std::string& release,
                        const host_verdict& seen);

} // namespace baton
