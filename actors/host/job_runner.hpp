#pragma once

#include "actors/host/link.hpp"
#include "actors/host/parts.hpp"
#include "actors/host/timers.hpp"

#include <memory>
#include <string>

namespace baton {

/// Runs one job on a target to its end: uploads, starts, follows its output, reads its facts; over
/// lost connections. A step that is known there is never started again.
///
///     connect ─▶ upload ─▶ start ─▶ follow ─▶ facts ─▶ end
///        ▲___________________│ lost connection, within the patience
///
/// Belongs to the host actor's thread; kept alive by its pending callbacks until it has ended.
class job_runner : public std::enable_shared_from_this<job_runner> {
public:
  struct task {
    std::string id; ///< step id on the target
    job work;
    std::uint64_t fence = 0;
    duration deadline{0}; ///< kept by the target; a little later by us
    output_note label;    ///< for its output; `text` is filled in. `run` empty: not shown
    bool resumed = false; ///< the target may know it from an earlier process
  };

  using end_callback = std::function<void(expected<job_end>)>;

  job_runner(link& to, timers clock, const host_house& house, task what, end_callback done);

  void run();

  /// Kills it; `done` hears `cancelled` (or how it ended after all) within a second.
  void stop();

  /// A step started through this connection is over: ask now.
  void hint();

  /// Set when `done` is called: the step was killed, and nobody has seen it gone yet.
  bool unproven() const { return unproven_; }

private:
  enum class stage { connecting, uploading, asking, waiting, reading, over };

  void connect();
  void bring_files(std::size_t which);
  void start();
  void on_report(const expected<step_report>& answer);
  void follow();
  void read_facts(const step_report& last);
  void ask_facts();
  void on_facts(const expected<step_facts_text>& answer);
  void lost(const error& why);
  void finish(expected<job_end> how);
  void kill();
  void kill_known();
  void take_log(const step_report& report);
  void tell(std::string text);
  error stopped() const;

  link& link_;
  timers clock_;
  const host_house& house_;
  task task_;
  end_callback done_;
  stage stage_ = stage::connecting;
  int cuts_ = 0;         ///< connections that broke under it
  bool reached_ = false; ///< the target may know the step
  bool stop_asked_ = false;
  bool over_time_ = false;
  bool kill_answered_ = false;
  bool unproven_ = false;
  int facts_asked_ = 0; ///< and not answered yet
  job_end end_;         ///< while its facts are read
  std::uint64_t log_offset_ = 0;
  bool skips_line_ = false; ///< until the next line begins
  redacted_stream told_;
  std::string log_tail_;
  duration poll_delay_{10};
  duration began_{0};
  std::optional<duration> lost_since_;
};

} // namespace baton
