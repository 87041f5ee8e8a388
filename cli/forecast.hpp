#pragma once

#include "cli/workspace.hpp"
#include "messages/error.hpp"
#include "messages/json.hpp"
#include "messages/plan.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace baton {

/// What a deployment would change on one stack of one host.
struct stack_forecast {
  std::string host, stack;
  std::string name;    ///< `host`, or `host/stack` where it carries several
  std::string now;     ///< the commit that serves; empty: none
  std::string then;    ///< the commit that would
  std::string unseen;  ///< why it could not be asked what serves; else empty
  std::string refused; ///< what the pre-flight would refuse the deployment for; else empty
  std::string engine;  ///< compose, command; empty: not known
  std::string unknown; ///< why its services are not known; else empty
  bool first = false;  ///< nothing was deployed there yet
  bool pulls = false;  ///< tags are pulled again: what they mean by then is not known
  std::map<std::string, std::string> services; ///< compose: new, changed, rebuilt, gone, same

  bool changes() const;
};

struct forecast {
  std::string commit;                 ///< that the ref stands for; empty: not known
  std::optional<error> why;           ///< why it is not
  std::vector<stack_forecast> stacks; ///< in the order of the stages

  bool changes() const;
  bool all_seen() const;
};

/// Resolves the ref and looks at every host of the environment. Changes nothing there: a commit
/// that a host does not have yet travels with the look, into a folder that goes with it.
forecast look_ahead(const cli_context& context, const workspace& in, const request& asked);

/// For people, of at most 80 columns.
std::string forecast_text(const forecast& of);

/// `hosts` of `baton plan --json`.
ordered_json to_json(const forecast& of);

} // namespace baton
