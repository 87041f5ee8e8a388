#include "runtime/secrets/secret_command.hpp"

#include "runtime/config/paths.hpp"
#include "runtime/config/units.hpp"
#include "runtime/fault.hpp"
#include "runtime/process.hpp"
#include "runtime/secrets/secret_file.hpp"

#include <algorithm>
#include <utility>

namespace baton {

namespace {

constexpr std::size_t told_bytes_max = 120;

error failed(std::string what, bool may_get_better) {
  auto made = make_error(ec::secrets_failed, std::move(what));
  made.retryable = may_get_better;
  return made;
}

std::string how_it_ended(const process_end& end) {
  if (!end.signal.empty())
    return " was killed by SIG" + end.signal;
  return " ended with status " + std::to_string(end.exit.value_or(-1));
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

} // namespace

std::string told(const std::vector<std::string>& words) {
  std::string line;
  for (const auto& word : words) {
    if (line.size() + word.size() > told_bytes_max)
      return line + (line.empty() ? "…" : " …");
    (line += line.empty() ? "" : " ") += word;
  }
  return line;
}

expected<std::string> run_secret_command(const secret_command& what, known_secrets& known,
                                         const std::stop_token& stop) {
  const auto name = "`" + told(what.words) + "`";
  process_request request;
  request.argv = what.words;
  if (auto& program = request.argv.front(); program.starts_with("~/"))
    program = (home_folder() / program.substr(2)).string();
  request.folder = what.folder;
  request.deadline = what.deadline;
  request.output_max = secret_file_max + 1;
  request.ends_when_cut = true;
  request.cancel = stop;
  auto end = run_process(request);
  if (!end) {
    if (end.error().code != ec::missing_tool)
      return fault(ec::secrets_failed, name + " cannot be run", end.error());
    return fault(ec::missing_tool, "there is no program `" + what.words.front()
                                       + "` on the controller: install it, or write its path");
  }
  if (end->out.size() > secret_file_max)
    return tl::unexpected{
        failed(name + " printed more than 1 MiB: that is no file of secrets", false)};
  if (what.is_template)
    known.know_template(end->out);
  else
    known.know(end->out);
  if (end->cancelled)
    return fault(ec::cancelled, name + " was stopped");
  // The end alone: what it begins with may be a piece of a secret that was cut off.
  const auto said = last_lines(known.all()->redact(end->err));
  const auto because = said.empty() ? std::string{} : ": " + said;
  if (end->deadline_hit)
    return fault(ec::timed_out, name + " did not end within " + duration_text(what.deadline)
                                    + " (deadlines.secrets)" + because);
  if (!end->ok())
    return tl::unexpected{failed(name + how_it_ended(*end) + because, true)};
  if (is_blank(end->out))
    return tl::unexpected{failed(name + " printed nothing" + because, false)};
  return std::move(end->out);
}

} // namespace baton
