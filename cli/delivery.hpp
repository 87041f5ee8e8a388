#pragma once

#include "actors/alerter.hpp"
#include "actors/listener.hpp"
#include "cli/workspace.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

namespace baton {

/// Who sends a fleet's messages: one process at a time, by this lock (run_lock).
std::string delivery_lock(const std::string& fleet);

/// baton.yaml as it is now: read again when the file has changed. One that is broken is as it was
/// before. May be used by any number of threads.
class newest_fleet {
public:
  newest_fleet(std::string file, std::shared_ptr<const fleet> first);
  std::shared_ptr<const fleet> get();
  const std::string& file() const { return file_; }

private:
  std::string file_;
  std::mutex mutex_; ///< guards what follows
  std::shared_ptr<const fleet> fleet_;
  std::filesystem::file_time_type read_at_{};
};

/// The outbox of a fleet in the journal, its channels as baton.yaml says now. `written` is called
/// behind each append.
class journal_outbox : public outbox {
public:
  journal_outbox(std::shared_ptr<journal> in, std::shared_ptr<newest_fleet> of,
                 std::function<void()> written);

  std::string fleet() override;
  duration deliver_for() override;
  std::map<std::string, channel_info> channels() override;
  expected<std::vector<outbox_row>> waiting() override;
  expected<message> content(std::vector<outbox_row>& rows) override;
  expected<void> append(std::vector<record>& records) override;

private:
  expected<message> content(const outbox_row& row);

  std::shared_ptr<journal> journal_;
  std::shared_ptr<newest_fleet> of_;
  std::string name_;
  std::function<void()> written_;
};

/// Sends on a channel as baton.yaml says now; for a mail_room.
send_outcome send_now(newest_fleet& of, const journal& in, const std::string& channel,
                      const message& what, const std::stop_token& stop);

/// Whether some message waits that could be sent now or later, reminders included: not on a channel
/// that is stopped and still what it was.
bool has_something_to_deliver(const journal& in, const fleet& of);

/// A line on stderr for each channel that is stopped and still what it was.
void note_stopped_channels(const journal& in, const fleet& of);

/// Sees to it that a process in the background sends what a run has to tell. Never fails the run,
/// and holds up nobody: what cannot be sent now waits in the journal.
class delivery_starter : public observer {
public:
  explicit delivery_starter(const workspace& in);

  /// A process is started when the event has recipients and nobody is at work.
  void on_record(const record& what) override;

  /// The same when something waits; called at the run's beginning and end.
  void start_if_needed();

private:
  void start();

  workspace in_;
};

/// Waits until a fleet's messages are sent, at most for `most`.
void await_delivery(const journal& in, const fleet& of, duration most);

} // namespace baton
