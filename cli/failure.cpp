#include "cli/failure.hpp"

#include "cli/log_format.hpp"
#include "cli/view/text.hpp"
#include "runtime/config/load.hpp"

#include <algorithm>
#include <iostream>
#include <string_view>
#include <utility>

namespace baton {

namespace {

/// Where there are words alone.
ec code_for(int exit) {
  switch (exit) {
  case exit_code::usage:
  case exit_code::bad_input:
  case exit_code::no_input:
    return ec::usage;
  case exit_code::config:
    return ec::config_invalid;
  case exit_code::unavailable:
    return ec::unreachable;
  case exit_code::io_error:
  case exit_code::try_again:
    return ec::journal_failed;
  case exit_code::internal:
    return ec::internal;
  default:
    return ec::step_failed;
  }
}

std::string without_last_break(std::string text) {
  if (text.ends_with('\n'))
    text.pop_back();
  return text;
}

} // namespace

command_failed::command_failed(int code, error cause)
    : exit_code{code}, message{describe(cause) + "\n"}, why{std::move(cause)} {}

command_failed::command_failed(int code, std::string text)
    : exit_code{code},
      message{std::move(text)},
      why{unexpected(code_for(code), without_last_break(message)).value()} {}

command_failed::command_failed(int code, std::vector<config_fault> all)
    : command_failed{code, as_error(all)} {
  faults = std::move(all);
}

bool wants_json(int argc, const char* const* argv) {
  const auto* const end = std::find(argv, argv + argc, std::string_view{"--"});
  return std::any_of(argv, end,
                     [](std::string_view word) { return word == "--json" || word == "--events"; });
}

ordered_json to_json(const config_fault& fault) {
  return {{"file", fault.file}, {"line", fault.line}, {"column", fault.column},
          {"path", fault.path}, {"what", fault.what}, {"hint", fault.hint}};
}

ordered_json to_json(const command_failed& failure) {
  ordered_json made{{"schema", 1},
                    {"error", describe(failure.why)},
                    {"error_detail", to_json(failure.why)},
                    {"exit_code", failure.exit_code}};
  for (const auto& fault : failure.faults)
    made["faults"].push_back(to_json(fault));
  return made;
}

int tell(const cli_context& context, const command_failed& failure) {
  if (!logs_as_json(context))
    std::cerr << printable_lines(failure.message) << std::flush;
  else if (!failure.message.empty())
    write_json_line(log_level::error, without_last_break(failure.message),
                    {.event = "command_failed", .why = &failure.why});
  if (context.json)
    std::cout << dump(to_json(failure)) << "\n" << std::flush;
  return failure.exit_code;
}

} // namespace baton
