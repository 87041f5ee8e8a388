#include "runtime/config/read_fleet.hpp"
#include "runtime/config/read_url.hpp"

#include <algorithm>
#include <filesystem>

namespace baton {

namespace {

constexpr word_of<verification_rollback> rollbacks[]{
    {"all", verification_rollback::all}, {"failing_stage", verification_rollback::failing_stage}};
constexpr word_of<std::string_view> levels[]{{"trace", "trace"},
                                             {"debug", "debug"},
                                             {"info", "info"},
                                             {"warning", "warning"},
                                             {"error", "error"}};

void read_tests(const view& in, const declared_names& names, fleet& into) {
  if (!in.present())
    return;
  auto& tests = into.tests;
  tests.wanted = true;
  in["on"].read(tests.on);
  check_target(in["on"], tests.on, names, {controller_name});
  in["workdir"].read(tests.workdir);
  in["command"].read(tests.run);
  in["junit"].read(tests.junit);
  // What lies there before the tests run is removed.
  const std::filesystem::path junit{tests.junit};
  if (junit.is_absolute() || tests.junit.starts_with('~')
      || std::find(junit.begin(), junit.end(), "..") != junit.end())
    in["junit"].fault("a report lies below workdir, not at \"" + tests.junit + '"',
                      "write its path from there: junit.xml");
  in["deadline"].read_positive(into.deadlines.tests);
  read(in["retry"], tests.retry);
  read(in["on_failure"], tests.on_failure);
}

void read_verification(const view& in, const declared_names& names, fleet& into) {
  auto& verification = into.verification;
  read_checks(in["checks"], names, true, verification.checks);
  in["rollback"].read(verification.rollback, rollbacks);
  in["deadline"].read_positive(into.deadlines.verification);
  read(in["retry"], verification.retry);
  read(in["on_failure"], verification.on_failure);
}

/// An owner that lives is heard of every ten seconds, as long as the host can be reached.
constexpr duration dead_after_min = std::chrono::minutes{1};

void read_lease(const view& in, fleet& into) {
  in["dead_after"].read_positive(into.lease_dead_after);
  if (into.lease_dead_after < dead_after_min) {
    in["dead_after"].fault("an owner that lives may be silent for so long",
                           "1m or more; a dead process on this machine is known at once");
    into.lease_dead_after = dead_after_min;
  }
}

void read_deadlines(const view& in, deadlines& into) {
  in["connect"].read_positive(into.connect);
  in["pre_flight"].read_positive(into.pre_flight);
  in["secrets"].read_positive(into.secrets);
  in["snapshot"].read_positive(into.snapshot);
  in["prepare"].read_positive(into.prepare);
  in["activate"].read_positive(into.activate);
  in["tests"].read_positive(into.tests);
  in["rollback"].read_positive(into.rollback);
  in["verification"].read_positive(into.verification);
}

void read_metrics(const view& in, fleet& into) {
  in["textfile"].read_controller_path(into.metrics_textfile);
  const auto gateway = in["pushgateway"];
  read_url(gateway, into.metrics_push, {"https://", "http://"}, "https:// or http://",
           "write USER:PASSWORD into a file, mode 0600, and name it as pushgateway_login_file");
  if (into.metrics_push.find_first_of("?#") != std::string::npos)
    gateway.fault("a URL without a query is wanted: /metrics/job/baton/… is put behind it");
  in["pushgateway_login_file"].read_controller_path(into.metrics_push_login_file);
}

} // namespace

void read_phases(const view& root, const declared_names& names, fleet& into) {
  // Before the phases, whose own `deadline` wins.
  read_deadlines(root["deadlines"], into.deadlines);
  root["pre_flight"]["disk_free"].read_size(into.disk_free_min);
  read(root["pre_flight"]["on_failure"], into.pre_flight_on_failure);
  read_secrets(root["secrets"], names, into);
  read(root["snapshots"]["on_failure"], into.snapshots_on_failure);
  read_tests(root["tests"], names, into);
  read_verification(root["verification"], names, into);
  root["guard"]["unreachable_after"].read(into.guard_unreachable_after);
  read_lease(root["lease"], into);
  root["resume"]["max_age"].read_positive(into.resume_max_age);
  root["retention"]["releases"].read(into.keep_releases);
  read_alerts(root["alerts"], into.alerts);
  root["log"]["file"].read_controller_path(into.log_file);
  std::string_view level = into.log_level;
  root["log"]["level"].read(level, levels);
  into.log_level = std::string{level};
  read_metrics(root["metrics"], into);
}

} // namespace baton
