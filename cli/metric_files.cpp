#include "cli/metric_files.hpp"

#include "cli/queue.hpp"
#include "metrics/pushgateway.hpp"
#include "runtime/journal/run_lock.hpp"

#include <chrono>
#include <fcntl.h>
#include <sys/file.h>
#include <thread>
#include <unistd.h>

namespace baton {

namespace {

/// The right to write the files, among the processes of a state folder: none puts what it has read
/// earlier in the place of what another has read later.
class turn_to_write {
public:
  /// A neighbour that hangs in its writing is not waited for long.
  static constexpr auto patience = std::chrono::seconds{1};

  explicit turn_to_write(const std::filesystem::path& state)
      : file_{::open((state / "metrics.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)} {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (file_ >= 0 && !(is_ours_ = ::flock(file_, LOCK_EX | LOCK_NB) == 0)
           && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  turn_to_write(const turn_to_write&) = delete;
  turn_to_write& operator=(const turn_to_write&) = delete;
  ~turn_to_write() {
    if (file_ >= 0)
      ::close(file_);
  }

  bool is_ours() const { return is_ours_; }

private:
  int file_;
  bool is_ours_ = false;
};

} // namespace

std::shared_ptr<recorder> metrics_of(const workspace& in) {
  auto made = std::make_shared<recorder>(recorder::build_words{version(), revision()});
  made->know(*in.fleet);
  if (const auto done = made->catch_up(*in.journal); !done)
    log(log_level::warning, "the metrics begin at zero: " + describe(done.error()),
        {.event = "metrics_failed"});
  return made;
}

std::vector<std::string> metric_files(const workspace& in, const std::string& other) {
  std::vector<std::string> files;
  for (const auto& file : {other, in.fleet->metrics_textfile})
    if (!file.empty())
      files.push_back(file);
  return files;
}

std::string write_metrics(recorder& numbers, const workspace& in, const logger& lines,
                          const std::vector<std::string>& files, bool journaled) {
  std::string why;
  if (files.empty())
    return why;
  const turn_to_write turn{in.state};
  if (!turn.is_ours()) {
    log(log_level::warning, "the metrics are not written: another process is at it",
        {.event = "metrics_failed"});
    return why;
  }
  numbers.log_counts(lines.counts());
  // With what other processes have journaled meanwhile; else next time.
  (void)(journaled ? numbers.hand_on(*in.journal) : numbers.catch_up(*in.journal));
  numbers.runs_queued(run_lock::owned(queue_folder(in.state)).size());
  for (const auto& file : files)
    if (const auto done = numbers.write_textfile(file); !done) {
      why = describe(done.error());
      log(log_level::warning, why, {.event = "metrics_failed"});
    }
  return why;
}

void push_metrics(const workspace& in, const recorder& numbers) {
  if (in.fleet->metrics_push.empty())
    return;
  const pushgateway to{in.fleet->metrics_push, in.fleet->metrics_push_login_file};
  if (const auto done =
          push_metrics(to, controller(), numbers.exposition(recorder::exposed::of_baton));
      !done)
    log(log_level::warning,
        "the metrics were not pushed to " + to.url + ": " + describe(done.error()),
        {.event = "metrics_failed"});
}

} // namespace baton
