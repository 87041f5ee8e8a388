// commands JOURNAL RUN: what a run that is in the journal asked of its targets, as JSON: the same
// plan, facts and job builder that the run had give the same scripts.
#include "bench/overhead/commands.hpp"

#include "rules/run.hpp"
#include "runtime/job.hpp"
#include "runtime/journal/journal.hpp"
#include "runtime/shell_quote.hpp"

#include <algorithm>
#include <iostream>
#include <map>
#include <stdexcept>
#include <utility>

namespace baton::overhead {
namespace {

template <class T>
T must(expected<T> got) {
  if (!got)
    throw std::runtime_error{describe(got.error())};
  return std::move(*got);
}

bool is_watched(step_kind kind) {
  return kind == step_kind::gate || kind == step_kind::guard || kind == step_kind::verify;
}

command command_of(const plan& of, const event::step_started& step, const run_facts& facts) {
  command made;
  made.target = step.target;
  made.id = step_id(of, step.phase, step.kind, step.of, step.attempt);
  made.deadline_seconds =
      static_cast<int>(std::chrono::ceil<std::chrono::seconds>(step.deadline).count());
  if (step.kind == step_kind::lease || step.kind == step_kind::release_lease) {
    made.verb = step.kind == step_kind::lease ? "acquire" : "release";
    return made;
  }
  auto work = must(make_job({of, step, facts}));
  made.verb = work.is_look ? "look" : "effect";
  // Files that Baton uploads beforehand, since scripts stay on the host and secrets must not: by
  // hand there is a quicker way.
  for (const auto& file : work.files)
    made.script += "mkdir -p \"$BATON_FILES\" && printf %s " + shell_quote(*file.content)
                   + " >\"$BATON_FILES/\"" + shell_quote(file.name) + '\n';
  made.script += work.script;
  if (is_watched(step.kind)) // with a steady window of 0 one look is enough
    made.id += "/1";
  return made;
}

const phase& phase_of(const plan& of, const std::string& id) {
  if (of.ending.id == id)
    return of.ending;
  return *std::find_if(of.phases.begin(), of.phases.end(),
                       [&](const phase& one) { return one.id == id; });
}

/// How many barriers of its phase stand before a step.
std::size_t barriers_before(const phase& in, step_kind kind) {
  std::size_t count = 0;
  for (const auto& step : in.steps) {
    if (step.kind == kind)
      break;
    count += step.barrier ? 1 : 0;
  }
  return count;
}

std::vector<part> parts_of(const std::vector<record>& records) {
  const auto& todo = *std::get<event::run_requested>(records.front().what).plan;
  auto now = begin(todo);
  std::vector<part> parts;
  std::pair<std::string, std::size_t> current;
  std::map<unit_id, std::size_t> lanes;
  for (const auto& one : records) {
    now = fold(todo, std::move(now), one);
    const auto* step = std::get_if<event::step_started>(&one.what);
    if (!step)
      continue;
    const std::pair place{step->phase, barriers_before(phase_of(todo, step->phase), step->kind)};
    if (parts.empty() || place != current) {
      current = place;
      parts.emplace_back();
      lanes.clear();
    }
    const auto nth = lanes.try_emplace(step->of, parts.back().size()).first->second;
    if (nth == parts.back().size())
      parts.back().emplace_back();
    parts.back()[nth].push_back(command_of(todo, *step, now.facts));
  }
  return parts;
}

int main_of(const std::string& file, const std::string& run) {
  const auto from = must(journal::open(file));
  const auto records = must(from.read_run(run));
  if (records.empty())
    throw std::runtime_error{"there is no run " + run};
  std::cout << json{{"run", run}, {"parts", parts_of(records)}}.dump() << "\n";
  return 0;
}

} // namespace
} // namespace baton::overhead

int main(int argc, char** argv) {
  if (argc != 3)
    return 64;
  try {
    return baton::overhead::main_of(argv[1], argv[2]);
  } catch (const std::exception& why) {
    std::cerr << why.what() << "\n";
    return 1;
  }
}
