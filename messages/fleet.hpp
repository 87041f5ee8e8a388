#pragma once

#include "messages/alerts.hpp"
#include "messages/endpoint.hpp"
#include "messages/policy.hpp"
#include "messages/time.hpp"

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// What a baton.yaml describes, with every default filled in. Made by runtime/config; frozen into
/// the plan of each run. Paths belong to the target that uses them: on a host they may begin with
/// `~/`; on the controller they are absolute already (resolved against the folder of baton.yaml).

namespace baton {

/// The target that is not a host: the machine Baton runs on.
inline constexpr const char* controller_name = "controller";

/// In `on` of a check: the host that the stack runs on.
inline constexpr const char* own_host_name = "host";

struct host {
  endpoint reach;            ///< `reach.name` is the host's name in the fleet
  std::string state_dir;     ///< Baton's folder there; empty: the target's default
  std::string check_address; ///< `${host}` in checks; empty: `reach.address`, else its name
  std::map<std::string, std::string> vars; ///< environment for the host's commands
};

enum class check_kind : std::uint8_t { http, tcp, command, compose };

/// One question whose answer says whether a stack serves well. `${host}` in what it asks is the
/// address of the host that it speaks of.
struct health_check {
  check_kind kind = check_kind::http;
  std::string url;       ///< http: scheme http or https
  std::string address;   ///< tcp: `host:port`
  struct command run;    ///< command: status 0 is healthy
  std::string on;        ///< `host` (default: where the stack runs), `controller`, or a host's name
  std::string of;        ///< verification only: the stage it speaks of; empty: the last one
  int expect_status = 0; ///< http: 0 accepts 200–399
  std::string expect_body;                    ///< http: text that must occur; empty: any
  duration timeout = std::chrono::seconds{5}; ///< of one look
};

/// A check as it is to be asked.
struct check_question {
  health_check what;
  std::string target;  ///< who asks it: `controller`, or a host's name
  std::string address; ///< what `${host}` in it means
  std::string stage;   ///< that it speaks of
};

struct health_policy {
  duration steady = std::chrono::seconds{10}; ///< healthy for so long without a break; 0: one look
  duration deadline =
      std::chrono::seconds{120};               ///< for the whole gate; own start periods are added
  duration interval = std::chrono::seconds{1}; ///< between looks
  std::vector<health_check> checks;            ///< compose's own healthchecks always count as well
};

enum class image_source : std::uint8_t { pull, build };

struct compose_engine {
  std::vector<std::string> files; ///< relative to the checkout; empty: compose's own search
  std::string project;            ///< empty: what compose makes of the folder
  std::vector<std::string> profiles;
  std::vector<std::string> env_files; ///< relative to the checkout
  image_source images = image_source::pull;
};

/// A stack that is a process, or anything with a start and a stop. Commands run in the checkout.
struct command_engine {
  struct command prepare; ///< optional, before anything is touched, in the new commit's worktree
  struct command start;   ///< brings the checkout's commit up, replacing what runs
  struct command stop;
  struct command status; ///< 0: runs and is healthy; else not
};

enum class source_kind : std::uint8_t { fetch, push };
enum class dirty_policy : std::uint8_t { refuse, discard, keep };

/// What is deployed to a host.
struct stack {
  std::string name;
  std::string repository; ///< what `git fetch` takes
  source_kind source = source_kind::fetch;
  dirty_policy dirty = dirty_policy::refuse;
  std::string path; ///< the checkout on the host
  std::variant<compose_engine, command_engine> engine;
  health_policy health;
  std::map<std::string, std::string> vars; ///< environment, under the host's own
};

enum class snapshot_driver : std::uint8_t { script, btrfs, proxmox, zfs, lvm };
std::string_view to_string(snapshot_driver value) noexcept;
enum class snapshot_covers : std::uint8_t { stack, other };

struct snapshot_policy {
  snapshot_driver driver = snapshot_driver::script;
  std::string script; ///< script: path on the target `on`; called list/create/rollback[/delete]
  std::string on;     ///< target that runs the tool; empty: the host itself
  snapshot_covers covers = snapshot_covers::stack;
  std::string subvolume;    ///< btrfs: the subvolume to snapshot
  std::string snapshot_dir; ///< btrfs: where the read-only copies go
  std::string guest;        ///< proxmox: number or name; empty: the host's name
  std::string dataset;      ///< zfs: the file system
  std::string volume;       ///< lvm: the thin volume, as GROUP/VOLUME
  int keep = 3;             ///< newest own snapshots that stay after a finished run
  bool sudo = false;        ///< its tool runs through `sudo -n`; not with a script
};

enum class rollback_method : std::uint8_t { app, snapshot, app_then_snapshot };
enum class verify_mode : std::uint8_t { gate, report };

/// An ordered group of hosts, its stacks with the stage's overrides already applied.
struct stage {
  std::string name;
  enum role role = role::staging;
  std::vector<std::string> hosts;
  std::vector<stack> stacks;
  retry_policy retry;
  failure_policy on_failure;
  verify_mode verify = verify_mode::gate;
  std::optional<snapshot_policy> snapshot;
  rollback_method rollback_with = rollback_method::app;
  duration deadline{0}; ///< of each of its deploy steps; 0: `deadlines` of the fleet
};

struct environment {
  std::string name;
  std::vector<std::string> stages; ///< in order
};

enum class compare_mode : std::uint8_t { bytes, keys };

/// Where the content of a secret file comes from, and where it goes. On the controller `{{…}}` in
/// `from` and in the words of `command` stands for what the host is called
/// (secrets/place_names.hpp).
struct secret_place {
  std::string from; ///< file on the controller (or on the host that runs the script)
  std::string to;   ///< file on each host
  compare_mode compare = compare_mode::bytes;
  std::vector<std::string> hosts;     ///< empty: every host
  std::vector<std::string> command{}; ///< in place of `from`: prints the content; built-in driver
  bool is_template = false;           ///< `{{…}}` in the content, too; built-in driver
};

enum class secrets_driver : std::uint8_t { none, script, builtin };
enum class secrets_scope : std::uint8_t { run, fleet };

struct secrets_policy {
  secrets_driver driver = secrets_driver::none;
  std::string script;                         ///< called `test`, `status`, `sync`
  std::string on = "controller";              ///< `controller`, `each_host`, or a host's name
  secrets_scope reach = secrets_scope::fleet; ///< hosts that are leased, saved and compared
  std::vector<secret_place> places;
};

struct tests_policy {
  bool wanted = false;           ///< a `tests:` block exists
  std::string on = "controller"; ///< host, or `controller`: a clean clone at the commit
  std::string workdir;           ///< empty: the checkout (host), the clone (controller)
  struct command run;
  std::string junit; ///< report, relative to workdir; empty: none
  failure_policy on_failure{scope::upstream, status::failed, severity::warning,
                            after_failure::stop};
  retry_policy retry;
};

enum class verification_rollback : std::uint8_t { all, failing_stage };

struct verification_policy {
  std::vector<health_check> checks;
  verification_rollback rollback = verification_rollback::all;
  failure_policy on_failure{scope::all, status::rolled_back, severity::critical,
                            after_failure::stop};
  retry_policy retry;
};

/// The longest each kind of step may take.
struct deadlines {
  duration connect = std::chrono::seconds{15};
  duration pre_flight = std::chrono::seconds{60};
  duration secrets = std::chrono::minutes{2};
  duration snapshot = std::chrono::minutes{10};
  duration prepare = std::chrono::minutes{30}; ///< fetch, pull, build
  duration activate = std::chrono::minutes{10};
  duration tests = std::chrono::minutes{10};
  duration rollback = std::chrono::minutes{10}; ///< of each restore
  duration verification = std::chrono::minutes{5};
};

/// Everything one baton.yaml says.
struct fleet {
  std::string name;
  std::string file; ///< the baton.yaml it came from, absolute; for messages
  std::vector<host> hosts;
  std::vector<stage> stages; ///< in the file's order
  std::vector<environment> environments;
  std::string default_environment;
  std::int64_t disk_free_min = 10'000'000'000; ///< bytes, pre_flight
  failure_policy pre_flight_on_failure{scope::none, status::aborted, severity::warning,
                                       after_failure::stop};
  failure_policy secrets_on_failure{scope::all, status::aborted, severity::warning,
                                    after_failure::stop};
  failure_policy snapshots_on_failure{scope::all, status::aborted, severity::warning,
                                      after_failure::stop};
  retry_policy secrets_retry;
  duration guard_unreachable_after =
      std::chrono::seconds{30}; ///< retries of a look before it counts
  /// Silence after which the owner of a lease, on another machine, counts as dead.
  duration lease_dead_after = std::chrono::minutes{10};
  /// A run that was cut off and asked for longer ago is taken back rather than gone on with.
  duration resume_max_age = std::chrono::hours{24};
  secrets_policy secrets;
  tests_policy tests;
  verification_policy verification;
  struct deadlines deadlines;
  int keep_releases = 5;
  struct alert_policy alerts;
  std::string log_file; ///< empty: default in the state folder
  std::string log_level = "info";
  std::string metrics_textfile;        ///< empty: none
  std::string metrics_push;            ///< URL of a Pushgateway; empty: none
  std::string metrics_push_login_file; ///< has `USER:PASSWORD`; empty: no login
};

const host* find_host(const fleet& in, std::string_view name);
/// What `${host}` means in the checks of a host.
const std::string& address_of(const host& one);
/// Whether `${host}` stands in what it asks.
bool names_host(const health_check& one);
/// Whether a stack's check is made by the very host that the stack runs on.
bool is_made_by(const health_check& one, std::string_view own_host);
const stage* find_stage(const fleet& in, std::string_view name);
const environment* find_environment(const fleet& in, std::string_view name);
/// Null when the stage has no stack of that name.
const stack* find_stack(const stage& in, std::string_view name);

} // namespace baton
