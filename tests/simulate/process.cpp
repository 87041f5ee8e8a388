#include "tests/simulate/process.hpp"

#include "tests/simulate/machine.hpp"
#include "tests/simulate/world.hpp"

#include "runtime/steps/step_text.hpp"

#include <numeric>
#include <utility>

namespace baton::simulate {

namespace {

constexpr int stale = 201;
constexpr int known = 202;
constexpr int no_space = 28; // what lib.sh ends with where the disk is full
constexpr int by_term = 143;
constexpr int by_kill = 137;
constexpr duration dies_within{20};
constexpr duration settles_within{10};

} // namespace

process::process(world& in, machine& on, start what)
    : in_{in}, on_{on}, what_{std::move(what)}, bad_{mishap::none} {}

step_record* process::record() {
  const auto folder = on_.folders().find(what_.folder);
  if (folder == on_.folders().end())
    return nullptr;
  const auto found = folder->second.steps.find(what_.step);
  return found == folder->second.steps.end() || found->second.attempt != what_.attempt
             ? nullptr
             : &found->second;
}

void process::later(duration wait, void (process::*what)()) {
  in_.clock.after(wait, [self = shared_from_this(), what] { (*self.*what)(); });
}

void process::begin() {
  auto luck = in_.luck.of("fork/" + what_.script.id);
  later(duration{luck.between(2, luck.one_in(20) ? 300 : 12)}, &process::claim);
  in_.clock.after(what_.deadline, [self = shared_from_this()] {
    if (self->supervisor_ && (self->leader_ || self->worker_))
      self->stop("deadline");
  });
}

void process::claim() {
  if (!leader_ || stopping_)
    return;
  auto* mine = record();
  auto& folder = on_.folder(what_.folder);
  if (!mine || (!mine->is_look && folder.fence != what_.fence)) {
    end(stale);
    return;
  }
  if (mine->claimed) {
    end(known);
    return;
  }
  mine->claimed = claimed_ = true;
  worker_ = true;
  bad_ = in_.begin_step(on_, what_.folder, what_.script, mine->is_look);
  if (!worker_)
    return; // what befell the machine ended it
  deeds_ = deeds_of(in_, on_, what_.script, bad_);
  if (bad_ == mishap::loses_leader || bad_ == mishap::loses_supervisor
      || bad_ == mishap::loses_all) {
    auto all = std::accumulate(deeds_.begin(), deeds_.end(), duration{0},
                               [](duration sum, const deed& one) { return sum + one.lasts; });
    in_.clock.after(all / 2, [self = shared_from_this()] {
      self->kill_parts(self->bad_ != mishap::loses_leader, self->bad_ != mishap::loses_supervisor,
                       self->bad_ == mishap::loses_all);
    });
  }
  take_next();
}

void process::take_next() {
  if (nth_ == deeds_.size()) {
    end(0);
    return;
  }
  in_.clock.after(deeds_[nth_].lasts, [self = shared_from_this(), nth = nth_] { self->did(nth); });
}

void process::did(std::size_t nth) {
  if (!worker_ || nth != nth_)
    return;
  if (on_.disk_is_full()) {
    end(no_space);
    return;
  }
  ++nth_;
  const auto complaint = deeds_[nth].act(facts_);
  if (complaint) {
    facts_ += encode_fact("error_code", complaint->code);
    facts_ += encode_fact("error_text", complaint->text);
    facts_ += encode_fact("error_retryable", complaint->retryable ? "yes" : "no");
  }
  if (!worker_)
    return; // it has switched its own machine off
  if (auto* mine = record())
    mine->facts = facts_;
  if (complaint)
    end(1);
  else
    take_next();
}

void process::end(int status) {
  worker_ = false;
  auto* mine = record();
  if (leader_ && mine)
    mine->end = status;
  leader_ = false;
  if (claimed_ && mine && !mine->is_look)
    in_.tell(on_.name(), what_.script.id + " ends with " + std::to_string(status));
  later(settles_within, &process::settle);
}

void process::settle() {
  if (!supervisor_) {
    leave_if_over();
    return;
  }
  if (auto* mine = record())
    mine->is_over = true;
  supervisor_ = false;
  leave_if_over();
  if (what_.hint)
    what_.hint();
}

void process::leave_if_over() {
  if (is_over())
    on_.processes.erase(what_.attempt);
}

void process::stop(const std::string& why) {
  if (stopping_ || (!leader_ && !worker_))
    return;
  stopping_ = true;
  if (auto* mine = record())
    mine->why = why;
  const bool ignores = worker_ && bad_ == mishap::hangs_hard;
  in_.clock.after(ignores ? what_.grace : dies_within, [self = shared_from_this(), ignores] {
    if (self->worker_ || self->leader_)
      self->end(ignores ? by_kill : by_term);
  });
}

void process::vanish() {
  supervisor_ = leader_ = worker_ = false;
}

void process::kill_parts(bool supervisor, bool leader, bool worker) {
  if (is_over())
    return;
  in_.tell(on_.name(), what_.script.id + " loses processes to kill -9");
  if (worker && worker_ && !leader)
    end(by_kill);
  supervisor_ = supervisor_ && !supervisor;
  leader_ = leader_ && !leader;
  worker_ = worker_ && !worker;
  if (what_.is_look)
    on_.note_trouble();
  if (!leader_ && !worker_ && supervisor_)
    later(settles_within, &process::settle);
  leave_if_over();
}

} // namespace baton::simulate
