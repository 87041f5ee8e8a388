#include "runtime/config/init.hpp"

#include "runtime/config/yaml_text.hpp"

#include <algorithm>

namespace baton {

namespace {

constexpr std::string_view head =
    R"(# yaml-language-server: $schema=/usr/share/baton/schema/baton.schema.json
#
# What is deployed, where, in which order, and what a failure means.
#
#   baton check           is this file right?      baton check --hosts   can every host be used?
#   baton explain         what follows a failure?  baton plan            what would change?
#   baton config show     every value, with all that is left to its default
#
# All keys: `baton config schema`, or docs/configuration.md.

)";

constexpr std::string_view hosts_head =
    R"(# {} is enough for a name that your ssh config knows. Else say what ssh must know:
#   name: {address: 192.0.2.17, user: deploy, port: 22, identity: ~/.ssh/id_ed25519, jump: other}
#   name: {ssh: name-in-the-ssh-config}
hosts:
)";

constexpr std::string_view stages_head =
    R"(# In the order in which a commit reaches them. The role says what a failure means:
#   staging      it and the stages before it are rolled back, the run ends `failed`
#   production   the same, the run ends `rolled_back`
#   public       three attempts; then only this stage is rolled back: `partial_success`
# A stage may say otherwise (retry, on_failure, verify), and may say anything of a stack anew.
stages:
)";

std::string quoted_list(const std::vector<std::string>& items) {
  std::string text;
  for (const auto& item : items)
    text += (text.empty() ? "" : ", ") + item;
  return '[' + text + ']';
}

std::string scalars(const std::vector<std::string>& items) {
  std::vector<std::string> written;
  for (const auto& item : items)
    written.push_back(yaml_scalar(item));
  return quoted_list(written);
}

/// The words of a command as a list; a line with anything that a shell reads stays a line.
std::string command_text(const std::string& line) {
  if (line.find_first_of("\"'`$\\|&;<>(){}[]*?#~!\n\t") != std::string::npos)
    return yaml_scalar(line);
  std::vector<std::string> words;
  for (std::size_t at = 0; at < line.size();) {
    const auto end = std::min(line.find(' ', at), line.size());
    if (end > at)
      words.push_back(line.substr(at, end - at));
    at = end + 1;
  }
  return scalars(words);
}

std::string host_text(const init_host& host) {
  std::vector<std::string> said;
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty())
      said.push_back(std::string{key} + ": " + yaml_scalar(value));
  };
  add("ssh", host.ssh);
  add("address", host.address);
  add("user", host.user);
  if (host.port != 0)
    said.push_back("port: " + std::to_string(host.port));
  const auto inside = quoted_list(said);
  return "  " + yaml_scalar(host.name) + ": {" + inside.substr(1, inside.size() - 2) + "}\n";
}

std::string stack_text(const init_answers& answers) {
  std::string text =
      "# What is deployed to each of them.\nstacks:\n  " + yaml_scalar(answers.fleet) + ":\n";
  text +=
      "    # What `git fetch` takes on the hosts. Left out: `origin` of the work tree that holds "
      "this file.\n    ";
  text += answers.repository.empty() ? "# repository: git@github.com:owner/repository.git"
                                     : "repository: " + yaml_scalar(answers.repository);
  text +=
      "\n    # source: push    # the commit goes over the ssh session; the hosts need no access "
      "to the repository\n"
      "    # dirty: discard  # uncommitted changes in the checkout; refuse if left out\n"
      "    path: "
      + yaml_scalar(answers.path) + " # the checkout on each host\n";
  text += answers.compose_files.empty()
              ? "    compose: {} # files, project, profiles, env_files, images: pull | build\n"
              : "    compose: {files: " + scalars(answers.compose_files)
                    + "} # project, profiles, env_files, images: pull | build\n";
  text += "    # Compose's own healthchecks always count; checks add what they do not see.\n"
          "    health:\n      steady: 10s\n";
  if (answers.checks.empty())
    return text + "      # checks: [{http: \"http://localhost:8080/health\"}]\n\n";
  text += "      checks:\n";
  for (const auto& check : answers.checks)
    text += "        - " + check + '\n';
  return text + '\n';
}

std::string stage_text(const init_host& host) {
  auto text = "  " + yaml_scalar(host.name) + ":\n    role: " + std::string{to_string(host.role)}
              + "\n    hosts: [" + yaml_scalar(host.name) + "]\n";
  if (host.role == role::public_facing)
    text += "    retry: {attempts: 3, base: 5s, factor: 2, cap: 60s}\n";
  if (!host.snapshot_script.empty())
    text +=
        "    # Called with list, create NAME, rollback NAME, and delete NAME if it knows that.\n"
        "    snapshot: {script: "
        + yaml_scalar(host.snapshot_script) + ", on: " + yaml_scalar(host.name)
        + ", covers: stack, keep: 3}\n"
          "    # Without a script, where it is a guest of Proxmox and `pve` a host of its "
          "cluster:\n"
          "    #   snapshot: {proxmox: {guest: 100, sudo: true}, on: pve}\n"
          "    # or by btrfs, zfs or lvm: docs/snapshots.md.\n"
          "    # A snapshot also takes back data written since: only when the release alone "
          "cannot be.\n"
          "    rollback_with: app_then_snapshot\n";
  return text;
}

std::string environments_text(const std::vector<init_host>& hosts) {
  std::vector<std::string> all, staging;
  for (const auto& host : hosts) {
    all.push_back(host.name);
    if (host.role == role::staging)
      staging.push_back(host.name);
  }
  std::string text =
      "# Which stages a run passes through: baton deploy --env NAME\nenvironments:\n";
  if (!staging.empty() && staging.size() < all.size())
    text += "  staging: {stages: " + scalars(staging) + "}\n";
  return text + "  production: {stages: " + scalars(all) + "}\ndefault_environment: production\n\n";
}

std::string secrets_text(const init_answers& answers) {
  std::string text =
      "# Called with test, status and sync. The files named here are saved before, compared\n"
      "# after, put back where a release does not stay, and kept out of every log.\n";
  const bool has_place = !answers.secrets_from.empty() && !answers.secrets_to.empty();
  if (answers.secrets_script.empty() && !has_place)
    return text
           + "# secrets: {script: ~/scripts/sync-secrets.sh, places: [{from: ~/.env.master, "
             "to: ~/app/.env}]}\n\n";
  text += "secrets:\n";
  text +=
      answers.secrets_script.empty()
          ? "  # script: ~/scripts/sync-secrets.sh # without it Baton copies the places itself\n"
          : "  script: " + yaml_scalar(answers.secrets_script)
                + "\n  on: controller # controller, each_host, or a host's name\n";
  if (has_place)
    text += "  places:\n    - {from: " + yaml_scalar(answers.secrets_from)
            + ", to: " + yaml_scalar(answers.secrets_to)
            + (answers.secrets_script.empty() ? "}\n" : ", compare: keys}\n");
  if (!answers.secrets_script.empty() && has_place)
    text +=
        "# Without a script Baton writes them itself: files, what a command prints, and templates\n"
        "# that are filled in for each host ({{host}}, {{vars.NAME}} ...).\n"
        "#   - {command: [sops, -d, secrets/prod.env], to: ~/homelab/.env}\n"
        "#   - {command: [pass, show, \"homelab/{{host}}\"], to: ~/homelab/.env}\n"
        "#   - {from: secrets/app.env, template: true, to: ~/homelab/app.env, hosts: [vps]}\n";
  return text + '\n';
}

std::string tests_text(const init_answers& answers) {
  std::string text = "# After the last staging stage; production waits for them.\n";
  if (answers.tests_command.empty())
    return text + "# tests: {on: controller, command: [./test.sh], junit: junit.xml}\n\n";
  text += "tests:\n  on: " + yaml_scalar(answers.tests_on.empty() ? "controller" : answers.tests_on)
          + '\n';
  if (!answers.tests_on.empty() && answers.tests_on != "controller")
    text += "  workdir: " + yaml_scalar(answers.path) + '\n';
  text += "  command: " + command_text(answers.tests_command) + '\n';
  if (!answers.tests_junit.empty())
    text += "  junit: " + yaml_scalar(answers.tests_junit) + '\n';
  return text + "  deadline: 10m\n\n";
}

std::string tail_text(const std::vector<init_host>& hosts) {
  return "# The last look, from outside. A check speaks of a stage: by itself of the last one.\n"
         "# verification: {checks: [{http: \"https://example.org/\", on: controller, of: "
         + (hosts.empty() ? "vps" : hosts.back().name)
         + "}]}\n\n"
           "# Who hears of a run that ends badly; the file with the bot's token is for you alone "
           "(chmod "
           "600).\n"
           "# alerts: {channels: {phone: {telegram: {token_file: bot.token, chat: 123456789}}}}\n";
}

} // namespace

init_answers homelab_answers() {
  init_answers answers;
  answers.fleet = "homelab";
  answers.hosts = {
      {"thinkpad", "", "", "", 0, role::staging, ""},
      {"rtx1080", "", "", "", 0, role::production, "~/homelab/shared/scripts/snapshot.sh"},
      {"vps", "jonas-homelab-vps", "", "", 0, role::public_facing, ""}};
  answers.repository = "git@github.com:owner/homelab.git";
  answers.path = "~/homelab";
  answers.secrets_script = "~/homelab/shared/scripts/sync-secrets.sh";
  answers.secrets_from = "~/.env.master";
  answers.secrets_to = "~/homelab/.env";
  answers.tests_command = ".venv/bin/python -m pytest --junitxml=junit.xml";
  answers.tests_on = "thinkpad";
  answers.tests_junit = "junit.xml";
  return answers;
}

void assign_roles(std::vector<init_host>& hosts) {
  for (auto& host : hosts)
    host.role = role::production;
  if (hosts.size() >= 2)
    hosts.front().role = role::staging;
  if (hosts.size() >= 3)
    hosts.back().role = role::public_facing;
}

std::string init_file(const init_answers& answers) {
  std::string text{head};
  text += "fleet: " + yaml_scalar(answers.fleet) + "\n\n" + std::string{hosts_head};
  for (const auto& host : answers.hosts)
    text += host_text(host);
  text += '\n' + stack_text(answers) + std::string{stages_head};
  for (const auto& host : answers.hosts)
    text += stage_text(host);
  return text + '\n' + environments_text(answers.hosts) + secrets_text(answers)
         + tests_text(answers) + tail_text(answers.hosts);
}

} // namespace baton
