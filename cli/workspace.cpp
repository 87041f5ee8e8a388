#include "cli/workspace.hpp"

#include "cli/controller_checks.hpp"

#include "runtime/config/load.hpp"
#include "runtime/config/near_name.hpp"
#include "runtime/config/paths.hpp"
#include "runtime/journal/state_dir.hpp"
#include "runtime/log/log.hpp"
#include "runtime/steps/owner_line.hpp"

#include <chrono>
#include <clocale>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <langinfo.h>
#include <pwd.h>
#include <random>
#include <unistd.h>

namespace baton {

std::string controller() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "controller";
}

std::shared_ptr<const fleet> open_fleet(const cli_context& context, std::string* file) {
  const auto found = or_fail(find_config(context.config_path), exit_code::no_input);
  if (file)
    *file = found;
  auto loaded = load_fleet(found);
  if (!loaded)
    throw command_failed{exit_code::config, loaded.error()};
  resolve_check_addresses(*loaded);
  return std::make_shared<const fleet>(std::move(*loaded));
}

std::shared_ptr<journal> open_journal() {
  auto opened = journal::open(journal_file(state_dir()));
  if (!opened)
    throw command_failed{exit_code::io_error, opened.error()};
  return std::make_shared<journal>(std::move(*opened));
}

workspace open_workspace(const cli_context& context) {
  workspace made;
  made.fleet = open_fleet(context, &made.config_file);
  made.state = state_dir();
  made.journal = open_journal();
  return made;
}

run_row run_named(const cli_context& context, const journal& in, const std::string& id) {
  if (!id.empty())
    return or_fail(in.find_run(id), exit_code::no_input);
  run_filter last;
  last.count_max = 1;
  if (const auto file = find_config(context.config_path))
    if (const auto loaded = load_fleet(*file))
      last.fleet = loaded->name;
  const auto rows = or_fail(in.runs(last));
  if (rows.empty())
    throw command_failed{exit_code::no_input,
                         "no runs yet" + (last.fleet.empty() ? "" : " of fleet " + last.fleet)
                             + "\n"};
  return rows.front();
}

std::filesystem::path log_file_of(const fleet& of) {
  return of.log_file.empty() ? log_file(state_dir()) : std::filesystem::path{of.log_file};
}

const host& host_of(const fleet& in, const std::string& name) {
  if (const auto* found = find_host(in, name))
    return *found;
  std::vector<std::string> known;
  for (const auto& each : in.hosts)
    known.push_back(each.reach.name);
  const auto hint = suggest(name, known);
  throw command_failed{exit_code::usage, "no host \"" + name + "\" in this fleet"
                                             + (hint.empty() ? "" : "; " + hint) + "\n"};
}

std::string user_name() {
  if (const auto* entry = ::getpwuid(::geteuid()); entry && entry->pw_name)
    return entry->pw_name;
  return std::to_string(::geteuid());
}

std::string who_asks() {
  return user_name() + "@" + controller();
}

std::string where_from() {
  std::string made;
  if (const char* ssh = std::getenv("SSH_CONNECTION"); ssh && *ssh) {
    constexpr std::size_t address_max = 60;
    const std::string_view text{ssh};
    made = "ssh " + printable(text.substr(0, text.find(' ')), address_max);
  }
  const char* terminal = is_terminal(STDIN_FILENO) ? ::ttyname(STDIN_FILENO) : nullptr;
  if (terminal || made.empty()) {
    std::string_view name = terminal ? terminal : "no terminal";
    if (name.starts_with("/dev/"))
      name.remove_prefix(5);
    made += (made.empty() ? "" : ", ") + std::string{name};
  }
  return made;
}

void sign(plan& what, std::string verb) {
  what.verb = std::move(verb);
  what.requested_from = where_from();
}

std::string lease_owner_json() {
  return owner_line(user_name(), controller());
}

std::string new_run_id() {
  const auto now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  char stamp[32];
  std::strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &utc);
  std::random_device random;
  char tail[8];
  std::snprintf(tail, sizeof tail, "%06x", random() & 0xffffffu);
  return std::string{stamp} + "-" + tail;
}

std::string is_named(const std::string& argument) {
  return argument.empty() ? "is empty; leave it out, or say which run" : "";
}

bool is_terminal(int fd) {
  return ::isatty(fd) == 1;
}

bool wants_colour(const cli_context& context, int fd) {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return is_terminal(fd) && !context.no_color && !(no_colour && *no_colour)
         && !(term && std::string_view{term} == "dumb");
}

charset locale_charset() {
  std::setlocale(LC_CTYPE, "");
  return std::string_view{::nl_langinfo(CODESET)} == "UTF-8" ? charset::utf8 : charset::ascii;
}

bool confirm(const cli_context& context, const std::string& question) {
  if (context.no_input || !is_terminal(STDIN_FILENO))
    return false;
  std::cerr << question << " [y/N] " << std::flush;
  std::string answer;
  if (!std::getline(std::cin, answer))
    std::cerr << "\n"; // the end of input ends no line
  return answer == "y" || answer == "yes" || answer == "Y";
}

} // namespace baton
