#include "actors/host/job_runner.hpp"

#include "runtime/fault.hpp"
#include "runtime/steps/upload.hpp"

#include <algorithm>
#include <utility>

namespace baton {

namespace {

/// What a step has between TERM and KILL: so that all of it is gone within five seconds.
constexpr std::chrono::seconds grace{3};
/// How much later than the target we give up ourselves.
constexpr duration deadline_slack{10'000};
/// A kill that the target has not confirmed by then counts as not confirmed.
constexpr duration kill_patience{800};
constexpr duration kill_poll{50};
constexpr duration poll_first{10};
constexpr duration poll_max{1'000};
constexpr duration reconnect_pause{1'000};
/// So many connections may break before a step has begun.
constexpr int cuts_max = 2;
constexpr std::size_t tail_max = 8 * 1024;
constexpr std::uint32_t log_piece = 64 * 1024;

struct bringing_file {
  std::unique_ptr<upload> by;
  channel_id channel = 0;
};

/// Of RUN/PHASE/HOST/ATTEMPT/STEP the last: the error names the others.
std::string step_word(const std::string& id) {
  return id.substr(id.rfind('/') + 1);
}

} // namespace

job_runner::job_runner(link& to, timers clock, const host_house& house, task what,
                       end_callback done)
    : link_{to},
      clock_{std::move(clock)},
      house_{house},
      task_{std::move(what)},
      done_{std::move(done)},
      told_{house.secrets} {}

void job_runner::run() {
  began_ = clock_.now();
  clock_.later(task_.deadline + deadline_slack, [self = shared_from_this()] {
    if (self->stage_ == stage::over)
      return;
    self->over_time_ = true;
    self->kill();
  });
  connect();
}

void job_runner::connect() {
  stage_ = stage::connecting;
  link_.when_ready([self = shared_from_this()](const expected<void>& how) {
    if (self->stage_ != stage::connecting)
      return;
    if (!how)
      self->lost(how.error());
    else if (self->stop_asked_)
      self->kill_known();
    else if (self->reached_)
      self->start(); // known there: answered with its present state
    else
      self->bring_files(0);
  });
}

/// One file after the other, each through a channel of its own; then the step.
void job_runner::bring_files(std::size_t which) {
  if (which == task_.work.files.size()) {
    start();
    return;
  }
  stage_ = stage::uploading;
  const auto& file = task_.work.files[which];
  upload::options what;
  what.folder = step_files_folder(link_.facts().state_dir, task_.id);
  what.name = file.name;
  what.size = file.content->size();
  what.target = task_.label.target;
  auto bringing = std::make_shared<bringing_file>();
  bringing->by = std::make_unique<upload>(
      what,
      [self = shared_from_this(), bringing = bringing.get(), content = file.content] {
        self->link_.write(bringing->channel, *content);
        self->link_.write_end(bringing->channel);
      },
      [self = shared_from_this(), which](const expected<void>& done) {
        if (self->stage_ != stage::uploading)
          return;
        if (!done)
          self->lost(done.error());
        else
          self->bring_files(which + 1);
      });
  bringing->channel = link_.open_channel(
      {[bringing](std::string_view bytes) { bringing->by->feed(bytes); },
       [bringing, target = task_.label.target](const transport_event::ended& end) {
         bringing->by->lost(
             end.why ? *end.why
                     : make_error(ec::connection_lost, "the upload was cut off", target));
       }},
      task_.deadline);
  link_.write(bringing->channel, bringing->by->bootstrap());
}

void job_runner::start() {
  stage_ = stage::asking;
  step_start what;
  what.id = task_.id;
  what.script = task_.work.script;
  what.kind = task_.work.is_look ? step_mode::look : step_mode::effect;
  what.fence = task_.fence;
  what.deadline =
      std::max(std::chrono::ceil<std::chrono::seconds>(task_.deadline), std::chrono::seconds{1});
  what.grace = grace;
  what.log_bytes_max = std::max<std::uint64_t>(task_.work.log_cap, 64 * 1024);
  what.log_max = log_piece;
  reached_ = true;
  link_.send(link_.shell().start(
      what, [self = shared_from_this()](const expected<step_report>& r) { self->on_report(r); }));
  // The answer is held back a little: a short step is over by then, and its facts come along.
  if (stage_ == stage::asking)
    ask_facts();
}

void job_runner::on_report(const expected<step_report>& answer) {
  if (stage_ == stage::over)
    return;
  if (!answer) {
    lost(answer.error());
    return;
  }
  lost_since_.reset();
  take_log(*answer);
  switch (answer->state) {
  case step_state::done:
    if (answer->log_more)
      follow();
    else
      read_facts(*answer);
    return;
  case step_state::lost: {
    job_end end;
    end.lost = true;
    end.log_tail = log_tail_;
    finish(std::move(end));
    return;
  }
  case step_state::refused:
    if (answer->fence_stale)
      finish(tl::unexpected<error>{lost_to_another(task_.label.target)});
    else
      finish(
          fault(answer->refusal.find("space") != std::string::npos ? ec::no_space : ec::step_failed,
                task_.label.target + " refused the step: " + answer->refusal, task_.label.target));
    return;
  case step_state::absent:
    if (stop_asked_ || over_time_)
      finish(tl::unexpected<error>{stopped()});
    else
      start(); // it never arrived
    return;
  case step_state::running:
  case step_state::settling:
    break;
  }
  if (answer->log_more) {
    follow();
    return;
  }
  stage_ = stage::waiting;
  const auto wait = stop_asked_ || over_time_ ? kill_poll : poll_delay_;
  poll_delay_ =
      answer->log.empty() ? std::min(poll_delay_ * 3 / 2 + duration{1}, poll_max) : poll_first;
  clock_.later(wait, [self = shared_from_this()] {
    if (self->stage_ == stage::waiting)
      self->follow();
  });
}

void job_runner::hint() {
  if (stage_ != stage::waiting)
    return;
  follow();
  // What it had to say is all there, too: one round trip for both.
  if (stage_ == stage::asking)
    ask_facts();
}

void job_runner::follow() {
  if (!link_.ready()) {
    lost(make_error(ec::connection_lost, "the connection to " + task_.label.target + " was lost",
                    task_.label.target));
    return;
  }
  stage_ = stage::asking;
  link_.send(link_.shell().poll(
      task_.id, log_offset_, log_piece,
      [self = shared_from_this()](const expected<step_report>& r) { self->on_report(r); }));
}

void job_runner::take_log(const step_report& report) {
  // The answer to a start has the log from its beginning, also of a step that was known.
  const auto fresh = std::max(log_offset_, report.log_offset);
  if (report.log_end() <= fresh)
    return;
  auto log = std::string_view{report.log}.substr(fresh - report.log_offset);
  if (fresh > log_offset_) {
    // What is gone may have cut a secret in two, and the second half cannot be told from other
    // text.
    tell(told_.cut_off());
    tell("\n[" + std::to_string(fresh - log_offset_) + " bytes left out]\n");
    skips_line_ = true;
  }
  log_offset_ = report.log_end();
  if (skips_line_) {
    const auto end = log.find('\n');
    log.remove_prefix(end == std::string_view::npos ? log.size() : end + 1);
    skips_line_ = end == std::string_view::npos;
  }
  tell(told_.push(log));
}

void job_runner::tell(std::string text) {
  if (text.empty())
    return;
  log_tail_ += text;
  if (log_tail_.size() > 2 * tail_max)
    log_tail_.erase(0, log_tail_.size() - tail_max);
  if (!task_.label.run.empty()) {
    auto note = task_.label;
    note.text = std::move(text);
    house_.on_output(note);
  }
}

void job_runner::read_facts(const step_report& last) {
  stage_ = stage::reading;
  // A program that died may have had half a secret on its lips.
  tell(told_.cut_off());
  end_ = {};
  end_.exit = last.signal.empty() ? std::optional<int>{last.status} : std::nullopt;
  end_.signal = last.signal;
  end_.deadline_hit = last.deadline_hit;
  end_.kill_asked = last.kill_asked;
  end_.log_full = last.log_full;
  end_.log_tail =
      log_tail_.size() > tail_max ? log_tail_.substr(log_tail_.size() - tail_max) : log_tail_;
  if (last.kill_asked && (stop_asked_ || over_time_)) {
    finish(tl::unexpected<error>{stopped()});
    return;
  }
  if (facts_asked_ == 0)
    ask_facts();
}

void job_runner::ask_facts() {
  ++facts_asked_;
  link_.send(link_.shell().read_facts(
      task_.id,
      [self = shared_from_this()](const expected<step_facts_text>& r) { self->on_facts(r); }));
}

void job_runner::on_facts(const expected<step_facts_text>& answer) {
  --facts_asked_;
  if (stage_ != stage::reading)
    return; // asked too early, or nobody wants them any more
  if (!answer) {
    lost(answer.error());
    return;
  }
  end_.facts = answer->text;
  if (task_.work.is_look && link_.ready())
    link_.send(link_.shell().forget(task_.id, [](const expected<void>&) {}));
  finish(std::move(end_));
}

/// The connection went, or never came. A step that may have begun is looked for a while. One that
/// has not is begun over a new connection, when there was one that broke; when the target cannot be
/// reached the rules decide whether to try again.
void job_runner::lost(const error& why) {
  if (stage_ == stage::over)
    return;
  if (stop_asked_ || over_time_) {
    finish(tl::unexpected<error>{stopped()});
    return;
  }
  const auto now = clock_.now();
  if (!lost_since_)
    lost_since_ = now;
  const bool was_cut = why.code == ec::connection_lost && ++cuts_ <= cuts_max;
  const bool may_be_there = reached_ || task_.resumed;
  if ((!may_be_there && !was_cut) || !why.retryable
      || now - *lost_since_ >= house_.reattach_patience) {
    finish(tl::unexpected<error>{why});
    return;
  }
  stage_ = stage::connecting;
  clock_.later(reconnect_pause, [self = shared_from_this()] {
    if (self->stage_ == stage::connecting)
      self->connect();
  });
}

void job_runner::stop() {
  if (stop_asked_ || stage_ == stage::over)
    return;
  stop_asked_ = true;
  if (!task_.resumed || reached_)
    kill();
  else if (stage_ != stage::connecting)
    kill_known();
  // Else as soon as the target can be asked.
}

/// Of a step that an earlier process may have begun there; nothing of it is begun now.
void job_runner::kill_known() {
  reached_ = true;
  stage_ = stage::waiting;
  kill();
}

void job_runner::kill() {
  if (!reached_) {
    finish(tl::unexpected<error>{stopped()});
    return;
  }
  if (link_.ready())
    link_.send(
        link_.shell().kill(task_.id, [self = shared_from_this()](const expected<step_report>& r) {
          self->kill_answered_ = r.has_value();
          if (self->stage_ == stage::waiting)
            self->follow();
        }));
  // Somebody waits for a cancel; for a deadline there is time to see the group gone.
  const auto patience = !link_.ready() ? duration::zero()
                        : stop_asked_  ? kill_patience
                                       : duration{grace} + kill_patience;
  clock_.later(patience, [self = shared_from_this()] {
    if (self->stage_ == stage::over)
      return;
    if (!self->kill_answered_)
      self->link_.suspect();
    self->unproven_ = true;
    self->finish(tl::unexpected<error>{self->stopped()});
  });
}

error job_runner::stopped() const {
  if (over_time_)
    return make_error(ec::timed_out,
                      step_word(task_.label.step_id) + " did not end within "
                          + std::to_string(task_.deadline.count() / 1000) + " s"
                          + (link_.ready() ? "" : ", and it cannot be asked how it stands"),
                      task_.label.target);
  return make_error(ec::cancelled, "stopped", task_.label.target);
}

void job_runner::finish(expected<job_end> how) {
  if (stage_ == stage::over)
    return;
  stage_ = stage::over;
  if (auto done = std::exchange(done_, nullptr))
    done(std::move(how));
}

} // namespace baton
