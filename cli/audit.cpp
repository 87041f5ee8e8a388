#include "cli/workspace.hpp"

#include "cli/audited_act.hpp"
#include "cli/json_or_null.hpp"
#include "messages/json.hpp"
#include "messages/json_time.hpp"
#include "runtime/journal/run_lock.hpp"
#include "runtime/journal/state_dir.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace baton {

namespace {

/// What is told of people: who asked for what, when, from where, and what became of it.
constexpr std::string_view audit_types[] = {"run_requested", "cancel_requested", "run_finished",
                                            "acknowledged",  "channel_resumed",  "act_began",
                                            "act_ended"};
constexpr std::size_t page = 500;

/// An event of the audit as a row.
struct audit_line {
  std::string kind; ///< asked, cancelled, ended, acknowledged, resumed
  std::string run;
  std::string fleet;
  std::string action;
  std::string what;
  std::string by;
  std::string from;
  std::string outcome;
  std::uint64_t of_event = 0; ///< of an end: the event that it ends; 0: the run's first
};

struct telling {
  audit_line operator()(const event::run_requested& e) const {
    const auto& plan = *e.plan;
    return {"asked",
            plan.run,
            plan.fleet.name,
            plan.verb.empty() ? "deploy" : plan.verb,
            plan.request.commit_hash + " to " + plan.request.environment,
            plan.requested_by,
            plan.requested_from,
            ""};
  }
  audit_line operator()(const event::cancel_requested& e) const {
    return {"cancelled", "", "", "cancel", "", e.by, "", ""};
  }
  audit_line operator()(const event::run_finished& e) const {
    const auto& told = *e.result;
    return {"ended",
            told.run,
            told.fleet,
            "",
            "",
            "",
            "",
            fmt::format("{}, exit {}", told.status ? to_string(*told.status) : "unfinished",
                        told.exit_code)};
  }
  audit_line operator()(const event::acknowledged& e) const {
    return {"acknowledged", e.of_run, "", "ack", e.of_run, e.by, "", ""};
  }
  audit_line operator()(const event::channel_resumed& e) const {
    return {"resumed", "", e.fleet, "alert channel", e.channel, e.by, "", ""};
  }
  audit_line operator()(const event::act_began& e) const {
    return {"asked", "", e.fleet, e.verb, e.what, e.by, e.from, ""};
  }
  audit_line operator()(const event::act_ended& e) const {
    return {"ended", "", "", "", "", "", "", e.outcome, e.of_event};
  }
  template <class Other>
  audit_line operator()(const Other&) const {
    return {};
  }
};

audit_line line_of(const record& what) {
  auto made = std::visit(telling{}, what.what);
  if (made.run.empty())
    made.run = what.run;
  return made;
}

ordered_json json_of(const chained_record& one) {
  const auto line = line_of(one.what);
  ordered_json made{
      {"schema", 1},           {"seq", one.what.seq},    {"at", format_time(one.what.at)},
      {"kind", line.kind},     {"run", line.run},        {"fleet", line.fleet},
      {"action", line.action}, {"what", line.what},      {"by", line.by},
      {"from", line.from},     {"outcome", line.outcome}};
  made["of_event"] = line.of_event == 0 ? ordered_json{} : ordered_json(line.of_event);
  made["hash"] = one.hash;
  return made;
}

void print(const chained_record& one, charset shows) {
  const auto line = line_of(one.what);
  std::string text = format_time(one.what.at) + "  " + line.kind;
  for (const auto& part : {line.action, line.what, line.outcome})
    text += part.empty() ? "" : "  " + part;
  if (!line.by.empty())
    text += "  by " + line.by;
  if (!line.from.empty())
    text += " (" + line.from + ")";
  if (!line.run.empty())
    text += "  run " + line.run;
  if (line.of_event != 0)
    text += "  of event " + std::to_string(line.of_event);
  constexpr std::size_t columns_max = 400;
  std::cout << fmt::format("{:>8}  {}\n", one.what.seq, printable(text, columns_max, shows));
}

int list(std::size_t count, bool as_json) {
  auto newest = or_fail(open_journal()->newest_of(audit_types, count));
  std::reverse(newest.begin(), newest.end());
  if (as_json) {
    auto all = ordered_json::array();
    for (const auto& one : newest)
      all.push_back(json_of(one));
    std::cout << dump({{"schema", 1}, {"events", all}}) << "\n";
    return exit_code::ok;
  }
  for (const auto& one : newest)
    print(one, locale_charset());
  return exit_code::ok;
}

/// A line of JSON for each, oldest first, of all there is.
int export_all() {
  const auto from = open_journal();
  for (std::uint64_t after = 0;;) {
    const auto some = or_fail(from->events_of(audit_types, after, page));
    for (const auto& one : some)
      std::cout << dump(json_of(one)) << "\n";
    if (some.size() < page)
      return exit_code::ok;
    after = some.back().what.seq;
  }
}

/// The ends of the chain that log lines tell of.
struct told_head {
  std::uint64_t seq = 0;
  std::string hash;
};

/// `journal head 17 0a1b…`, in a line of JSON; nothing when it is another line.
std::optional<told_head> head_of(const std::string& line) {
  constexpr std::string_view words = "journal head ";
  if (line.find("journal_head") == std::string::npos)
    return {};
  const auto parsed = json::parse(line, nullptr, false);
  if (!parsed.is_object() || parsed.value("event", json{}) != "journal_head"
      || !parsed.value("msg", json{}).is_string())
    return {};
  const auto text = parsed["msg"].get<std::string>();
  if (!text.starts_with(words))
    return {};
  told_head made;
  const auto* first = text.data() + words.size();
  const auto [end, wrong] = std::from_chars(first, text.data() + text.size(), made.seq);
  if (wrong != std::errc{} || end == text.data() + text.size())
    return {};
  made.hash = std::string(end + 1, text.data() + text.size());
  return made;
}

std::vector<told_head> heads_in(std::istream& in) {
  std::vector<told_head> made;
  for (std::string line; std::getline(in, line);)
    if (auto head = head_of(line))
      made.push_back(std::move(*head));
  return made;
}

/// The log file and those that it was before, as rotation leaves them beside it; not compressed.
std::vector<std::filesystem::path> log_files_at(const std::filesystem::path& file) {
  std::vector<std::filesystem::path> made;
  std::error_code none;
  const auto stem = file.stem().string();
  for (std::filesystem::directory_iterator at{file.parent_path(), none}, end; !none && at != end;
       at.increment(none)) {
    const auto name = at->path().filename().string();
    if (name.starts_with(stem) && !name.ends_with(".gz"))
      made.push_back(at->path());
  }
  std::sort(made.begin(), made.end());
  return made;
}

std::vector<told_head> heads_of(const cli_context& context, std::vector<std::string> files) {
  if (files.empty()) {
    auto file = log_file(state_dir());
    try {
      if (const auto fleet = open_fleet(context); !fleet->log_file.empty())
        file = fleet->log_file;
    } catch (const command_failed& why) {
      if (why.exit_code != exit_code::no_input)
        throw;
    }
    for (const auto& one : log_files_at(file))
      files.push_back(one.string());
  }
  std::vector<told_head> made;
  for (const auto& file : files) {
    std::ifstream opened;
    if (file != "-")
      opened.open(file);
    if (file != "-" && !opened)
      throw command_failed{exit_code::no_input, "cannot read " + file + "\n"};
    auto some = heads_in(file == "-" ? std::cin : opened);
    std::move(some.begin(), some.end(), std::back_inserter(made));
  }
  return made;
}

/// What is wrong with the events by themselves, or by what the log tells of them; empty: nothing.
std::string fault_of(const expected<std::uint64_t>& events, const std::vector<told_head>& heads,
                     const journal& in) {
  if (!events)
    return describe(events.error());
  for (const auto& head : heads) {
    const auto now = or_fail(in.hash_of_event(head.seq));
    if (!now)
      return "the log tells of event " + std::to_string(head.seq)
             + ", which is not in the journal any more: rows were cut off its end";
    if (*now != head.hash)
      return "event " + std::to_string(head.seq)
             + " is not the one that the log tells of: the journal was written anew";
  }
  return {};
}

void rebuild(journal& in) {
  if (const auto busy = run_lock::owned(state_dir()); !busy.empty())
    throw command_failed{exit_code::try_again, "run " + busy.front()
                                                   + " is under way, and would wait: rebuild when "
                                                     "it has ended\n"};
  audited({}, "audit rebuild", "derived tables", [&] {
    or_fail(in.rebuild());
    return exit_code::ok;
  });
}

struct verify_flags {
  std::vector<std::string> logs;
  bool rebuild = false;
  bool json = false;
};

int verify(const cli_context& context, const verify_flags& flags) {
  const auto in = open_journal();
  const auto heads = heads_of(context, flags.logs);
  const auto events = in->verify();
  auto wrong = fault_of(events, heads, *in);
  // Of events that are not those that were written nothing is made.
  if (flags.rebuild && wrong.empty())
    rebuild(*in);
  std::vector<std::string> tables;
  if (wrong.empty())
    tables = or_fail(in->false_tables());
  if (!tables.empty())
    wrong = fmt::format("the events are as they were written, but what is derived of them is not "
                        "what they make ({}): changed by hand, or made by another version; make "
                        "it anew: baton audit verify --rebuild",
                        fmt::join(tables, ", "));
  const auto count = events ? *events : 0;
  std::uint64_t proven = 0;
  for (const auto& head : heads)
    proven = std::max(proven, head.seq);
  const auto behind = count - std::min(count, proven);
  if (flags.json)
    std::cout << dump({{"schema", 1},
                       {"ok", wrong.empty()},
                       {"events", count},
                       {"heads", heads.size()},
                       {"behind", behind},
                       {"derived", tables},
                       {"fault", wrong.empty() ? ordered_json{} : ordered_json(wrong)}})
              << "\n";
  if (!wrong.empty()) {
    std::cerr << printable_lines(wrong + "\n");
    return 1;
  }
  if (!flags.json)
    fmt::print("{} events, each as it was written; {} ends of the chain in the log, all there; {} "
               "events behind the last of them\n",
               count, heads.size(), behind);
  if (heads.empty())
    std::cerr << "no log line tells where the chain ended: rows that were cut off its end would "
                 "not be found; name the log with --log\n";
  return exit_code::ok;
}

} // namespace

void add_audit(CLI::App& app, cli_context& context) {
  struct options {
    std::size_t count = 20;
    bool json = false;
    verify_flags verify;
  };
  auto flags = std::make_shared<options>();
  auto* command = app.add_subcommand("audit", "Who asked for what, when, from where");
  command->require_subcommand(1);
  auto* listing = command->add_subcommand("list", "The newest, the last one last");
  listing->add_option("-n,--count", flags->count, "How many at most (default: 20)")
      ->check(CLI::PositiveNumber);
  listing->add_flag("--json", flags->json, "As one JSON document");
  listing->callback(
      [&context, flags] { context.chosen = [flags] { return list(flags->count, flags->json); }; });
  command->add_subcommand("export", "All of it as lines of JSON, oldest first")
      ->callback([&context] { context.chosen = [] { return export_all(); }; });
  auto* verifying = command->add_subcommand(
      "verify", "Look whether the journal is as it was written, and none of it is missing");
  verifying
      ->add_option("--log", flags->verify.logs,
                   "A log file that tells where the chain ended (- for stdin; default: the "
                   "log file and its older ones)")
      ->type_name("FILE");
  verifying->add_flag("--rebuild", flags->verify.rebuild,
                      "Make what is derived of the events anew, when they are all right");
  verifying->add_flag("--json", flags->verify.json, "As one JSON document");
  verifying->footer(
      "Example:\n  zcat deployment_orchestrator.log.3.gz | baton audit verify --log -");
  verifying->callback([&context, flags] {
    context.chosen = [&context, flags] { return verify(context, flags->verify); };
  });
}

} // namespace baton
