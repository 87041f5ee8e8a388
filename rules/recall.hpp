#pragma once

#include "messages/error.hpp"
#include "messages/plan.hpp"
#include "rules/plan.hpp"

#include <string>
#include <vector>

/// A rollback that somebody asks for: back to a release that was good and is still kept.

namespace baton {

struct kept_release {
  std::string release; ///< its id on that host
  std::string commit;
  std::string run; ///< that has made it
  std::string at;  ///< when, UTC
};

/// What one (host, stack) has to go back to.
struct kept_stack {
  std::string unit; ///< its name in the plan
  std::string stack;
  std::string serves;             ///< release that runs now; empty: none, or several
  std::vector<kept_release> good; ///< newest first
  std::string unseen;             ///< why it could not be asked; else empty
};

/// A release that can be gone back to, over all stacks.
struct recall_choice {
  std::string run; ///< that made the newest of it
  std::string commit;
  std::string at;
  bool serves = false;              ///< everything serves it already
  std::vector<std::string> lacking; ///< units that do not keep it; empty: it is available
};

/// What there is, newest first. Releases of one commit are one choice: a retry has made a part of
/// it.
std::vector<recall_choice> recall_choices(const std::vector<kept_stack>& all);

/// What brings every stack back to `to`: a run, or a commit, or how either begins. Of several
/// releases that fit, the newest. Errors (ec::usage, ec::bad_commit): it fits several commits, or
/// some stack does not keep it; all that lack it are named, with what they have.
expected<plan_origin> recall_to(const std::vector<kept_stack>& all, const std::string& to);

} // namespace baton
