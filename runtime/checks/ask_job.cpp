#include "runtime/checks/ask_job.hpp"

#include "embedded/scripts.hpp"
#include "runtime/checks/words.hpp"
#include "runtime/release/facts.hpp"
#include "runtime/release/script.hpp"

#include <algorithm>
#include <filesystem>

namespace baton {

namespace {

/// Why a look brought no answers.
std::string trouble_of(const job_end& end) {
  if (end.deadline_hit)
    return "its look did not end in time";
  if (!end.signal.empty())
    return "its look was killed by SIG" + end.signal;
  return "its look did not end well";
}

} // namespace

job ask_job(const fleet& of, const std::string& target,
            const std::vector<check_question>& questions) {
  std::vector<std::string> lines;
  for (std::size_t n = 0; n < questions.size(); ++n)
    lines.push_back(check_line(n, questions[n].what, questions[n].address));
  const auto* host = find_host(of, target);
  release::script text;
  text.part(embedded::lib_sh)
      .function("user_vars", release::exports(host ? host->vars : decltype(host->vars){}))
      .function("each_check", lines);
  if (host)
    text.part("checkout=$HOME");
  else
    text.set("checkout", std::filesystem::path{of.file}.parent_path().string());
  text.part(embedded::host_check_sh)
      .part(embedded::checks_sh)
      .part("fact look.checks \"$(run_checks)\"");
  job made;
  made.script = text.text();
  made.is_look = true;
  return made;
}

check_answer answer_to(const check_question& of) {
  check_answer made;
  made.stage = of.stage;
  made.check = shown_check(of.what, of.address) + " from " + of.target;
  return made;
}

duration longest_of(const std::vector<check_question>& questions) {
  duration longest{0};
  for (const auto& one : questions)
    longest = std::max(longest, one.what.timeout);
  return longest;
}

std::vector<check_answer> read_answers(const std::vector<check_question>& questions,
                                       const expected<job_end>& end) {
  if (!end)
    return not_asked(questions, describe(end.error()));
  if (end->exit != 0)
    return not_asked(questions, trouble_of(*end));
  const auto told = check_answers(release::get(release::parse_facts(end->facts), "look.checks"));
  std::vector<check_answer> answers;
  for (std::size_t n = 0; n < questions.size(); ++n) {
    auto& made = answers.emplace_back(answer_to(questions[n]));
    const auto found = told.find(std::to_string(n));
    made.asked = found != told.end();
    made.why = made.asked ? found->second : "its look did not say";
    made.ok = made.asked && made.why == "ok";
    if (made.ok)
      made.why.clear();
  }
  return answers;
}

std::vector<check_answer> not_asked(const std::vector<check_question>& questions,
                                    const std::string& why) {
  std::vector<check_answer> answers;
  for (const auto& one : questions) {
    auto& made = answers.emplace_back(answer_to(one));
    made.asked = false;
    made.why = why;
  }
  return answers;
}

} // namespace baton
