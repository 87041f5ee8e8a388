#include "runtime/steps/shell_answers.hpp"

#include "runtime/steps/shell_numbers.hpp"
#include "runtime/steps/step_name.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace baton {

namespace {

using frame = shell_frames::frame;

// What a worker exits with when it could not claim; see worker.sh.
constexpr int stale_code = 201;
constexpr int known_code = 202;
constexpr int cannot_code = 203;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const auto end = std::min(line.find(' '), line.size());
    if (end > 0)
      words.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

std::optional<step_state> state_of(std::string_view word) {
  using enum step_state;
  constexpr std::array<std::pair<std::string_view, step_state>, 8> states{{{"absent", absent},
                                                                           {"running", running},
                                                                           {"orphan", running},
                                                                           {"settling", settling},
                                                                           {"done", done},
                                                                           {"lost", lost},
                                                                           {"rebooted", lost},
                                                                           {"refused", refused}}};
  const auto found =
      std::find_if(states.begin(), states.end(), [&](auto& each) { return each.first == word; });
  if (found == states.end())
    return std::nullopt;
  return found->second;
}

std::string why_refused(int code, std::string_view said) {
  if (code == stale_code)
    return "the fence is stale: another owner has the target";
  if (code == known_code)
    return "the step was known already and has been forgotten meanwhile";
  if (code == cannot_code)
    return said.empty() ? "it could not be claimed" : std::string{said};
  return "it was stopped before it began";
}

} // namespace

ec code_of_refusal(std::string_view word) noexcept {
  if (word == "stale")
    return ec::lease_lost;
  if (word == "nospace")
    return ec::no_space;
  if (word == "tool")
    return ec::missing_tool;
  return ec::step_failed;
}

std::string_view without_end(std::string_view text) noexcept {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
    text.remove_suffix(1);
  return text;
}

// STATE CODE WHY LEFT CUT LOG-AT LOG-MORE STARTED
std::optional<step_report> report_of(frame& from) {
  if (from.words.size() != 9)
    return std::nullopt;
  const auto& word = from.words;
  const auto state = state_of(word[1]);
  const auto log_at = parse_number<std::uint64_t>(word[6]);
  if (!state || !log_at
      || *log_at > std::numeric_limits<std::uint64_t>::max() - from.payload.size())
    return std::nullopt;
  step_report report;
  report.state = *state;
  report.orphan = word[1] == "orphan";
  report.rebooted = word[1] == "rebooted";
  report.deadline_hit = word[3] == "deadline";
  report.kill_asked = word[3] == "kill";
  report.remains = word[4] == "1";
  report.log_full = word[5] == "full";
  report.log_cut = report.log_full || word[5] == "1";
  report.log_offset = *log_at;
  report.log_more = word[7] == "1";
  report.started = word[8] == "1";
  const auto code = parse_number<int>(word[2]);
  if (report.state == step_state::done) {
    if (!code || *code < 0 || *code > 255)
      return std::nullopt;
    report.status = *code;
    if (report.status > 128)
      report.signal = signal_name(report.status - 128);
  }
  if (report.state == step_state::refused) {
    report.fence_stale = code == stale_code;
    report.refusal = why_refused(code.value_or(0), without_end(from.payload));
    return report;
  }
  report.log = std::move(from.payload);
  return report;
}

// held|mine FENCE [RUN AGE SAME-BOOT SILENT]
std::optional<lease_report> lease_of(const frame& from) {
  const auto& word = from.words;
  if (word.size() < 3)
    return std::nullopt;
  const auto fence = parse_number<std::uint64_t>(word[2]);
  if (!fence)
    return std::nullopt;
  lease_report report;
  report.fence = *fence;
  if (word[1] == "mine" && word.size() == 3) {
    for (const auto line : lines_of(from.payload)) {
      const auto space = std::min(line.find(' '), line.size());
      lease_owner before;
      before.run = decode_word(line.substr(0, space));
      before.owner = line.substr(std::min(space + 1, line.size()));
      report.to_end.push_back(std::move(before));
    }
    return report;
  }
  if (word[1] != "held" || word.size() != 7)
    return std::nullopt;
  if (word[3] == "-")
    return report;
  lease_owner owner;
  owner.run = decode_word(word[3]);
  owner.owner = from.payload;
  if (const auto age = parse_number<std::int64_t>(word[4]))
    owner.heartbeat_age = static_cast<double>(std::max<std::int64_t>(*age, 0));
  owner.same_boot = word[5] == "1";
  if (const auto silent = parse_number<std::int64_t>(word[6]))
    owner.silent = static_cast<double>(std::max<std::int64_t>(*silent, 0));
  report.holder = std::move(owner);
  return report;
}

std::optional<shell_facts> facts_of(const frame& from) {
  shell_facts facts;
  for (const auto line : lines_of(from.payload)) {
    const auto space = std::min(line.find(' '), line.size());
    const auto key = line.substr(0, space);
    const auto value = line.substr(std::min(space + 1, line.size()));
    if (key == "boot")
      facts.boot_id = value;
    else if (key == "uptime")
      facts.uptime_seconds = static_cast<double>(parse_number<std::uint64_t>(value).value_or(0));
    else if (key == "uid")
      facts.uid = parse_number<std::uint32_t>(value).value_or(0);
    else if (key == "home")
      facts.state_dir = value;
    else if (key == "shell")
      facts.shell = value.empty() ? "sh" : value;
    else if (key == "setsid")
      facts.session_tool = value;
    else if (key == "cgroup")
      facts.cgroup = !value.empty();
    else if (key == "logind")
      facts.logind_kills = value == "1";
    else if (key == "missing")
      for (const auto tool : words_of(value))
        facts.missing.emplace_back(tool);
  }
  if (facts.boot_id.empty() || facts.state_dir.empty())
    return std::nullopt;
  return facts;
}

std::optional<std::vector<step_entry>> entries_of(std::string_view run, const frame& from) {
  std::vector<step_entry> entries;
  for (const auto line : lines_of(from.payload)) {
    const auto words = words_of(line);
    if (words.size() != 4)
      return std::nullopt;
    const auto state = state_of(words[2]);
    if (!state)
      return std::nullopt;
    step_entry entry;
    entry.id = step_id({encode_word(run), std::string{words[1]}});
    entry.kind = words[0] == "look" ? step_mode::look : step_mode::effect;
    entry.state = *state;
    if (entry.state == step_state::done)
      entry.status = parse_number<int>(words[3]).value_or(-1);
    entries.push_back(std::move(entry));
  }
  return entries;
}

} // namespace baton
