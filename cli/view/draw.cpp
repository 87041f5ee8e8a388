#include "cli/view/draw.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace baton {

namespace {

struct symbols {
  const char* ok;
  const char* failed;
  const char* active;
  const char* open;
  const char* skipped;
  const char* more;
};

constexpr symbols unicode{"✔", "✘", "●", "·", "–", "…"};
constexpr symbols ascii{"+", "x", "*", ".", "-", "..."};

/// What is shown first where not all can be; in this order.
enum class weight : std::uint8_t { head, active, failed, step, open, over };

struct drawn_line {
  weight how;
  std::string text;
};

const char* symbol_of(const phase_line& line, const symbols& set) {
  if (line.active)
    return set.active;
  switch (line.outcome) {
  case phase_outcome::ok:
    return set.ok;
  case phase_outcome::failed:
  case phase_outcome::cancelled:
    return set.failed;
  case phase_outcome::skipped:
    return set.skipped;
  case phase_outcome::not_run:
    break;
  }
  return set.open;
}

weight weight_of(const phase_line& line) {
  if (line.active)
    return weight::active;
  switch (line.outcome) {
  case phase_outcome::failed:
  case phase_outcome::cancelled:
    return weight::failed;
  case phase_outcome::not_run:
    return weight::open;
  default:
    return weight::over;
  }
}

/// The guards between phases are shown only while they have something to say.
bool is_shown(const phase_line& line) {
  return line.active || line.outcome == phase_outcome::failed
         || line.id.find(':') == std::string::npos;
}

/// Of the column with names: the longest of the plan's, within reason.
std::size_t name_columns(const plan& of) {
  std::size_t most = 14;
  for (unit_id which = 0; which < of.units.size(); ++which)
    most = std::max(most, columns_of(unit_name(of, which)));
  for (const auto& phase : of.phases)
    if (phase.kind != phase_kind::guard)
      most = std::max(most, columns_of(phase.id));
  constexpr std::size_t columns_max = 24;
  return std::min(most, columns_max);
}

class drawing {
public:
  drawing(const view_model& view, time_point now, const symbols& set)
      : view_{view}, now_{now}, set_{set}, names_{name_columns(*view.of)} {}

  std::vector<drawn_line> lines() && {
    head();
    for (const auto& line : view_.phases)
      if (is_shown(line)) {
        phase(line);
        for (const auto& [unit, at] : line.retry_at)
          if (at && line.active)
            step(fmt::format("     {:<{}} tries again in {}", unit, names_,
                             human_duration(std::max(*at - now_, duration::zero()))));
        steps([&](const active_step& one) { return one.phase == line.id; });
      }
    beside("rolling back after " + view_.rolling_back.value_or(""), view_.rolling_back.has_value(),
           [](const active_step& one) { return one.phase.rfind("rollback:", 0) == 0; });
    const auto ends = [&](const active_step& one) { return one.phase == view_.of->ending.id; };
    beside(view_.of->ending.id,
           std::any_of(view_.active.begin(), view_.active.end(),
                       [&](const auto& one) { return ends(one.second); }),
           ends);
    return std::move(lines_);
  }

private:
  void head() {
    auto what = view_.of->request.commit_hash;
    if (!view_.commit.empty() && view_.commit.substr(0, 12) != what.substr(0, 12))
      what += " (" + view_.commit.substr(0, 12) + ")";
    lines_.push_back(
        {weight::head, fmt::format("{} to {}  {}{}  run {}", what, view_.of->request.environment,
                                   human_duration(now_ - *view_.began),
                                   view_.cancelled ? "  cancelling" : "", view_.of->run)});
  }

  void phase(const phase_line& line) {
    auto text =
        fmt::format(" {} {:<{}} {:>7}", symbol_of(line, set_), line.id, names_ + 2,
                    line.since ? human_duration(line.until.value_or(now_) - *line.since) : "");
    if (!line.note.empty())
      text += "  " + line.note;
    lines_.push_back({weight_of(line), std::move(text)});
  }

  void step(std::string text) { lines_.push_back({weight::step, std::move(text)}); }

  template <class Which>
  void steps(Which which) {
    for (const auto& [id, one] : view_.active) {
      if (!which(one))
        continue;
      auto text = fmt::format("     {:<{}} {} {}", one.unit, names_, one.what,
                              human_duration(now_ - one.since));
      if (one.attempt > 1)
        text += fmt::format(" (attempt {})", one.attempt);
      if (!one.last_line.empty())
        text += "  " + one.last_line;
      step(std::move(text));
    }
  }

  /// What goes on beside the forward order.
  template <class Which>
  void beside(const std::string& what, bool goes_on, Which which) {
    if (!goes_on)
      return;
    lines_.push_back({weight::active, fmt::format(" {} {}", set_.active, what)});
    steps(which);
  }

  const view_model& view_;
  time_point now_;
  const symbols& set_;
  std::size_t names_;
  std::vector<drawn_line> lines_;
};

/// Leaves the lightest lines out, the later ones first, and counts them in a last line.
void cut_to(std::size_t height, std::vector<drawn_line>& lines, const symbols& set) {
  if (lines.size() <= height)
    return;
  const bool counts = height > 2; // else there is better use for the line
  std::vector<std::size_t> order(lines.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto b) { return lines[a].how < lines[b].how; });
  const auto kept = counts ? height - 1 : height;
  std::size_t steps = 0;
  for (std::size_t i = kept; i < order.size(); ++i) {
    steps += lines[order[i]].how == weight::step ? 1U : 0U;
    lines[order[i]].text.clear();
  }
  const auto phases = lines.size() - kept - steps;
  std::erase_if(lines, [](const drawn_line& line) { return line.text.empty(); });
  if (!counts)
    return;
  auto more = "   " + std::string{set.more};
  if (steps > 0)
    more += fmt::format(" {} more under way", steps);
  if (phases > 0)
    more += fmt::format("{} {} more phase{}", steps > 0 ? "," : "", phases, phases > 1 ? "s" : "");
  lines.push_back({weight::head, std::move(more)});
}

} // namespace

std::vector<std::string> draw(const view_model& view, time_point now, std::size_t width,
                              std::size_t height, charset shows) {
  if (!view.of || width == 0 || height == 0)
    return {};
  const auto& set = shows == charset::ascii ? ascii : unicode;
  auto lines = drawing{view, now, set}.lines();
  cut_to(height, lines, set);
  std::vector<std::string> texts;
  for (const auto& line : lines)
    texts.push_back(printable(line.text, width, shows));
  return texts;
}

} // namespace baton
