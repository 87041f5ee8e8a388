#include "cli/cut_off.hpp"

#include "runtime/journal/run_lock.hpp"
#include "runtime/journal/state_dir.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <iostream>

namespace baton {

namespace {

bool has_worker(const std::filesystem::path& state, const run_row& run) {
  const auto owner = run_lock::owner(state, run.id);
  return owner && *owner && (*owner)->alive;
}

/// They list such runs, deal with them, or print what programs read.
constexpr std::array<std::string_view, 11> say_nothing{"deploy",     "resume",  "cancel",  "retry",
                                                       "rollback",   "status",  "history", "init",
                                                       "completion", "version", "demo"};

} // namespace

std::vector<run_row> unfinished_runs(const workspace& in) {
  auto all = or_fail(in.journal->unfinished_runs());
  std::erase_if(all, [&](const run_row& run) { return run.fleet != in.fleet->name; });
  return all;
}

std::vector<run_row> cut_off_runs(const workspace& in) {
  auto all = unfinished_runs(in);
  std::erase_if(all, [&](const run_row& run) { return has_worker(in.state, run); });
  return all;
}

bool is_anything_cut_off(const workspace& in) {
  const auto all = or_fail(in.journal->unfinished_runs());
  return std::any_of(all.begin(), all.end(),
                     [&](const run_row& run) { return !has_worker(in.state, run); });
}

std::string cut_off_words(const run_row& run) {
  return fmt::format("run {} ({} to {}) was cut off in {}", run.id, printable(run.ref, 40),
                     run.environment, run.phase.empty() ? "its beginning" : run.phase);
}

void say_what_was_cut_off(std::string_view verb) {
  if (std::find(say_nothing.begin(), say_nothing.end(), verb) != say_nothing.end())
    return;
  const auto state = state_dir();
  std::error_code none;
  if (!std::filesystem::exists(journal_file(state), none))
    return;
  const auto in = journal::open(journal_file(state));
  if (!in)
    return;
  auto all = in->unfinished_runs();
  if (!all)
    return;
  std::erase_if(*all, [&](const run_row& run) { return has_worker(state, run); });
  if (all->empty())
    return;
  const auto& last = all->back();
  std::cerr << cut_off_words(last)
            << (all->size() > 1 ? fmt::format(", and {} before it", all->size() - 1) : "")
            << ": baton resume " << last.id << std::endl;
}

} // namespace baton
