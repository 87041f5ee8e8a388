#pragma once

#include "messages/plan.hpp"

#include <string>
#include <string_view>
#include <variant>

/// Which texts of a fleet, and of a plan, may hold anything: the values of variables, URLs,
/// commands, bodies. All others are names, paths and words of Baton's own.

namespace baton {

namespace texts_of_fleet {

/// A word that follows an option (`--token VALUE`) is called by it.
void of_words(auto& in, auto visit) {
  std::string_view before;
  for (auto& word : in) {
    visit(before.starts_with('-') && !word.starts_with('-') ? before : std::string_view{}, word);
    before = word;
  }
}

void of_command(auto& in, auto visit) {
  of_words(in.argv, visit);
  visit(std::string_view{}, in.shell);
}

void of_vars(auto& in, auto visit) {
  for (auto& [name, value] : in)
    visit(std::string_view{name}, value);
}

void of_checks(auto& in, auto visit) {
  for (auto& check : in) {
    visit(std::string_view{}, check.url);
    visit(std::string_view{}, check.expect_body);
    of_command(check.run, visit);
  }
}

void of_stack(auto& in, auto visit) {
  visit(std::string_view{}, in.repository);
  of_vars(in.vars, visit);
  of_checks(in.health.checks, visit);
  if (auto* engine = std::get_if<command_engine>(&in.engine)) {
    of_command(engine->prepare, visit);
    of_command(engine->start, visit);
    of_command(engine->stop, visit);
    of_command(engine->status, visit);
  }
}

void of_stages(auto& in, auto visit) {
  for (auto& stage : in)
    for (auto& stack : stage.stacks)
      of_stack(stack, visit);
}

} // namespace texts_of_fleet

/// Calls `visit(name, text)` with each; `in` is a fleet, const or not. `name` is that of the
/// variable or option, and may be empty.
void each_free_text(auto& in, auto visit) requires requires {
  in.default_environment;
}
{
  for (auto& host : in.hosts)
    texts_of_fleet::of_vars(host.vars, visit);
  texts_of_fleet::of_stages(in.stages, visit);
  for (auto& place : in.secrets.places)
    texts_of_fleet::of_words(place.command, visit);
  texts_of_fleet::of_command(in.tests.run, visit);
  texts_of_fleet::of_checks(in.verification.checks, visit);
  for (auto& channel : in.alerts.channels) {
    visit(std::string_view{}, channel.url);
    texts_of_fleet::of_command(channel.run, visit);
  }
}

/// The same of a plan, whose stages are copies of the fleet's.
void each_free_text(auto& in, auto visit) requires requires {
  in.requested_by;
}
{
  each_free_text(in.fleet, visit);
  texts_of_fleet::of_stages(in.stages, visit);
}

} // namespace baton
