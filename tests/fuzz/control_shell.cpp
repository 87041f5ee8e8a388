// What a control shell prints, and a target that lies. First byte of the input: which request is
// made first.

#include "fuzz.hpp"

#include "runtime/fault.hpp"
#include "runtime/steps/control_shell.hpp"
#include "runtime/steps/step_text.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace baton::fuzz {

namespace {

constexpr const char* marker = "f00d";
constexpr const char* step = "run/deploy/host/1/activate";
constexpr std::uint32_t log_max = 64;
constexpr std::size_t extra_max = 64 * 1024; ///< that a refusal may say beyond what was asked

/// One conversation: all requests are made at once, each is answered once.
class talk {
public:
  explicit talk(unsigned first) : first_{first} {
    shell_.on_step_over([this](const std::string& id) { heard_.push_back("over " + id); });
    must(!shell_.bootstrap([this](const auto& got) { ready(got); }).empty(), "there is a program");
  }

  void feed(std::string_view bytes) { shell_.feed(bytes); }

  /// What was heard, each answer in a line.
  std::vector<std::string> end() {
    must(!shell_.broken() || shell_.pending() == 0, "who is not understood owes no answer");
    shell_.lost(make_error(ec::connection_lost, "the end"));
    must(shell_.pending() == 0, "who is lost owes no answer");
    must(std::ranges::all_of(answers_, [](int count) { return count == 1; }),
         "each request is answered once");
    return std::move(heard_);
  }

private:
  template <class T, class Look>
  control_shell::callback<T> answer(const char* name, Look look) {
    const auto index = answers_.size();
    answers_.push_back(0);
    return [this, name, index, look](const expected<T>& got) {
      ++answers_[index];
      if (got) {
        heard_.push_back(std::string{name} + ' ' + look(got));
        return;
      }
      must(got.error().what.size() <= extra_max + 64, "a reason is of bounded length");
      heard_.push_back(std::string{name} + " fails: " + got.error().what);
    };
  }

  static std::string look_at_report(const expected<step_report>& got) {
    const auto& report = *got;
    must(report.state != step_state::done || (report.status >= 0 && report.status <= 255),
         "an exit status is one");
    must(report.log.size() <= log_max + extra_max, "a log is no longer than was asked for");
    must(report.log_end() >= report.log_offset, "a log ends behind its beginning");
    return std::string{to_string(report.state)} + ' ' + report.refusal + ' ' + report.log;
  }

  static std::string look_at_lease(const expected<lease_report>& got) {
    return std::to_string(got->fence) + (got->holder ? describe(*got->holder) : "");
  }

  static std::string look_at_facts(const expected<step_facts_text>& got) {
    std::string again;
    const auto told = decode_facts(got->text, got->cut);
    for (const auto& [key, value] : told.facts)
      again += encode_fact(key, value);
    const auto read = decode_facts(again);
    must(read.other.empty() && read.facts.size() == told.facts.size(), "each fact is a line");
    for (std::size_t i = 0; i < read.facts.size(); ++i)
      must(read.facts[i].value == told.facts[i].value && read.facts[i].key == told.facts[i].key,
           "a fact is read as it was written");
    return got->text;
  }

  void ready(const expected<shell_facts>& got) {
    must(!std::exchange(readied_, true), "a shell is ready once");
    if (!got)
      return;
    must(!got->boot_id.empty() && !got->state_dir.empty(), "a shell says what it must");
    for (unsigned i = 0; i < requests; ++i)
      ask((first_ + i) % requests);
  }

  static constexpr unsigned requests = 11;

  void ask(unsigned which) {
    const auto nothing = [](const expected<void>&) { return std::string{}; };
    switch (which) {
    case 0:
      return sent(shell_.start({step, "true", step_mode::effect, 1, {}, {}, {}, {}, log_max},
                               answer<step_report>("start", look_at_report)));
    case 1:
      return sent(shell_.poll(step, 0, log_max, answer<step_report>("poll", look_at_report)));
    case 2:
      return sent(shell_.read_facts(step, answer<step_facts_text>("facts", look_at_facts)));
    case 3:
      return sent(shell_.kill(step, answer<step_report>("kill", look_at_report)));
    case 4:
      return sent(shell_.forget(step, answer<void>("forget", nothing)));
    case 5:
      return sent(shell_.list("run", answer<std::vector<step_entry>>("list", [](const auto& all) {
                                std::string text;
                                for (const auto& one : *all)
                                  text += one.id + ' ';
                                return text;
                              })));
    case 6:
      return sent(shell_.prune(
          3, answer<std::uint32_t>("prune", [](const auto& n) { return std::to_string(*n); })));
    case 7:
      return sent(
          shell_.lease_acquire({"run", "{}", 0}, answer<lease_report>("acquire", look_at_lease)));
    case 8:
      return sent(shell_.lease_show(answer<lease_report>("show", look_at_lease)));
    case 9:
      return sent(shell_.lease_break(answer<lease_report>("break", look_at_lease)));
    default:
      return sent(shell_.lease_release("run", 1, answer<void>("release", nothing)));
    }
  }

  static void sent(const std::string& bytes) { must(!bytes.empty(), "a request is sent"); }

  control_shell shell_{{"/state", marker, "host"}};
  unsigned first_;
  bool readied_ = false;
  std::vector<int> answers_;
  std::vector<std::string> heard_;
};

} // namespace

} // namespace baton::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace baton;
  auto text = fuzz::text_of(data, size);
  const auto first = fuzz::take_byte(text);
  fuzz::talk whole{first};
  whole.feed(text);
  const auto heard = whole.end();
  // How the bytes are cut up on their way changes nothing.
  fuzz::talk in_pieces{first};
  const auto piece = 1 + text.size() % 13;
  for (auto rest = text; !rest.empty(); rest.remove_prefix(std::min(piece, rest.size())))
    in_pieces.feed(rest.substr(0, piece));
  fuzz::must(in_pieces.end() == heard, "pieces say what the whole says");
  return 0;
}
