#include "cli/report/last_lines.hpp"

#include "cli/view/text.hpp"
#include "rules/open_phase.hpp"
#include "rules/plan.hpp"

#include <algorithm>
#include <set>
#include <tuple>

namespace baton {

namespace {

constexpr std::size_t read_bytes = 32u << 10;
/// Steps whose output is read, however many have failed.
constexpr std::size_t reads_max = 50;

/// A step that may have printed something.
struct printing_step {
  std::string phase;
  step_kind step;
  unit_id of;
  int attempt;
};

/// Steps of a unit in a phase from this one back, the nearest first.
void add_back_from(std::vector<printing_step>& to, const phase& in, step_kind last, unit_id of,
                   int attempt) {
  std::vector<printing_step> path;
  for (const auto& step : in.steps) {
    const bool is_on = std::any_of(step.on.begin(), step.on.end(),
                                   [&](const assignment& one) { return one.of == of; });
    if (is_on)
      path.push_back({in.id, step.kind, of, attempt});
    if (step.kind == last)
      break;
  }
  to.insert(to.end(), path.rbegin(), path.rend());
}

/// What may show why it went wrong there: the step itself, those before it, and of a look what
/// the stack's own deployment printed.
std::vector<printing_step> steps_behind(const plan& of, const run& now, const told_fault& fault) {
  std::vector<printing_step> made;
  const auto* in = phase_named(of, fault.phase);
  if (!in)
    return made;
  add_back_from(made, *in, fault.step, fault.of, fault.attempt);
  const auto stage = now.units[fault.of].stage;
  const bool looks = in->kind == phase_kind::guard || in->kind == phase_kind::verification;
  if (!looks || !stage)
    return made;
  const auto deploy = now.deploys[*stage];
  if (const auto nth = find_unit(now.phases[deploy], fault.of))
    add_back_from(made, of.phases[deploy], of.phases[deploy].steps.back().kind, fault.of,
                  now.phases[deploy].units[*nth].attempt);
  return made;
}

/// Of a phase that was cancelled: units that had failed, and whose next attempt was to come.
void add_unfinished_business(std::vector<std::vector<printing_step>>& to, const plan& of,
                             const run& now) {
  for (std::size_t index = 0; index < now.phases.size(); ++index) {
    if (!now.phases[index].cancelled)
      continue;
    for (const auto& unit : now.phases[index].units)
      if (unit.why && unit.why->code != ec::cancelled && unit.at < unit.path.size()) {
        to.emplace_back();
        add_back_from(to.back(), of.phases[index],
                      of.phases[index].steps[unit.path[unit.at].step].kind, unit.of, unit.attempt);
      }
  }
}

std::vector<std::vector<printing_step>> steps_of_interest(const plan& of, const run_story& story) {
  std::vector<std::vector<printing_step>> all;
  for (const auto& fault : story.faults)
    all.push_back(steps_behind(of, story.now, fault));
  add_unfinished_business(all, of, story.now);
  if (!story.now.finished && !story.now.ending.ended)
    for (const auto& one : steps_running(of, story.now))
      all.push_back({{one.phase, one.kind, one.of, one.attempt}});
  return all;
}

std::string_view what_is_seen(std::string_view line) {
  while (line.ends_with('\r'))
    line.remove_suffix(1);
  const auto over = line.rfind('\r');
  return over == std::string_view::npos ? line : line.substr(over + 1);
}

std::string cut_line(std::string_view line) {
  auto whole = printable(line, output_columns_max + 1);
  if (columns_of(whole) > output_columns_max)
    whole = printable(line, output_columns_max - 1) + "…";
  while (whole.ends_with(' '))
    whole.pop_back();
  return whole;
}

/// One that is there already is given another host.
void add_output(std::vector<reported_output>& to, reported_output one) {
  const auto same = std::find_if(to.begin(), to.end(), [&](const reported_output& it) {
    return std::tie(it.phase, it.step, it.lines) == std::tie(one.phase, one.step, one.lines);
  });
  if (same == to.end())
    to.push_back(std::move(one));
  else if (std::find(same->hosts.begin(), same->hosts.end(), one.hosts.front())
           == same->hosts.end())
    same->hosts.push_back(one.hosts.front());
}

} // namespace

std::vector<std::string> last_lines(std::string_view text, std::size_t lines_max, bool is_cut) {
  if (is_cut)
    text.remove_prefix(std::min(text.find('\n'), text.size()));
  std::vector<std::string> found; // from the end
  std::vector<std::size_t> times;
  while (!text.empty() && found.size() <= lines_max) {
    if (text.ends_with('\n'))
      text.remove_suffix(1);
    const auto begin = text.rfind('\n') + 1; // npos + 1 is 0
    auto line = cut_line(what_is_seen(text.substr(begin)));
    text = text.substr(0, begin);
    if (line.empty())
      continue;
    if (!found.empty() && found.back() == line) {
      ++times.back();
    } else {
      found.push_back(std::move(line));
      times.push_back(1);
    }
  }
  if (found.size() > lines_max)
    found.pop_back(); // it was looked at only for how often the one behind it is there
  for (std::size_t nth = 0; nth < found.size(); ++nth)
    if (times[nth] > 1)
      found[nth] += " (" + std::to_string(times[nth]) + " times)";
  std::reverse(found.begin(), found.end());
  return found;
}

std::vector<reported_output> outputs_of(const plan& of, const run_story& story,
                                        const output_end& read, std::vector<std::string>& silent) {
  std::vector<reported_output> made;
  std::set<std::string> done;
  std::size_t reads = 0;
  for (const auto& steps : steps_of_interest(of, story)) {
    if (steps.empty())
      continue;
    const auto& host = of.units[steps.front().of].host;
    bool told = false;
    for (const auto& step : steps) {
      if (told || reads == reads_max)
        break;
      const auto id = step_id(of, step.phase, step.step, step.of, step.attempt);
      if (!done.insert(id).second) {
        told = true;
        break;
      }
      ++reads;
      const auto text = read(id, read_bytes);
      auto lines = last_lines(text, output_lines_max, text.size() >= read_bytes);
      told = !lines.empty();
      if (told)
        add_output(made, {{host}, step.phase, std::string{to_string(step.step)}, std::move(lines)});
    }
    if (!told && reads == reads_max
        && std::find(silent.begin(), silent.end(), host) == silent.end())
      silent.push_back(host);
  }
  for (std::size_t nth = outputs_max; nth < made.size(); ++nth)
    silent.insert(silent.end(), made[nth].hosts.begin(), made[nth].hosts.end());
  made.resize(std::min(made.size(), outputs_max));
  if (made.size() > 1)
    for (auto& one : made) {
      const auto most = std::max<std::size_t>(5, output_lines_of_all / made.size());
      if (one.lines.size() > most)
        one.lines.erase(one.lines.begin(), one.lines.end() - static_cast<std::ptrdiff_t>(most));
    }
  return made;
}

} // namespace baton
