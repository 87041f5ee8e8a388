#include "runtime/release/engine_text.hpp"

#include "runtime/release/names.hpp"
#include "runtime/release/script.hpp"
#include "runtime/shell_quote.hpp"

#include <algorithm>

namespace baton::release {

namespace {

/// The stack's environment, under the host's own.
script vars_text(const stack_of& of) {
  auto all = of.stack->vars;
  if (of.host)
    for (const auto& [name, value] : of.host->vars)
      all.insert_or_assign(name, value);
  std::vector<std::string> lines;
  for (const auto& [name, value] : all)
    if (is_variable_name(name))
      lines.push_back(name + "=" + shell_quote(value) + "; export " + name);
  script text;
  text.function("user_vars", lines);
  return text;
}

std::string command_text(const stack_of& of, const command_engine& engine) {
  auto text = vars_text(of);
  text.set("B_KIND", "command");
  std::string known;
  const auto add = [&](const char* name, const command& one) {
    if (one.empty())
      return;
    known += (known.empty() ? "" : " | ") + std::string{name};
    text.function("user_" + std::string{name}, {"\"$@\" " + command_words(one)});
  };
  add("prepare", engine.prepare);
  add("start", engine.start);
  add("stop", engine.stop);
  add("status", engine.status);
  text.function("user_has", {"case $1 in " + (known.empty() ? "''" : known) + ") return 0 ;; esac",
                             "return 1"});
  return text.text();
}

std::string compose_text(const stack_of& of, const compose_engine& engine) {
  auto text = vars_text(of);
  text.set("B_KIND", "compose");
  text.set("B_PROJECT", engine.project);
  text.set("B_IMAGES", engine.images == image_source::build ? "build" : "pull");
  std::vector<std::string> options;
  for (const auto& file : engine.files)
    options.insert(options.end(), {"-f", file});
  for (const auto& file : engine.env_files)
    options.insert(options.end(), {"--env-file", file});
  for (const auto& profile : engine.profiles)
    options.insert(options.end(), {"--profile", profile});
  text.function("compose",
                {words("docker compose --project-directory . ${project:+-p \"$project\"}", options)
                 + " \"$@\""});
  return text.text();
}

/// Relative to the checkout, when it lies below it.
std::string below(const std::string& folder, const std::string& file) {
  const auto prefix = folder + (folder.ends_with('/') ? "" : "/");
  return file.starts_with(prefix) ? file.substr(prefix.size()) : std::string{};
}

std::string with_host(std::string text, const host* where) {
  constexpr std::string_view mark = "${host}";
  const std::string address = where ? address_of(*where) : "localhost";
  for (auto at = text.find(mark); at != text.npos; at = text.find(mark, at + address.size()))
    text.replace(at, mark.size(), address);
  return text;
}

std::string whole_seconds(duration time) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(time).count();
  return std::to_string(std::max<long long>(seconds, 1));
}

std::string check_words(const health_check& of, const host* where) {
  const auto seconds = whole_seconds(of.timeout);
  switch (of.kind) {
  case check_kind::http:
    return words("check_http", {with_host(of.url, where), std::to_string(of.expect_status),
                                of.expect_body, seconds});
  case check_kind::tcp: {
    const auto address = with_host(of.address, where);
    const auto colon = address.rfind(':');
    auto host = address.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']'))
      host = host.substr(1, host.size() - 2);
    return words("check_tcp",
                 {host, colon == address.npos ? "" : address.substr(colon + 1), seconds});
  }
  case check_kind::command:
    return "checked_command " + seconds + ' ' + command_words(of.run);
  case check_kind::compose:
    break;
  }
  return ":";
}

} // namespace

std::string engine_text(const stack_of& of) {
  if (const auto* command = std::get_if<command_engine>(&of.stack->engine))
    return command_text(of, *command);
  return compose_text(of, std::get<compose_engine>(of.stack->engine));
}

std::string env_files_text(const plan& of, const stack_of& where) {
  std::vector<std::string> files{".env"};
  if (const auto* compose = std::get_if<compose_engine>(&where.stack->engine))
    files.insert(files.end(), compose->env_files.begin(), compose->env_files.end());
  for (const auto& place : of.fleet.secrets.places)
    if (auto file = below(where.stack->path, place.to); !file.empty())
      files.push_back(std::move(file));
  std::vector<std::string> lines;
  for (const auto& file : files)
    lines.push_back(words("\"$@\"", {file}));
  script text;
  text.function("each_env_file", lines);
  return text.text();
}

std::vector<std::size_t> own_checks(const stack_of& of) {
  std::vector<std::size_t> own;
  const auto& checks = of.stack->health.checks;
  for (std::size_t n = 0; n < checks.size(); ++n) {
    const auto& one = checks[n];
    const bool here = one.on.empty() || one.on == "host" || one.on == of.of->host;
    if (here && one.kind != check_kind::compose)
      own.push_back(n);
  }
  return own;
}

std::string checks_text(const stack_of& of) {
  std::vector<std::string> lines;
  for (const auto n : own_checks(of))
    lines.push_back("\"$@\" " + std::to_string(n) + ' '
                    + check_words(of.stack->health.checks[n], of.host));
  script text;
  text.function("each_check", lines);
  return text.text();
}

std::string shown_check(const health_check& of) {
  switch (of.kind) {
  case check_kind::http:
    return "http " + of.url;
  case check_kind::tcp:
    return "tcp " + of.address;
  case check_kind::command:
    return "command " + (of.run.argv.empty() ? of.run.shell : shell_join(of.run.argv));
  case check_kind::compose:
    break;
  }
  return "compose";
}

} // namespace baton::release
