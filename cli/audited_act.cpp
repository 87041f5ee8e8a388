#include "cli/audited_act.hpp"

#include "runtime/log/log.hpp"

#include <chrono>
#include <exception>
#include <utility>
#include <vector>

namespace baton {

namespace {

std::uint64_t write(journal& to, event_t what) {
  record made;
  made.at = std::chrono::time_point_cast<duration>(std::chrono::system_clock::now());
  made.what = std::move(what);
  std::vector<record> batch{std::move(made)};
  return or_fail(to.append(batch)).front();
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

} // namespace

void log_act(const fleet& of, const std::string& text, const std::shared_ptr<journal>& in) {
  const auto file = log_file_of(of);
  log_options how;
  how.file = file;
  how.file_level = log_level_from_string(of.log_level).value_or(log_level::info);
  how.terminal_level = log_level::off;
  logger{std::move(how)}.write(log_level::info, text, {.fleet = of.name, .event = "act_ended"});
  head_log{in, file, {}, of.name, false}.write();
}

int audited(const fleet& of, const std::string& verb, const std::string& what,
            const std::function<int()>& act) {
  const auto in = open_journal();
  const auto began = write(*in, event::act_began{of.name, verb, what, who_asks(), where_from()});
  const auto end = [&](const std::string& outcome) {
    write(*in, event::act_ended{began, outcome});
    log_act(of, verb + " " + what + " by " + who_asks() + ": " + outcome, in);
  };
  int code = 0;
  try {
    code = act();
  } catch (const command_failed& why) {
    end(first_line(why.message));
    throw;
  } catch (const std::exception& why) {
    end(why.what());
    throw;
  }
  end(code == exit_code::ok ? "ok" : "exit " + std::to_string(code));
  return code;
}

head_log::head_log(std::shared_ptr<journal> in, std::filesystem::path file, std::string run,
                   std::string fleet, bool on_stderr)
    : in_{std::move(in)} {
  how_.file = std::move(file);
  how_.file_level = log_level::info; // whatever the fleet's is: it is a proof, not a message
  how_.terminal_level = on_stderr ? log_level::info : log_level::off;
  how_.terminal_json = true;
  how_.run = std::move(run);
  how_.fleet = std::move(fleet);
}

void head_log::write() const {
  if (const auto end = in_->head(); end && end->seq > 0)
    logger{how_}.write(log_level::info,
                       "journal head " + std::to_string(end->seq) + " " + end->hash,
                       {.event = "journal_head"});
}

} // namespace baton
