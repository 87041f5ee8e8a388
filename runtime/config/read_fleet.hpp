#pragma once

#include "messages/fleet.hpp"
#include "runtime/config/view.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The readers of the parts of a baton.yaml. Each takes what the schema let through, leaves alone
/// what it did not, and reports what a schema cannot say. They share their names with the keys.

namespace baton {

/// The names that a file declares, for what refers to them. Empty: nothing can be said.
struct declared_names {
  std::vector<std::string> hosts, stacks, stages, environments;
};

declared_names names_of(const view& root);

/// A word that `on:` knows beside `controller`, `host` and the hosts' names.
inline constexpr std::string_view each_host_name = "each_host";

/// Reports a name that is not declared, with the nearest that is; true if it is, or nobody knows.
bool check_reference(const view& at, std::string_view kind, const std::string& name,
                     const std::vector<std::string>& known);

/// The same for a target: a host, or one of the other words.
bool check_target(const view& at, const std::string& name, const declared_names& names,
                  std::vector<std::string> others);

/// Every name of hosts, stacks, stages, environments: its letters, and what is taken.
void check_names(const view& root);

void read_hosts(const view& in, std::vector<host>& into);

/// Reads what is said over what was there: first the stack's own keys, then the stage's.
void read_stack(const view& in, const declared_names& names, stack& into);
void read_checks(const view& in, const declared_names& names, bool of_verification,
                 std::vector<health_check>& into);

void read(const view& in, retry_policy& into);
void read(const view& in, failure_policy& into);

/// What the role of a stage means for its policy.
failure_policy default_failure_policy(role of);
retry_policy default_retry_policy(role of);

/// `stacks` in the file's order, each with the name it was given.
std::vector<stack> read_stacks(const view& root, const declared_names& names);
void read_stages(const view& root, const declared_names& names, const std::vector<stack>& stacks,
                 fleet& into);
void read_environments(const view& root, const declared_names& names, fleet& into);
void read_secrets(const view& in, const declared_names& names, fleet& into);
void read_alerts(const view& in, alert_policy& into);
void read_phases(const view& root, const declared_names& names, fleet& into);

/// What is wrong only when several parts are seen together, and policies without sense.
void check_fleet(const view& root, const fleet& of);

} // namespace baton
