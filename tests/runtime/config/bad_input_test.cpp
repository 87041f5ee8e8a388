#include "config_support.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace baton {
namespace {

using namespace config_tests;
using testing::HasSubstr;

/// A right file with one line of it replaced, or one added at its end.
std::string with_line(std::string_view from, std::string_view to) {
  std::string text = R"(fleet: homelab
hosts:
  thinkpad: {}
  vps: {}
stacks:
  homelab:
    repository: git@example.org:owner/homelab.git
    path: ~/homelab
stages:
  thinkpad: {role: staging}
  vps: {role: public}
)";
  if (from.empty())
    return text + std::string{to} + '\n';
  const auto at = text.find(from);
  if (at == std::string::npos)
    ADD_FAILURE() << "no such line: " << from;
  return text.replace(at, from.size(), to);
}

struct bad_line {
  const char* name;
  std::string_view from; ///< empty: line 12 is added
  std::string_view to;
  int line;
  int column;
  std::string_view path;
  std::string_view what;
  std::string_view hint;
};

class one_bad_line : public testing::TestWithParam<bad_line> {};

TEST_P(one_bad_line, is_told_with_line_path_and_hint) {
  const auto& row = GetParam();
  const auto faults = bad(with_line(row.from, row.to));
  ASSERT_FALSE(faults.empty());
  const auto found = std::ranges::find(faults, row.path, &config_fault::path);
  ASSERT_NE(found, faults.end()) << to_string(faults);
  EXPECT_EQ(found->line, row.line) << to_string(faults);
  EXPECT_EQ(found->column, row.column) << to_string(faults);
  EXPECT_THAT(found->what, HasSubstr(std::string{row.what}));
  EXPECT_THAT(found->hint, HasSubstr(std::string{row.hint}));
  EXPECT_EQ(faults.size(), 1u) << "one mistake, one fault:\n" << to_string(faults);
}

constexpr std::string_view thinkpad = "  thinkpad: {}";
constexpr std::string_view vps_stage = "  vps: {role: public}";
constexpr std::string_view path_line = "    path: ~/homelab";

const bad_line lines[] = {
    // what the schema says
    {"misspelt_key_at_the_top", "", "secret: {}", 12, 1, "secret", "unknown key",
     "did you mean \"secrets\"?"},
    {"misspelt_required_key_is_one_fault", "hosts:", "hosst:", 2, 1, "hosst", "unknown key",
     "did you mean \"hosts\"?"},
    {"misspelt_key_of_a_stage", vps_stage, "  vps: {role: public, retyr: 3}", 11, 23,
     "stages.vps.retyr", "unknown key", "did you mean \"retry\"?"},
    {"unlike_any_key", thinkpad, "  thinkpad: {colour: red}", 3, 14, "hosts.thinkpad.colour",
     "unknown key", "known are ssh, address"},
    {"login_of_a_bot_api", "",
     "alerts: {channels: {p: {telegram: {api: \"https://u:Pw0fTheApi-xyz@h.example.org\", "
     "token_file: /t, chat: 1}}}}",
     12, 41, "alerts.channels.p.telegram.api", "holds a secret", "the login of a proxy"},
    {"login_of_a_mail_server", "",
     "alerts: {channels: {p: {email: {server: \"smtps://u:Pw0fTheMail-xyz@h.example.org\", "
     "from: a@b, to: [c@d]}}}}",
     12, 41, "alerts.channels.p.email.server", "holds a secret", "user and password_file"},
    {"merge_key", "", "<<: {}", 12, 1, "", "merge keys", ""},
    {"required_key_is_missing", vps_stage, "  vps: {verify: gate}", 11, 3, "stages.vps.role",
     "missing", "one of staging, production, public"},
    {"number_for_text", thinkpad, "  thinkpad: {user: 12}", 3, 20, "hosts.thinkpad.user",
     "text is wanted, not 12", "quotes"},
    {"text_for_a_number", thinkpad, "  thinkpad: {port: \"22\"}", 3, 20, "hosts.thinkpad.port",
     "1 to 65535", "without quotes"},
    {"leading_zero_stays_text", thinkpad, "  thinkpad: {port: 022}", 3, 20, "hosts.thinkpad.port",
     "not \"022\"", "leading zeros"},
    {"port_out_of_range", thinkpad, "  thinkpad: {port: 70000}", 3, 20, "hosts.thinkpad.port",
     "1 to 65535", ""},
    {"no_is_text", thinkpad, "  thinkpad: {sudo: no}", 3, 20, "hosts.thinkpad.sudo",
     "true or false is wanted, not \"no\"", "write true or false"},
    {"list_for_a_mapping", thinkpad, "  thinkpad: []", 3, 13, "hosts.thinkpad",
     "a mapping is wanted", ""},
    {"mapping_for_a_list", "", "verification: {checks: {http: \"http://x/\"}}", 12, 24,
     "verification.checks", "a list of checks is wanted", ""},
    {"empty_list_of_hosts", vps_stage, "  vps: {role: public, hosts: []}", 11, 30,
     "stages.vps.hosts", "not an empty list", ""},
    {"nothing_for_a_mapping", "", "retention:", 12, 1, "retention",
     "a mapping is wanted, not nothing", ""},
    {"near_word_of_a_list", vps_stage, "  vps: {role: pubic}", 11, 15, "stages.vps.role",
     "one of staging, production, public", "did you mean \"public\"?"},
    {"beginning_of_a_word", "", "log: {level: warn}", 12, 14, "log.level", "one of trace",
     "did you mean \"warning\"?"},
    {"command_without_words", "", "tests: {command: []}", 12, 18, "tests.command",
     "a command is wanted", ""},
    {"null_among_words", "", "tests: {command: [make, ~]}", 12, 25, "tests.command[1]",
     "a word is wanted, not nothing", ""},
    // values
    {"lease_of_the_living", "", "lease: {dead_after: 30s}", 12, 21, "lease.dead_after",
     "an owner that lives may be silent for so long", "1m or more"},
    {"duration_with_words", "", "guard: {unreachable_after: 10 sec}", 12, 28,
     "guard.unreachable_after", "not \"10 sec\"", "10s"},
    {"duration_beyond_a_month", "", "deadlines: {tests: 31d}", 12, 20, "deadlines.tests", "30 days",
     ""},
    {"negative_duration", "", "deadlines: {tests: -1}", 12, 20, "deadlines.tests", "not -1", ""},
    {"deadline_of_nothing", "", "deadlines: {tests: 0}", 12, 20, "deadlines.tests",
     "longer than nothing", ""},
    {"size_with_words", "", "pre_flight: {disk_free: 10 gigs}", 12, 25, "pre_flight.disk_free",
     "a size is wanted", "10GB"},
    {"login_in_the_url_of_a_gateway", "", "metrics: {pushgateway: \"http://me:Sesame42@g:9091\"}",
     12, 24, "metrics.pushgateway", "holds a secret", "pushgateway_login_file"},
    {"query_of_a_gateway", "", "metrics: {pushgateway: \"http://g:9091/?x=1\"}", 12, 24,
     "metrics.pushgateway", "without a query", ""},
    {"url_of_another_scheme", "", "verification: {checks: [{http: \"ftp://x\"}]}", 12, 32,
     "verification.checks[0].http", "http://", ""},
    {"address_without_port", "", "verification: {checks: [{tcp: host}]}", 12, 31,
     "verification.checks[0].tcp", "host:port", ""},
    {"check_of_nothing", "", "verification: {checks: [{timeout: 1s}]}", 12, 25,
     "verification.checks[0]", "does not say what to ask", "one of http"},
    {"check_of_two", "", "verification: {checks: [{http: \"http://x\", tcp: \"x:1\"}]}", 12, 25,
     "verification.checks[0]", "more than one thing", ""},
    {"body_of_a_tcp_check", "", "verification: {checks: [{tcp: \"x:1\", body: ok}]}", 12, 44,
     "verification.checks[0].body", "only an http check", ""},
    {"stage_of_a_health_check", path_line,
     "    path: ~/homelab\n    health: {checks: [{tcp: \"x:1\", of: vps}]}", 9, 40,
     "stacks.homelab.health.checks[0].of", "only a check of verification", ""},
    {"compose_check_from_elsewhere", path_line,
     "    path: ~/homelab\n    health: {checks: [{compose: true, on: thinkpad}]}", 9, 43,
     "stacks.homelab.health.checks[0].on", "asked where the stack runs, not on thinkpad",
     "leave `on` out"},
    {"unknown_target_of_a_check", path_line,
     "    path: ~/homelab\n    health: {checks: [{tcp: \"x:1\", on: thinkpat}]}", 9, 40,
     "stacks.homelab.health.checks[0].on", "unknown host", "did you mean \"thinkpad\"?"},
    {"report_outside_of_workdir", "", "tests: {command: ./t, junit: ../x}", 12, 30, "tests.junit",
     "below workdir", "junit.xml"},
    {"report_of_all_users", "", "tests: {command: ./t, junit: /etc/passwd}", 12, 30, "tests.junit",
     "below workdir", "junit.xml"},
    {"relative_path_on_a_host", path_line, "    path: homelab", 8, 11, "stacks.homelab.path",
     "begins with / or ~/", "~/homelab"},
    {"path_like_an_option", path_line, "    path: --help", 8, 11, "stacks.homelab.path", "dash",
     "option"},
    {"another_users_home", thinkpad, "  thinkpad: {identity: ~bob/key}", 3, 24,
     "hosts.thinkpad.identity", "another user's home", ""},
    {"two_lines_in_a_value", thinkpad, "  thinkpad: {address: \"a\\nb\"}", 3, 23,
     "hosts.thinkpad.address", "a single line", ""},
    {"name_with_a_space", thinkpad, "  thinkpad: {}\n  \"my box\": {}", 4, 13, "hosts[\"my box\"]",
     "a name of letters", ""},
    {"variable_with_a_dash", thinkpad, "  thinkpad: {vars: {A-B: 1}}", 3, 26,
     "hosts.thinkpad.vars.A-B", "a variable's name", ""},
    {"variable_of_our_own", thinkpad, "  thinkpad: {vars: {BATON_RUN: 1}}", 3, 32,
     "hosts.thinkpad.vars.BATON_RUN", "Baton's own", ""},
    {"compose_project_in_capitals", path_line, "    path: ~/homelab\n    compose: {project: Home}",
     9, 24, "stacks.homelab.compose.project", "lower-case", ""},
    {"steady_longer_than_deadline", path_line, "    path: ~/homelab\n    health: {steady: 5m}", 9,
     22, "stacks.homelab.health.steady", "deadline", "longer than steady"},
    {"cap_below_base", vps_stage, "  vps: {role: public, retry: {cap: 1s}}", 11, 36,
     "stages.vps.retry.cap", "shorter than base", ""},
    // names
    {"unknown_host", vps_stage, "  vps: {role: public, hosts: [vpss]}", 11, 31,
     "stages.vps.hosts[0]", "unknown host \"vpss\"", "did you mean \"vps\"?"},
    {"host_twice", vps_stage, "  vps: {role: public, hosts: [vps, vps]}", 11, 36,
     "stages.vps.hosts[1]", "twice", ""},
    {"unknown_stack", vps_stage, "  vps: {role: public, stack: homelap}", 11, 30,
     "stages.vps.stack", "unknown stack", "did you mean \"homelab\"?"},
    {"unknown_stage", "", "environments: {production: [thinkpad, vsp2]}", 12, 39,
     "environments.production[1]", "unknown stage \"vsp2\"", "known are thinkpad, vps"},
    {"unknown_environment", "", "default_environment: prduction", 12, 22, "default_environment",
     "unknown environment", "did you mean \"production\"?"},
    {"unknown_target_of_tests", "", "tests: {on: contrller, command: make}", 12, 13, "tests.on",
     "unknown host", "did you mean \"controller\"?"},
    {"unknown_stage_of_a_check", "", "verification: {checks: [{tcp: \"x:1\", of: vpss}]}", 12, 42,
     "verification.checks[0].of", "unknown stage", "did you mean \"vps\"?"},
    {"stage_named_like_a_phase", vps_stage, "  tests: {role: public, hosts: vps}", 11, 10,
     "stages.tests", "like the phase", "another name"},
    {"host_named_like_a_target", thinkpad, "  thinkpad: {}\n  each_host: {}", 4, 14,
     "hosts.each_host", "cannot be named", "on:"},
    {"stage_without_hosts", vps_stage, "  public: {role: public}", 11, 3, "stages.public.hosts",
     "missing", "no host has the stage's name"},
    {"no_usual_environment_among_two", "", "environments: {a: [thinkpad], b: [vps]}", 1, 1,
     "default_environment", "missing", "none of several"},
    {"jump_in_a_circle", thinkpad, "  thinkpad: {jump: thinkpad}", 3, 20, "hosts.thinkpad.jump",
     "through itself", ""},
    // what makes no sense together
    {"two_engines", path_line,
     "    path: ~/homelab\n    compose: {}\n    command: {start: a, stop: b, status: c}", 10, 14,
     "stacks.homelab.command", "one engine", "either compose or command"},
    {"command_engine_without_stop", path_line,
     "    path: ~/homelab\n    command: {start: a, status: c}", 9, 5, "stacks.homelab.command.stop",
     "missing", "taken back"},
    {"stack_and_stacks", "", "stack: {}", 12, 8, "stack", "beside `stacks`", ""},
    {"rollback_to_no_snapshot", vps_stage, "  vps: {role: public, rollback_with: snapshot}", 11, 38,
     "stages.vps.rollback_with", "no snapshot", "snapshot:"},
    {"rollback_to_anothers_snapshot", vps_stage,
     "  vps: {role: public, rollback_with: snapshot, snapshot: {script: ~/s, covers: other}}", 11,
     38, "stages.vps.rollback_with", "never gone back to", "covers: stack"},
    {"snapshots_on_a_host_that_is_itself_set_back", vps_stage,
     "  vps: {role: public, hosts: [vps, thinkpad], rollback_with: snapshot, snapshot: {on: vps, "
     "script: ~/s}}\nenvironments: {production: [vps]}",
     11, 87, "stages.vps.snapshot.on", "would itself be set back", "a stage of its own"},
    {"snapshot_without_driver", vps_stage, "  vps: {role: public, snapshot: {keep: 2}}", 11, 33,
     "stages.vps.snapshot", "does not say how", "script, btrfs, proxmox, zfs, lvm"},
    {"snapshot_with_two_drivers", vps_stage,
     "  vps: {role: public, snapshot: {zfs: {dataset: tank/a}, script: ~/s}}", 11, 33,
     "stages.vps.snapshot", "more than one driver", "is wanted"},
    {"snapshot_by_a_guest_of_itself", vps_stage, "  vps: {role: public, snapshot: {proxmox: {}}}",
     11, 23, "stages.vps.snapshot.on", "missing", "One of the Proxmox cluster"},
    {"snapshot_of_one_guest_for_two_hosts", vps_stage,
     "  vps: {role: public, hosts: [vps, thinkpad], snapshot: {on: vps, proxmox: {guest: 100}}}\n"
     "environments: {production: [vps]}",
     11, 84, "stages.vps.snapshot.proxmox.guest", "same guest", "leave it out"},
    {"snapshot_of_one_volume_for_two_hosts", vps_stage,
     "  vps: {role: public, hosts: [vps, thinkpad], snapshot: {on: vps, lvm: {volume: a/b}}}\n"
     "environments: {production: [vps]}",
     11, 62, "stages.vps.snapshot.on", "same snapshot", "give each host a stage"},
    {"snapshot_of_a_path", vps_stage, "  vps: {role: public, snapshot: {zfs: {dataset: /tank/a}}}",
     11, 49, "stages.vps.snapshot.zfs.dataset", "no file system", "as `zfs list` has it"},
    {"snapshot_of_a_volume_without_group", vps_stage,
     "  vps: {role: public, snapshot: {lvm: {volume: data}}}", 11, 48,
     "stages.vps.snapshot.lvm.volume", "no logical volume", "GROUP/VOLUME"},
    {"snapshot_of_a_guest_that_no_name_is", vps_stage,
     "  vps: {role: public, snapshot: {on: vps, proxmox: {guest: a b}}}", 11, 60,
     "stages.vps.snapshot.proxmox.guest", "no guest", "its number"},
    {"secrets_without_anything", "", "secrets: {}", 12, 10, "secrets",
     "neither a script nor places", ""},
    {"secrets_from_two_sources", "", "secrets: {places: [{from: a, command: [b], to: ~/a}]}", 12,
     39, "secrets.places[0].command", "one source", "either from or command"},
    {"secrets_from_nowhere", "", "secrets: {places: [{to: ~/a}]}", 12, 20, "secrets.places[0].from",
     "missing", "Or which `command` prints it"},
    {"secrets_by_a_shell", "", "secrets: {places: [{command: sops -d a, to: ~/a}]}", 12, 30,
     "secrets.places[0].command", "a list of words is wanted", ""},
    {"secrets_by_a_command_and_a_script", "",
     "secrets: {script: ./a, places: [{command: [b], to: ~/a}]}", 12, 43,
     "secrets.places[0].command", "only the built-in driver runs a command", "leave `script` out"},
    {"secrets_by_a_template_and_a_script", "",
     "secrets: {script: ./a, places: [{from: b, template: true, to: ~/a}]}", 12, 53,
     "secrets.places[0].template", "only the built-in driver fills in", "leave `script` out"},
    {"secrets_of_an_unknown_name", "", "secrets: {places: [{command: [b, \"{{hots}}\"], to: ~/a}]}",
     12, 30, "secrets.places[0].command", "for host thinkpad: {{hots}} means nothing", ""},
    {"secrets_at_a_name", "", "secrets: {places: [{from: a, to: \"~/{{host}}\"}]}", 12, 34,
     "secrets.places[0].to", "nothing is filled in here", "`from`, `command`"},
    {"secrets_of_a_name_on_a_host", "",
     "secrets: {script: ~/a, on: each_host, places: [{from: \"~/{{host}}\", to: ~/a}]}", 12, 55,
     "secrets.places[0].from", "on the controller only", "as it is there"},
    {"nothing_rolled_back_yet_rolled_back", vps_stage,
     "  vps: {role: public, on_failure: {rollback: none, status: rolled_back}}", 11, 23,
     "stages.vps.on_failure", "cannot end as `rolled_back`", ""},
    {"goes_on_after_a_failure", vps_stage, "  vps: {role: production, on_failure: {then: go_on}}",
     11, 40, "stages.vps.on_failure.then", "partial_success", ""},
    {"host_in_two_stages", vps_stage, "  vps: {role: public, hosts: [thinkpad]}", 1, 1,
     "environments.production", "in both", ""},
    // YAML
    {"duplicate_key", "", "fleet: other", 12, 1, "fleet", "duplicate key", "line 1"},
    {"tab", "", "log:\n\tlevel: info", 13, 1, "", "a tab indents this line", "spaces"},
    {"unclosed_bracket", "", "log: [", 13, 1, "", "`[` is not closed", ""},
    {"wrong_indentation", "", "log: {}\n x: y", 13, 2, "", "does not go on like that", "indented"},
    {"alias_of_nothing", "", "log: *there", 12, 6, "", "not there", ""},
    {"alias_in_itself", "", "log: &a [*a]", 12, 10, "log[0]", "an alias inside", ""},
    {"tag", "", "log: !!python/object {}", 12, 6, "log", "the tag !!python/object means", ""},
    {"own_tag", "", "log: !mine {}", 12, 6, "log", "the tag !mine means nothing", "leave it out"},
    {"second_document", "", "---\nfleet: other", 12, 1, "", "a second document", "one fleet"},
    {"list_as_key", "", "? [a]\n: b", 12, 3, "", "cannot be a key", ""},
};

INSTANTIATE_TEST_SUITE_P(config, one_bad_line, testing::ValuesIn(lines),
                         [](const auto& row) { return std::string{row.param.name}; });

struct bad_file {
  const char* name;
  std::string (*text)(); ///< some are long, and each process of the tests has all rows
  int line;
  std::string_view what;
};

class bad_as_a_whole : public testing::TestWithParam<bad_file> {};

TEST_P(bad_as_a_whole, is_one_fault) {
  const auto faults = bad(GetParam().text());
  ASSERT_EQ(faults.size(), 1u) << to_string(faults);
  EXPECT_EQ(faults[0].line, GetParam().line);
  EXPECT_EQ(faults[0].file, "/srv/fleet/baton.yaml");
  EXPECT_THAT(faults[0].what, HasSubstr(std::string{GetParam().what}));
  EXPECT_LT(to_string(faults).size(), 600u) << "a fault is a line, not the file once more";
}

std::string repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i)
    all += text;
  return all;
}

std::string alias_bomb() {
  std::string text = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
  for (char name = 'b'; name < 'k'; ++name) {
    const auto before = std::string{"*"} + static_cast<char>(name - 1);
    text += std::string{name} + ": &" + name + " [" + repeated(before + ",", 9) + before + "]\n";
  }
  return text;
}

const bad_file files[] = {
    {"empty", [] { return std::string(""); }, 0, "empty"},
    {"only_comments", [] { return std::string("# nothing\n\n"); }, 0, "empty"},
    {"only_a_document_mark", [] { return std::string("---\n"); }, 0, "empty"},
    {"a_list", [] { return std::string("- a\n- b\n"); }, 1,
     "a mapping of keys is wanted here, not a list"},
    {"a_word", [] { return std::string("hello\n"); }, 1,
     "a mapping of keys is wanted here, not text"},
    {"huge", [] { return std::string(2u << 20, '#'); }, 0, "larger than 1024 KiB"},
    {"nul_byte", [] { return std::string("fleet: a\nhosts: \0", 17); }, 2,
     "control character 0x00"},
    {"escape_sequence", [] { return std::string("fleet: \x1b[31m\n"); }, 1,
     "control character 0x1b"},
    {"invalid_utf8", [] { return std::string("fleet: a\n\nx: \xff\n"); }, 3, "not valid UTF-8"},
    {"overlong_utf8", [] { return std::string("fleet: \xc0\xaf\n"); }, 1, "not valid UTF-8"},
    {"elf", [] { return std::string("\x7f\x45\x4c\x46\x02\x01\x01\0\0", 9); }, 1,
     "control character 0x7f"},
    {"alias_bomb", [] { return alias_bomb(); }, 4, "more than 10000 values"},
    {"too_many_values", [] { return "a: [" + repeated("1,", 300000) + "]\n"; }, 1,
     "more than 10000 values"},
    {"too_deep", [] { return "a: " + repeated("[", 100000); }, 1, "nested deeper than 64"},
    {"too_deep_in_mappings", [] { return repeated("{a: ", 200000); }, 1, "nested deeper than 64"},
    {"too_deep_in_keys", [] { return repeated("? ", 400000); }, 1, "nested deeper than 64"},
    {"too_deep_in_dashes", [] { return repeated("- ", 400000); }, 1, "nested deeper than 64"},
    {"too_long_a_value", [] { return "fleet: " + std::string(5000, 'x') + "\n"; }, 1,
     "a value of 5000 bytes"},
};

INSTANTIATE_TEST_SUITE_P(config, bad_as_a_whole, testing::ValuesIn(files),
                         [](const auto& row) { return std::string{row.param.name}; });

TEST(bad_input, reads_as_one_line_that_editors_jump_to) {
  const auto faults = bad(with_line(vps_stage, "  vps: {role: public, retyr: 3}"));
  EXPECT_EQ(to_string(faults), "/srv/fleet/baton.yaml:11:23: stages.vps.retyr: unknown key; did "
                               "you mean \"retry\"?");
}

TEST(bad_input, is_one_line_whatever_stands_in_the_file) {
  const auto faults = bad(with_line(vps_stage, "  vps: {role: \"\\e[2J\\n\", \"\\u0007\\t\": 3}"));
  EXPECT_EQ(to_string(faults).find_first_of("\x1b\x07\t"), std::string::npos);
  EXPECT_EQ(std::ranges::count(to_string(faults), '\n') + 1, std::ssize(faults));
}

TEST(bad_input, gives_all_faults_in_the_order_of_their_lines) {
  const auto faults = bad(R"(fleet: x
hosts:
  a: {prot: 22, port: 0}
  b: {sudo: yes}
stack: {repository: r, path: here, compose: {image: pull}}
stages:
  a: {role: stagin, hosts: [aa]}
  b: {role: public, retry: {attempts: 0}, on_failure: {rollback: all}}
tests: {comand: x}
)");
  std::vector<std::string> paths;
  for (const auto& fault : faults)
    paths.push_back(fault.path);
  EXPECT_THAT(paths, testing::ElementsAre("hosts.a.prot", "hosts.a.port", "hosts.b.sudo",
                                          "stack.path", "stack.compose.image", "stages.a.role",
                                          "stages.a.hosts[0]", "stages.b.retry.attempts",
                                          "stages.b.on_failure.rollback", "tests.comand"));
}

TEST(bad_input, counts_columns_in_characters) {
  const auto faults = bad("fleet: a # é\n\"é\": 1\nhosts: {é: {}}\n");
  const auto found = std::ranges::find(faults, "hosts.é", &config_fault::path);
  ASSERT_NE(found, faults.end()) << to_string(faults);
  EXPECT_EQ(found->line, 3);
  EXPECT_EQ(found->column, 12);
}

TEST(bad_input, tells_a_missing_file_from_a_bad_one) {
  const auto missing = load_fleet("/nonexistent/baton.yaml", with_origin());
  ASSERT_FALSE(missing);
  EXPECT_THAT(to_string(missing.error()), HasSubstr("No such file"));
  const auto folder = load_fleet("/", with_origin());
  ASSERT_FALSE(folder);
  EXPECT_THAT(to_string(folder.error()), HasSubstr("is a folder"));
  const auto endless = load_fleet("/dev/zero", with_origin());
  ASSERT_FALSE(endless);
  EXPECT_THAT(to_string(endless.error()), HasSubstr("larger than"));
}

TEST(bad_input, without_a_repository_and_a_work_tree_names_the_key) {
  auto options = with_origin();
  options.origin_of = [](const std::string&) { return std::nullopt; };
  const auto loaded = load_fleet_text("fleet: a\nhosts: {a: {}}\nstack: {path: ~/a}\n"
                                      "stages: {a: {role: production}}\n",
                                      "/srv/baton.yaml", options);
  ASSERT_FALSE(loaded);
  ASSERT_EQ(loaded.error().size(), 1u) << to_string(loaded.error());
  EXPECT_EQ(loaded.error()[0].path, "stack.repository");
  EXPECT_EQ(loaded.error()[0].line, 3);
  EXPECT_THAT(loaded.error()[0].hint, HasSubstr("/srv is in no git work tree"));
}

} // namespace
} // namespace baton
