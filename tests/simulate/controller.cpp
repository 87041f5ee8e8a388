#include "tests/simulate/controller.hpp"

#include "rules/dead_owner.hpp"
#include "runtime/steps/lease.hpp"
#include "tests/simulate/baton_process.hpp"
#include "tests/simulate/world.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace baton::simulate {

namespace {

constexpr duration longest_run = std::chrono::hours{6};
constexpr int processes_max = 40;

/// As cli/hosts_of_house judges: the process where it is ours, the journal where it has the run.
succession judge(const controller& by, const fleet& of, const lease_owner& owner) {
  owner_signs signs;
  const auto told = nlohmann::json::parse(owner.owner, nullptr, false);
  if (told.is_object() && told.value("controller", "") == by.name())
    signs.process = by.process_lives(std::to_string(told.value("pid", 0))) ? owner_process::lives
                                                                           : owner_process::gone;
  const auto known = by.journal().runs.find(owner.run);
  if (known != by.journal().runs.end() && !known->second.empty()) {
    const bool ended = std::holds_alternative<event::run_finished>(known->second.back().what);
    signs.run = ended ? owner_run::ended : owner_run::unfinished;
  }
  signs.silent = duration{static_cast<duration::rep>(owner.silent * 1000)};
  return succession_of(signs, of.lease_dead_after);
}

} // namespace

controller::controller(world& in, std::string name) : in_{in}, name_{std::move(name)} {}

controller::~controller() = default;

bool controller::is_idle() const {
  return !process_ && !will_resume_ && waiting_.empty();
}

bool controller::process_lives(const std::string& pid) const {
  return process_ && !process_->is_dead() && pid == std::to_string(processes_);
}

void controller::deploy(plan_ptr todo) {
  if (current_) {
    waiting_.push_back(std::move(todo));
    return;
  }
  current_ = todo;
  in_.tell(name_, "deploy, as run " + todo->run);
  start(std::move(todo), nullptr);
}

void controller::start(plan_ptr todo, records_ptr so_far) {
  began_ = in_.clock.now();
  will_resume_ = false;
  baton_process::options how{
      in_,
      name_,
      std::to_string(++processes_),
      journal_,
      [this](simulated_store::point where, int append) {
        const auto wait =
            in_.dies_at_append(name_, where == simulated_store::point::before, append);
        if (wait)
          until_resumed_ = *wait;
        return wait.has_value();
      },
      [this, todo](const lease_owner& owner) { return judge(*this, todo->fleet, owner); }};
  process_ = std::make_unique<baton_process>(std::move(how), std::move(todo), std::move(so_far));
}

void controller::cancel(const std::string& by) {
  if (!process_ || process_->is_dead())
    return;
  in_.tell(name_, "cancel by " + by);
  process_->cancel(by);
}

void controller::crash(duration until_resumed) {
  if (!process_ || process_->is_dead())
    return;
  until_resumed_ = until_resumed;
  process_->die();
}

void controller::resume() {
  if (process_ || !current_)
    return;
  const auto so_far = std::make_shared<const std::vector<record>>(
      in_.reads_what_is_written() ? journal_.read_again(current_->run)
                                  : journal_.runs[current_->run]);
  if (so_far->empty()) {
    in_.tell(name_, "there is nothing to resume: the run has not begun");
    current_ = nullptr;
    will_resume_ = false;
    go_on_with_waiting();
    return;
  }
  in_.tell(name_, "resume " + current_->run);
  start(std::get<event::run_requested>(so_far->front().what).plan, so_far);
}

void controller::go_on_with_waiting() {
  if (waiting_.empty())
    return;
  const auto next = waiting_.front();
  waiting_.erase(waiting_.begin());
  deploy(next);
}

void controller::end_process() {
  process_.reset();
  will_resume_ = true;
  if (processes_ >= processes_max) {
    in_.break_promise("the run " + current_->run + " is resumed again and again, without an end");
    current_ = nullptr;
    will_resume_ = false;
    return;
  }
  in_.clock.after(until_resumed_, [this] { resume(); });
}

bool controller::settle() {
  if (!process_)
    return false;
  bool did = process_->settle();
  if (process_->is_dead()) {
    in_.tell(name_, "dies");
    end_process();
    return true;
  }
  const auto told = process_->told();
  if (!told) {
    if (in_.clock.now() - began_ > longest_run) {
      in_.break_promise("the run " + current_->run + " does not end");
      process_.reset();
      current_ = nullptr;
    }
    return did;
  }
  if (!told->status) {
    in_.tell(name_, "stops with exit 75: " + (told->why ? told->why->what : std::string{}));
    in_.note_unfinished(*told);
    until_resumed_ =
        std::max(journal_.full_until - in_.clock.now(), duration::zero()) + duration{5'000};
    end_process();
    return true;
  }
  in_.tell(name_, "run " + told->run + " ends: " + std::string{to_string(*told->status)} + ", exit "
                      + std::to_string(told->exit_code));
  process_.reset();
  in_.note_ended({name_, std::exchange(current_, nullptr), told, in_.clock.now()});
  go_on_with_waiting();
  return true;
}

std::optional<duration> controller::next() const {
  return process_ ? process_->next() : std::nullopt;
}

void controller::move_to(duration now) {
  if (process_)
    process_->move_to(now);
}

} // namespace baton::simulate
