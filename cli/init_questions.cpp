#include "cli/init_questions.hpp"

#include "runtime/config/compose_ports.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <istream>
#include <ostream>
#include <sstream>
#include <utility>

namespace baton {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t compose_bytes_max = 1u << 20;
constexpr std::size_t names_shown_max = 20;

std::string trimmed(const std::string& text) {
  const auto from = text.find_first_not_of(" \t\r");
  if (from == std::string::npos)
    return {};
  return text.substr(from, text.find_last_not_of(" \t\r") - from + 1);
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  for (const char letter : text + ' ')
    if (letter != ' ' && letter != ',' && letter != '\t')
      word += letter;
    else if (!word.empty())
      words.push_back(std::exchange(word, {}));
  return words;
}

class dialogue {
public:
  dialogue(std::istream& in, std::ostream& out) : in_{in}, out_{out} {}

  std::string ask(const std::string& question, const std::string& proposed) {
    out_ << question << (proposed.empty() ? "" : " [" + proposed + ']') << ": " << std::flush;
    std::string line;
    if (!std::getline(in_, line))
      out_ << '\n';
    line = trimmed(line);
    return line.empty() ? proposed : line == "-" ? std::string{} : line;
  }

private:
  std::istream& in_;
  std::ostream& out_;
};

/// As they are typed: what is proposed is what Enter writes.
std::string names_of(const std::vector<init_host>& hosts) {
  std::string text;
  for (const auto& host : hosts)
    text += (text.empty() ? "" : ", ") + host.name + (host.ssh.empty() ? "" : "=ssh:" + host.ssh);
  return text;
}

/// Those that are usual, unless the ssh config knows others and none of them.
std::string proposed_hosts(const std::vector<init_host>& usual,
                           const std::vector<std::string>& ssh_names) {
  const bool are_known = std::ranges::any_of(usual, [&](const init_host& host) {
    const auto& name = host.ssh.empty() ? host.name : host.ssh;
    return std::ranges::find(ssh_names, name) != ssh_names.end();
  });
  if (are_known || ssh_names.empty() || ssh_names.size() > names_shown_max)
    return names_of(usual);
  std::string text;
  for (const auto& name : ssh_names)
    text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::vector<init_host> hosts_from(const std::string& answer) {
  std::vector<init_host> hosts;
  for (const auto& word : split(answer))
    if (auto host = host_from_text(word); !host.name.empty())
      hosts.push_back(std::move(host));
  assign_roles(hosts);
  return hosts;
}

void ask_role(dialogue& with, init_host& host) {
  const auto proposed = std::string{to_string(host.role)};
  const auto answer = with.ask("Role of " + host.name + " (staging, production, public)", proposed);
  for (const auto role : {role::staging, role::production, role::public_facing})
    if (answer == to_string(role))
      host.role = role;
}

void ask_snapshots(dialogue& with, init_answers& answers) {
  std::string proposed;
  for (const auto& host : answers.hosts)
    if (!host.snapshot_script.empty())
      proposed = host.name;
  const auto where = split(with.ask("Hosts with snapshots", proposed));
  const auto script = where.empty() ? std::string{}
                                    : with.ask("Snapshot script there",
                                               answers.path + "/shared/scripts/snapshot.sh");
  for (auto& host : answers.hosts)
    host.snapshot_script =
        std::ranges::find(where, host.name) == where.end() ? std::string{} : script;
}

void ask_secrets(dialogue& with, init_answers& answers, const std::string& proposed) {
  answers.secrets_script = with.ask("Script that brings secrets to the hosts", proposed);
  if (answers.secrets_script.empty())
    return;
  answers.secrets_from = with.ask("The secret file on this machine", "~/.env.master");
  answers.secrets_to = with.ask("The secret file on each host", answers.path + "/.env");
}

void ask_tests(dialogue& with, init_answers& answers, const init_answers& usual) {
  answers.tests_command = with.ask("Command that tests a release", usual.tests_command);
  if (answers.tests_command.empty())
    return;
  answers.tests_on = with.ask("Where the tests run (a host, or controller)",
                              answers.hosts.empty() ? "controller" : answers.hosts[0].name);
  answers.tests_junit = answers.tests_command == usual.tests_command ? usual.tests_junit : "";
}

} // namespace

init_host host_from_text(const std::string& text) {
  init_host host;
  const auto equals = text.find('=');
  host.name = text.substr(0, equals);
  if (equals == std::string::npos)
    return host;
  auto rest = text.substr(equals + 1);
  if (rest.starts_with("ssh:")) {
    host.ssh = rest.substr(4);
    return host.ssh.empty() ? init_host{} : host;
  }
  if (const auto at = rest.rfind('@'); at != std::string::npos) {
    host.user = rest.substr(0, at);
    rest = rest.substr(at + 1);
  }
  const auto bracket = rest.starts_with('[') ? rest.find(']') : std::string::npos;
  const auto colon = rest.rfind(':');
  // More than one colon without brackets is an IPv6 address.
  const bool has_port =
      colon != std::string::npos
      && (bracket != std::string::npos ? colon > bracket : rest.find(':') == colon);
  if (has_port) {
    const auto* end = rest.data() + rest.size();
    const auto [stop, error] = std::from_chars(rest.data() + colon + 1, end, host.port);
    if (error != std::errc{} || stop != end || host.port == 0)
      return {};
    rest = rest.substr(0, colon);
  }
  host.address = bracket == std::string::npos ? rest : rest.substr(1, bracket - 1);
  return host.address.empty() ? init_host{} : host;
}

std::string find_compose_file(const std::string& folder) {
  for (const auto* name :
       {"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"})
    if (std::error_code error; fs::is_regular_file(fs::path{folder} / name, error))
      return name;
  return {};
}

bool take_compose_file(const std::string& file, init_answers& into) {
  std::ifstream in{file, std::ios::binary};
  std::string text(compose_bytes_max, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.gcount() <= 0)
    return false;
  text.resize(static_cast<std::size_t>(in.gcount()));
  into.checks.clear();
  for (const auto& port : published_ports(text))
    into.checks.push_back(proposed_check(port));
  const auto folder = fs::path{file}.parent_path();
  const auto name = fs::path{file}.filename().string();
  if (find_compose_file(folder.empty() ? "." : folder.string()) != name)
    into.compose_files = {name};
  return true;
}

init_answers ask(std::istream& in, std::ostream& out, const init_answers& usual,
                 const std::vector<std::string>& ssh_names) {
  dialogue with{in, out};
  init_answers answers;
  out << "Enter takes what stands in brackets, - leaves a part out.\n";
  answers.fleet = with.ask("Name of the fleet", usual.fleet);
  if (!ssh_names.empty()) {
    out << "Your ssh config knows:";
    for (std::size_t i = 0; i < std::min(ssh_names.size(), names_shown_max); ++i)
      out << ' ' << ssh_names[i];
    out << (ssh_names.size() > names_shown_max ? " ...\n" : "\n");
  }
  out << "Hosts in the order of deployment, as NAME, NAME=USER@ADDRESS:PORT or NAME=ssh:ALIAS.\n";
  const auto names = with.ask("Hosts", proposed_hosts(usual.hosts, ssh_names));
  const bool is_usual = names == names_of(usual.hosts);
  answers.hosts = is_usual ? usual.hosts : hosts_from(names);
  for (auto& host : answers.hosts)
    ask_role(with, host);
  answers.repository = with.ask("Repository that the hosts fetch", usual.repository);
  answers.path = with.ask("The checkout on each host", "~/" + answers.fleet);
  const auto compose = with.ask("Compose file to propose checks from", find_compose_file("."));
  if (!compose.empty() && !take_compose_file(compose, answers))
    out << compose << " cannot be read: no checks proposed\n";
  ask_snapshots(with, answers);
  ask_secrets(with, answers, is_usual ? answers.path + "/shared/scripts/sync-secrets.sh" : "");
  ask_tests(with, answers, is_usual ? usual : init_answers{});
  return answers;
}

} // namespace baton
