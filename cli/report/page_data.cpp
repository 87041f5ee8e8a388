#include "cli/report/page_data.hpp"

#include "cli/view/host_line.hpp"
#include "cli/view/text.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <stdexcept>

namespace baton {

namespace {

using data = kainjow::mustache::data;

std::string clock_of(time_point at, const char* format) {
  return fmt::format(fmt::runtime(format), fmt::gmtime(std::chrono::system_clock::to_time_t(at)));
}

std::string day_and_time(time_point at) {
  return clock_of(at, "{:%Y-%m-%d %H:%M:%S}");
}

std::string cut(const std::string& text, std::size_t columns) {
  const auto whole = printable(text, columns + 1);
  return columns_of(whole) <= columns ? whole : printable(text, columns - 1) + "…";
}

/// As many as there is room for, and how many more.
std::string listed(const std::vector<std::string>& names, std::size_t columns) {
  std::string text;
  std::size_t used = 0;
  for (std::size_t nth = 0; nth < names.size(); ++nth) {
    const auto name = cut(names[nth], columns);
    used += columns_of(name) + 2;
    if (nth > 0 && used > columns)
      return text + fmt::format(" and {} more", names.size() - nth);
    text += (nth > 0 ? ", " : "") + name;
  }
  return text;
}

/// Its words around the name of a phase.
struct headline {
  const char* before;
  std::string name;
  const char* after;
};

headline headline_of(const run_report& of) {
  if (!of.status)
    return {of.under_way ? "under way in " : "unfinished in ", of.phase, ""};
  switch (*of.status) {
  case status::success:
    // a verb that does one thing alone (`secrets sync`, `snapshot create`)
    return of.deployed ? headline{"success: every host serves the new release", "", ""}
                       : headline{"success: ", of.phase, " alone, nothing was deployed"};
  case status::partial_success:
    return {"partial_success: ", of.phase, " not on the new release"};
  case status::aborted:
    return {"aborted in ", of.phase, " before any stack was touched"};
  case status::rolled_back:
    return {"rolled_back after ", of.phase, ""};
  case status::failed:
    break;
  }
  return {"failed in ", of.phase, ""};
}

/// `the look before vps`: what its id means to people.
std::string place_of(const std::string& phase) {
  const auto behind = [&](std::string_view head) {
    return phase.starts_with(head) ? phase.substr(head.size()) : std::string{};
  };
  if (const auto next = behind("guard:"); !next.empty())
    return "the look before " + next;
  if (const auto stage = behind("rollback:"); !stage.empty())
    return "the rollback of " + stage;
  return phase == "ending" ? "the end of the run" : phase;
}

/// Where it went wrong; a host that is a stage by itself is named once.
std::string where_of(const std::vector<std::string>& hosts, const std::string& phase,
                     std::size_t columns) {
  auto place = cut(place_of(phase), columns);
  const auto names = listed(hosts, columns);
  if (names.empty() || names == place)
    return place;
  return place.empty() ? names : names + " in " + place;
}

/// The library leaves an empty line for each section that is left out.
std::string without_gaps(std::string_view text, std::size_t blank_max) {
  std::string made;
  std::size_t blank = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size() - 1);
    blank = end == 0 && text.front() == '\n' ? blank + 1 : 0;
    if (blank <= blank_max)
      made += text.substr(0, end + 1);
    text.remove_prefix(end + 1);
  }
  while (made.ends_with("\n\n"))
    made.pop_back();
  return made;
}

class page {
public:
  page(const run_report& of, const page_limits& limits, const page_style& style)
      : of_{of}, limits_{limits}, style_{style} {}

  data made() {
    add_head();
    add_failures();
    add_outputs();
    add_rollbacks();
    add_hosts();
    add_ends();
    return std::move(all_);
  }

private:
  std::string text(const std::string& any) const { return cut(any, limits_.columns); }
  std::string names(const std::vector<std::string>& any) const {
    return listed(any, limits_.names);
  }

  /// False where it is empty, so that a section of that name is left out.
  static void set(data& to, const std::string& key, const std::string& value) {
    to.set(key, value.empty() ? data{false} : data{value});
  }
  void set_with_cell(data& to, const std::string& key, const std::string& value) const {
    set(to, key, value);
    to.set(key + "_cell", value.empty() ? std::string{} : style_.cell(value));
  }
  void set_list(const std::string& key, const data& list) {
    all_.set("any_" + key, data{!list.is_empty_list()});
    all_.set(key, list);
  }
  void set_more(const std::string& key, std::size_t all, std::size_t shown) {
    set(all_, "more_" + key, all > shown ? std::to_string(all - shown) : std::string{});
  }

  void add_head() {
    const auto head = headline_of(of_);
    all_.set("bar", of_.status == status::success ? "#1a7f37"
                    : of_.under_way               ? "#0969da"
                                                  : "#cf222e");
    all_.set("head_before", head.before);
    set(all_, "head_name", text(head.name));
    all_.set("head_after", head.after);
    set(all_, "stopped_by", text(of_.cancelled_by));
    set(all_, "took", human_duration(of_.took));
    set(all_, "run", text(of_.run));
    set(all_, "fleet", text(of_.fleet));
    set(all_, "environment", text(of_.environment));
    set(all_, "ref", text(of_.ref));
    set(all_, "commit", of_.commit == of_.ref ? std::string{} : printable(of_.commit, 12));
    set(all_, "requested_by", text(of_.requested_by));
    set(all_, "requested_at", day_and_time(of_.requested_at));
    set(all_, "ended_at", of_.ended ? day_and_time(*of_.ended) : std::string{});
    set(all_, "why", text(of_.why));
    set(all_, "tests", text(of_.tests));
  }

  std::string label_of(const reported_failure& one, bool is_first) const {
    if (!one.cancelled_by.empty())
      return "cancelled";
    if (is_first)
      return "failed first";
    return one.decided ? "decided by" : "then";
  }

  void add_failures() {
    data list{data::type::list};
    bool is_first = true;
    for (const auto& one : of_.failures) {
      if (list.list_value().size() == limits_.failures)
        break;
      data entry;
      const auto attempts = one.attempts_max > 1
                                ? fmt::format("attempt {} of {}", one.attempt, one.attempts_max)
                                : std::string{};
      set(entry, "label", label_of(one, is_first));
      is_first = is_first && !one.cancelled_by.empty();
      set_with_cell(entry, "where", where_of(one.hosts, one.phase, limits_.names));
      const bool is_same = !one.hosts.empty() && one.stage == one.hosts.front();
      set_with_cell(entry, "ill", is_same ? std::string{} : cut(one.stage, limits_.names));
      set_with_cell(entry, "step", one.step);
      set(entry, "attempts", attempts);
      set(entry, "day_and_time", day_and_time(one.at));
      set(entry, "time", clock_of(one.at, "{:%H:%M:%S}"));
      set_with_cell(entry, "reason", text(one.why));
      // People have read it a line above.
      const bool is_known = of_.why.ends_with(one.why) || !one.cancelled_by.empty();
      set(entry, "new_reason", is_known ? std::string{} : text(one.why));
      set(entry, "code", one.code);
      list.push_back(entry);
    }
    set_more("failures", of_.failures.size(), list.list_value().size());
    set_list("failures", list);
  }

  data output_entry(const reported_output& one) const {
    data entry;
    auto lines = one.lines;
    if (lines.size() > limits_.lines)
      lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(limits_.lines));
    for (auto& line : lines)
      line = text(line);
    set(entry, "output_of", where_of(one.hosts, one.phase, limits_.names));
    set(entry, "output_step", one.step);
    data each{data::type::list};
    for (const auto& line : lines)
      each.push_back(data{"line", line});
    entry.set("lines", each);
    entry.set("block", style_.block(lines));
    return entry;
  }

  void add_outputs() {
    data list{data::type::list};
    if (limits_.lines > 0)
      for (const auto& one : of_.outputs)
        list.push_back(output_entry(one));
    set_list("outputs", list);
    set(all_, "silent", names(of_.silent));
    data running{data::type::list};
    for (const auto& one : of_.running) {
      if (running.list_value().size() == limits_.failures)
        break;
      data entry;
      set(entry, "running_at", where_of(one.hosts, one.phase, limits_.names));
      set(entry, "running_step", one.step);
      running.push_back(entry);
    }
    set_more("running", of_.running.size(), running.list_value().size());
    set_list("running", running);
  }

  void add_rollbacks() {
    set(all_, "rolled_back", names(of_.rolled_back));
    set(all_, "put_back", names(of_.put_back));
    data list{data::type::list};
    for (const auto& one : of_.not_rolled_back) {
      if (list.list_value().size() == limits_.failures)
        break;
      data entry;
      entry.set("rest_words", one.tried ? "rollback FAILED on" : "not rolled back");
      set(entry, "rest_host", cut(one.host, limits_.names));
      set(entry, "rest_why", text(one.why));
      list.push_back(entry);
    }
    set_more("rest", of_.not_rolled_back.size(), list.list_value().size());
    set_list("rest", list);
  }

  data host_entry(const std::string& name, const host_verdict& now, bool is_part) const {
    data entry;
    set_with_cell(entry, "host", cut(name, limits_.names));
    entry.set("is_part", data{is_part});
    set(entry, "serves", std::string{to_string(now.serves)});
    set(entry, "health", health_words(now));
    set_with_cell(entry, "host_commit", printable(now.commit, 12));
    set(entry, "host_line", text(host_line((is_part ? "  " : "") + name, now)));
    return entry;
  }

  void add_host(data& to, const std::string& name, const host_verdict& now) const {
    to.push_back(host_entry(name, now, false));
    if (now.stacks.size() > 1)
      for (const auto& [stack, own] : now.stacks)
        to.push_back(host_entry(stack, own, true));
  }

  /// Each host while there are few; then only those that differ from most.
  void add_hosts() {
    const auto key = [](const host_verdict& now) {
      auto text = std::string{to_string(now.serves)} + health_words(now) + now.commit;
      for (const auto& [stack, own] : now.stacks)
        text += "|" + stack + std::string{to_string(own.serves)} + health_words(own) + own.commit;
      return text;
    };
    data list{data::type::list};
    std::map<std::string, std::size_t> alike;
    if (of_.hosts.size() > limits_.hosts)
      for (const auto& one : of_.hosts)
        ++alike[key(one.now)];
    constexpr std::size_t few = 5;
    for (const auto& one : of_.hosts) {
      if (list.list_value().size() >= limits_.hosts)
        break;
      const auto many = alike.find(key(one.now));
      if (many == alike.end() || (many->second > 0 && many->second <= few))
        add_host(list, one.name, one.now);
      else if (many->second > few) {
        add_host(list, std::to_string(many->second) + " hosts", one.now);
        many->second = 0; // told
      }
    }
    set_list("hosts", list);
    set(all_, "not_touched", names(of_.not_touched));
  }

  void add_advice(const std::string& key, const std::vector<advice>& from) {
    data list{data::type::list};
    for (const auto& one : from) {
      if (list.list_value().size() == limits_.advice)
        break;
      data entry;
      set(entry, "words", text(one.words));
      set(entry, "command", text(one.command));
      entry.set("both", data{!one.words.empty() && !one.command.empty()});
      list.push_back(entry);
    }
    set_list(key, list);
  }

  void add_ends() {
    data list{data::type::list};
    for (const auto& one : of_.warnings) {
      if (list.list_value().size() == limits_.warnings)
        break;
      data entry;
      set(entry, "warning", text(one));
      list.push_back(entry);
    }
    set_more("warnings", of_.warnings.size(), list.list_value().size());
    set_list("warnings", list);
    add_advice("next", of_.next);
    add_advice("look", of_.look);
  }

  const run_report& of_;
  const page_limits& limits_;
  const page_style& style_;
  data all_;
};

} // namespace

kainjow::mustache::data page_data(const run_report& of, const page_limits& limits,
                                  const page_style& style) {
  return page{of, limits, style}.made();
}

const char* mark_of(const run_report& of, charset shows) {
  const bool is_rich = shows == charset::utf8;
  if (of.under_way)
    return is_rich ? "…" : "-";
  if (of.status == status::success)
    return is_rich ? "✔" : "+";
  return is_rich ? "✘" : "x";
}

std::string fill_page(std::string_view text, const kainjow::mustache::data& with,
                      const std::function<std::string(const std::string&)>& escape,
                      std::size_t blank_max) {
  kainjow::mustache::mustache whole{std::string{text}};
  whole.set_custom_escape(escape);
  auto made = whole.render(with);
  if (!whole.is_valid())
    throw std::logic_error{"a template of the report is wrong: " + whole.error_message()};
  return without_gaps(made, blank_max);
}

} // namespace baton
