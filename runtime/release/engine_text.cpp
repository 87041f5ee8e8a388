#include "runtime/release/engine_text.hpp"

#include "runtime/checks/words.hpp"
#include "runtime/release/script.hpp"
#include "runtime/secrets/places.hpp"

#include <algorithm>

namespace baton::release {

namespace {

/// The stack's environment, under the host's own.
script vars_text(const stack_of& of) {
  auto all = of.stack->vars;
  if (of.host)
    for (const auto& [name, value] : of.host->vars)
      all.insert_or_assign(name, value);
  script text;
  text.function("user_vars", exports(all));
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
  std::vector<std::string> lines;
  std::vector<std::string> places;
  for (const auto& on : places_on(of.fleet.secrets, where.of->host)) {
    if (auto file = below(where.stack->path, on.place->to); !file.empty())
      files.push_back(std::move(file));
    else
      places.push_back(words("place_file", {on.place->to}) + " \"$@\"");
  }
  for (const auto& file : files)
    lines.push_back(words("\"$@\"", {file}));
  script text;
  text.function("each_env_file", lines);
  text.function("each_place_file", places);
  return text.text();
}

std::vector<std::size_t> own_checks(const stack_of& of) {
  std::vector<std::size_t> own;
  const auto& checks = of.stack->health.checks;
  for (std::size_t n = 0; n < checks.size(); ++n)
    if (is_made_by(checks[n], of.of->host) && checks[n].kind != check_kind::compose)
      own.push_back(n);
  return own;
}

std::string checks_text(const stack_of& of) {
  std::vector<std::string> lines;
  for (const auto n : own_checks(of))
    lines.push_back(check_line(n, of.stack->health.checks[n], check_address(of)));
  script text;
  text.function("each_check", lines);
  return text.text();
}

std::string check_address(const stack_of& of) {
  return of.host ? address_of(*of.host) : "localhost";
}

} // namespace baton::release
